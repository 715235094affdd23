"""The mean of the logarithms of the probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]
LEAST = 1e-7  # probability: no model alone can rule an artist out


class _Geometric:
    def fit(self, oof: Floats, truth: NDArray[Any]) -> Any:
        return _geometric_mean


def _geometric_mean(probabilities: Floats) -> Floats:
    """`(M, K, C)` -> `(K, C)`."""
    logs = np.log(np.maximum(probabilities, LEAST)).mean(0)
    shares = np.exp(logs - logs.max(1, keepdims=True))
    scaled: Floats = shares / shares.sum(1, keepdims=True)
    return scaled


def geometric() -> _Geometric:
    """The mean of the log probabilities, all models alike, scaled to sum to 1.

    A model that all but rules an artist out is heard louder than in `soft`. Probabilities below
    1e-7 count as 1e-7.

    Source: Hinton 2002, "Training Products of Experts by Minimizing Contrastive Divergence";
    Kittler et al. 1998, "On Combining Classifiers", the product rule.
    """
    return _Geometric()
