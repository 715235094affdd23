"""Weights on the simplex, found by moving towards one model or away from it."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from artcli_plugins.voters.weighing import Contested, Floats, WeightedMean

Weights = NDArray[np.float64]
STEPS = (0.4, 0.15, 0.05)  # of the sum of the weights: how far one is moved


class _Weighted:
    def __init__(self, restarts: int, seed: int) -> None:
        self.restarts, self.seed = restarts, seed

    def fit(self, oof: Floats, truth: NDArray[Any]) -> WeightedMean:
        contested, models = Contested(oof, truth), len(oof)
        alone = np.array([contested.f1(one) for one in contested.probabilities])
        rng = np.random.default_rng(self.seed)
        starts = [
            np.full(models, 1 / models),
            np.eye(models)[alone.argmax()],
            *rng.dirichlet(np.ones(models), self.restarts),
        ]
        found = [climbed(contested, start) for start in starts]
        weights = found[int(np.argmax([score for _, score in found]))][0]
        return WeightedMean(weights / weights.sum())


def climbed(contested: Contested, start: Weights) -> tuple[Weights, float]:
    """The weights `(M,)`, in any scale, that no move from `start` betters, and their score."""
    models, weights = contested.probabilities, start.copy()
    total = np.tensordot(weights.astype(np.float32), models, axes=1)
    score, gained = contested.f1(total), True
    for step in STEPS:
        gained = True
        while gained:
            gained = False
            for model, own in enumerate(models):
                length = step * weights.sum()
                for move in (length, -min(length, weights[model])):
                    if move == 0 or weights.sum() + move <= 0:
                        continue
                    moved = total + np.float32(move) * own
                    if (reached := contested.f1(moved)) > score:
                        weights[model] += move
                        total, score, gained = moved, reached, True
                        break
    return weights, score


def weighted(
    *,
    restarts: Annotated[int, Field(ge=0), "searches that begin at weights drawn by chance"] = 1,
    seed: Annotated[int, "of that chance"] = 0,
) -> _Weighted:
    """Weights, each 0 or above, that give the highest macro F1 of the weighted mean.

    One weight after the other is raised or lowered, by a step that shrinks from 0.4 to 0.05 of
    their sum, and a move that scores higher is kept. The search begins at equal weights, at the
    best model alone, and at `restarts` more places; of what they find the best is taken, the first
    of equals.

    Source: Hooke and Jeeves 1961, ""Direct Search" Solution of Numerical and Statistical Problems".
    """
    return _Weighted(restarts, seed)
