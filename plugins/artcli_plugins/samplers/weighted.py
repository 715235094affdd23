"""The paintings of artists with few works are drawn oftener: a little, more, or to evenness.

Each sampler weighs a painting by the works of its artist. Labels `(N,)`, classes from 0 ->
expected draws per epoch `(N,)` float64, which sum to N.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Draws = NDArray[np.float64]


def log(labels: NDArray[np.integer]) -> Draws:
    """A painting by an artist of n works is drawn in proportion to 1 / log(max(n, 2)).

    It evens out gently: the contest's extremes, artists of 629 and 21 works, are drawn 14 to 1, not
    30 to 1. log(1) is 0, so an artist of one work counts as one of two.

    Source: slide "Sampler", which weighs by (number of all works) / log(works of the artist).
    """
    return _by_works(labels, lambda works: 1 / np.log(np.maximum(works, 2)))


def sqrt(labels: NDArray[np.integer]) -> Draws:
    """A painting by an artist of n works is drawn in proportion to 1 / sqrt(n).

    Half way between none and `inverse`: artists of 629 and 21 works are drawn 5.5 to 1, not 30 to
    1.

    Source: Mahajan et al. 2018, "Exploring the Limits of Weakly Supervised Pretraining".
    """
    return _by_works(labels, lambda works: 1 / np.sqrt(works))


def inverse(labels: NDArray[np.integer]) -> Draws:
    """A painting by an artist of n works is drawn in proportion to 1 / n.

    Every artist is drawn equally often, so that a painting by one of few works returns many times
    in an epoch.

    Source: slide "Sampler", which also shows (number of all works) / (works of the artist).
    """
    return _by_works(labels, lambda works: 1 / works)


def _by_works(labels: NDArray[np.integer], weight: Callable[[Draws], Draws]) -> Draws:
    """`weight`, of the works of each painting's artist, scaled to sum to the number of labels."""
    weights = weight(np.bincount(labels)[labels].astype(np.float64))
    scaled: Draws = weights * (len(labels) / weights.sum())
    return scaled
