"""Cross-entropy with soft targets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import torch.nn.functional as F
from pydantic import Field
from torch import Tensor


def cross_entropy(
    _class_counts: tuple[int, ...],
    *,
    label_smoothing: Annotated[
        float, Field(ge=0, lt=1), "the share of each target that is spread evenly over all artists"
    ] = 0.0,
) -> Callable[[Tensor, Tensor], Tensor]:
    """Mean over the batch of -sum(targets * log softmax(logits)).

    Source: slide "Baseline Model"; of label smoothing: Szegedy et al. 2016, "Rethinking the
    Inception Architecture for Computer Vision".
    """

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        """Logits `(N, C)`, targets `(N, C)` whose rows sum to 1 -> scalar."""
        return F.cross_entropy(logits, targets, label_smoothing=label_smoothing)

    return loss
