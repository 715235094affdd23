"""Cross-entropy in which the artists of few works weigh more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor


def balanced(
    class_counts: tuple[int, ...],
    *,
    beta: Annotated[
        float | None,
        Field(ge=0, lt=1),
        "weigh by the effective number of works; 0 is cross-entropy, near 1 as without it",
    ] = None,
    label_smoothing: Annotated[
        float, Field(ge=0, lt=1), "the share of each target that is spread evenly over all artists"
    ] = 0.0,
) -> Callable[[Tensor, Tensor], Tensor]:
    """Mean over the batch of -sum(weights * targets * log softmax(logits)).

    The weights are the slide's alpha, one for each artist. Without `beta` they go as 1 / (works of
    the artist); with it as (1 - beta) / (1 - beta^works). They are scaled so that the mean over the
    training paintings is 1, which leaves learning rates comparable. A sampler that evens out the
    artists does the same work; together they overdo it.

    Source: slide "Focal Loss", under "Balanced Cross Entropy"; of `beta`: Cui et al. 2019,
    "Class-Balanced Loss Based on Effective Number of Samples".
    """
    weights = torch.from_numpy(class_weights(class_counts, beta)).float()

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        """Logits `(N, C)`, targets `(N, C)` whose rows sum to 1 -> scalar."""
        # With soft targets this is divided by N, not by the sum of the weights.
        return F.cross_entropy(logits, targets, weights.to(logits), label_smoothing=label_smoothing)

    return loss


def class_weights(class_counts: tuple[int, ...], beta: float | None) -> NDArray[np.float64]:
    """Weights `(C,)` whose mean over all works is 1; an artist of no works counts as one of one."""
    counts = np.array(class_counts, np.float64)
    works = np.maximum(counts, 1)
    weights = 1 / works if beta is None else (1 - beta) / (1 - beta**works)
    scaled: NDArray[np.float64] = weights * (counts.sum() / (counts @ weights))
    return scaled
