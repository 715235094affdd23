"""The mean of the probabilities."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

Floats = NDArray[Any]


class _Soft:
    def fit(self, oof: Floats, truth: NDArray[Any]) -> Any:
        return _mean


def _mean(probabilities: Floats) -> Floats:
    """`(M, K, C)` -> `(K, C)`."""
    mean: Floats = probabilities.mean(0)
    return mean


def soft() -> _Soft:
    """The mean of the models' probabilities, all models alike.

    Nothing is fitted. It is the best of votes where the models err independently and are equally
    sure of what they say, which calibration sees to.

    Source: slide "Ensemble", EfficientNet B2 to B5 and TinyViT averaged; Kittler et al. 1998, "On
    Combining Classifiers", the sum rule.
    """
    return _Soft()
