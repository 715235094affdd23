"""CutMix: a rectangle of another picture of the batch pasted in."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from .pairs import Mixer, Often, keyed, partners


def cutmix(
    _num_classes: int,
    *,
    p: Often = 0.5,
    alpha: Annotated[
        float, Field(gt=0), "the kept share of the area is drawn from Beta(alpha, alpha)"
    ] = 1.0,
) -> Mixer:
    """CutMix: a rectangle of another picture pasted in, on half of the batches as on the slide.

    Each picture gets a rectangle from a partner in the batch, at the same place in all of them,
    and targets mixed by the area that was really pasted (the border may cut the rectangle off).

    Source: Yun et al. 2019, "CutMix: Regularization Strategy to Train Strong Classifiers with
    Localizable Features"; slide "CutMix".
    """

    def mix(images: Tensor, targets: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Images `(N, 3, H, W)`, targets `(N, C)`, a CPU generator -> new tensors of these shapes.

        Nothing is written in place. The same state of the generator gives the same mix.
        """
        rng = keyed(generator)
        if rng.random() >= p:
            return images, targets
        height, width = images.shape[-2:]
        side = math.sqrt(1 - rng.beta(alpha, alpha))
        top, bottom = _span(rng, side, height)
        left, right = _span(rng, side, width)
        partner = partners(rng, images)
        mixed = images.clone()
        mixed[..., top:bottom, left:right] = images[partner, :, top:bottom, left:right]
        pasted = (bottom - top) * (right - left) / (height * width)
        return mixed, targets.lerp(targets[partner], pasted)

    return mix


def _span(rng: np.random.Generator, share: float, length: int) -> tuple[int, int]:
    """First and last pixel of a stretch of `share` of `length`, its middle anywhere, cut off."""
    middle, size = int(rng.integers(length)), round(share * length)
    return max(0, middle - size // 2), min(length, middle - size // 2 + size)
