"""The deck's sampler: the paintings of artists with few works are drawn oftener."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def log(labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """A painting by an artist of n works is drawn in proportion to 1 / log(max(n, 2)).

    The slide "Sampler" weighs a painting by (number of all works) / log(works of its artist);
    scaled here so that the draws sum to N. It evens out gently: of artists of 629 and 21 works, a
    painting by the second is drawn 2.1 times as often, and the first still gets 14 draws to one.
    log(1) is 0, so an artist of one work counts as one of two.

    Labels `(N,)`, classes from 0 -> expected draws per epoch `(N,)` float64.
    """
    works = np.bincount(labels)[labels]
    weights = 1 / np.log(np.maximum(works, 2))
    scaled: NDArray[np.float64] = weights * (len(labels) / weights.sum())
    return scaled
