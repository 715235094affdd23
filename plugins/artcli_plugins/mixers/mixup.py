"""Mixup: another picture of the batch laid over each, half seen through."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from .pairs import Mixer, Often, keyed, partners


def mixup(
    _num_classes: int,
    *,
    p: Often = 0.5,
    alpha: Annotated[
        float, Field(gt=0), "the partner's share is drawn from Beta(alpha, alpha)"
    ] = 0.2,
) -> Mixer:
    """Mixup: pictures and targets are weighted means of two.

    The share is one for the batch. At an alpha of 0.2 it is mostly near 0 or 1, so that one of
    the two pictures is only hinted at.

    Source: Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization".
    """

    def mix(images: Tensor, targets: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Images `(N, 3, H, W)` of floats, targets `(N, C)`, a CPU generator -> new tensors.

        Nothing is written in place. The same state of the generator gives the same mix.
        """
        rng = keyed(generator)
        if rng.random() >= p:
            return images, targets
        share = rng.beta(alpha, alpha)
        partner = partners(rng, images)
        return images.lerp(images[partner], share), targets.lerp(targets[partner], share)

    return mix
