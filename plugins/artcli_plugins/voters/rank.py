"""The Borda count: what counts is the order in which a model puts the artists."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]


class _Rank:
    def fit(self, oof: Floats, truth: NDArray[Any]) -> Any:
        return _borda


def _borda(probabilities: Floats) -> Floats:
    """`(M, K, C)` -> `(K, C)`."""
    points = sum(map(points_of, probabilities))
    shares: Floats = points / points.sum(1, keepdims=True)
    return shares


def points_of(probabilities: Floats) -> NDArray[np.float32]:
    """How many artists of its row each one beats, `(K, C)`; of equals, each beats half the rest."""
    order = probabilities.argsort(1)
    ordered = np.take_along_axis(probabilities, order, 1)
    place = np.arange(probabilities.shape[1], dtype=np.float32)
    first = np.diff(ordered, axis=1, prepend=ordered[:, :1] - 1) > 0
    last = np.roll(first, -1, 1)  # where the next one is a first; the first of all always is
    lowest = np.maximum.accumulate(np.where(first, place, 0), 1)
    highest = np.minimum.accumulate(np.where(last, place, place[-1])[:, ::-1], 1)[:, ::-1]
    points = np.empty(probabilities.shape, np.float32)
    np.put_along_axis(points, order, (lowest + highest) / 2, 1)
    return points


def rank() -> _Rank:
    """Each model gives an artist a point for every artist that it finds less probable.

    The points are added up and scaled to sum to 1. Equally probable artists share their points. How
    sure a model is does not count, so that one that is sure of everything gains nothing by it.

    Source: the Borda count, in Ho, Hull and Srihari 1994, "Decision Combination in Multiple
    Classifier Systems".
    """
    return _Rank()
