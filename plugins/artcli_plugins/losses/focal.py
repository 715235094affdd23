"""Focal loss with soft targets, in the deck's form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor


def focal(
    _class_counts: tuple[int, ...],
    *,
    gamma: Annotated[
        float, Field(ge=0), "how much less the easy pictures weigh; 0 is cross-entropy"
    ] = 2.0,
    label_smoothing: Annotated[
        float, Field(ge=0, lt=1), "the share of each target that is spread evenly over all artists"
    ] = 0.0,
) -> Callable[[Tensor, Tensor], Tensor]:
    """Mean over the batch of (1 - p)^gamma * CE, where p = exp(-CE).

    CE is the cross-entropy with the soft targets, so p is the true artist's probability where the
    target is one-hot. The form is the slide's, without the paper's alpha.

    Source: Lin et al. 2017, "Focal Loss for Dense Object Detection"; slide "Focal Loss".
    """

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        """Logits `(N, C)`, targets `(N, C)` whose rows sum to 1 -> scalar."""
        ce = F.cross_entropy(logits, targets, reduction="none", label_smoothing=label_smoothing)
        # 1 - p by expm1, exact for small ce; kept off 0, where the slope is infinite if gamma < 1.
        missed = (-torch.expm1(-ce)).clamp_min(1e-12)
        return (missed**gamma * ce).mean()

    return loss
