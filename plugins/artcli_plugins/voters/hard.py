"""A majority vote, in which each model has one voice."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]
TIE_BREAK = 0.5  # of a voice, at most: the mean probability can part equals, not outvote


class _Hard:
    def fit(self, oof: Floats, truth: NDArray[Any]) -> Any:
        return _majority


def _majority(probabilities: Floats) -> NDArray[np.float64]:
    """`(M, K, C)` -> `(K, C)`."""
    _, rows, classes = probabilities.shape
    named = probabilities.argmax(2) + np.arange(rows) * classes
    voices = np.bincount(named.ravel(), minlength=rows * classes).reshape(rows, classes)
    shares = voices + TIE_BREAK * probabilities.mean(0).astype(np.float64)
    scaled: NDArray[np.float64] = shares / shares.sum(1, keepdims=True)
    return scaled


def hard() -> _Hard:
    """Each model names its most probable artist; the artist named by most models wins.

    Of artists with equally many voices the one with the highest mean probability over all models
    wins, then the one that comes first in the list of artists. As probabilities: (voices + half the
    mean probability) / (models + 1/2), so that the tie-break never weighs as much as one voice.

    Source: slide "Hard Voting"; Lam and Suen 1997, "Application of Majority Voting to Pattern
    Recognition".
    """
    return _Hard()
