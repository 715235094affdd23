"""What both searches for weights share: a weighted mean, and how well one would do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artcli.contest.quick_f1 import QuickF1

Floats = NDArray[Any]


@dataclass(frozen=True, eq=False)
class WeightedMean:
    """A vote: the mean of probabilities `(M, K, C)` by `weights` `(M,)`, which sum to 1."""

    weights: NDArray[np.float64]

    def __call__(self, probabilities: Floats) -> Floats:
        chosen = np.flatnonzero(self.weights)
        weights = self.weights[chosen].astype(probabilities.dtype)
        mean: Floats = np.tensordot(weights, probabilities[chosen], axes=1)
        return mean


class Contested:
    """The pictures that not all models name alike: the weights decide on these alone.

    What all models agree on, every weighted mean agrees on, too, so it is counted once.
    `probabilities` `(M, n, C)` float32 are those of the n contested pictures.
    """

    def __init__(self, oof: Floats, truth: NDArray[Any]) -> None:
        named = np.stack([one.argmax(1) for one in oof])
        contested = (named != named[0]).any(0)
        self.probabilities = np.asarray(oof[:, np.flatnonzero(contested)], np.float32)
        self._score = QuickF1.of(truth, oof.shape[2]).settled(named[0], contested)

    def f1(self, total: Floats) -> float:
        """Macro F1, over all pictures, of a sum `(n, C)` of the models, in any scale."""
        return self._score(total.argmax(1))

    def best(self, totals: Iterable[Floats]) -> tuple[int, float]:
        """The place of the first of the sums that scores highest, and its score."""
        scores = [self.f1(total) for total in totals]
        place = int(np.argmax(scores))
        return place, scores[place]
