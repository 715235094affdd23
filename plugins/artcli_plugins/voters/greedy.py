"""Models picked one by one, again and again, as long as they help."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from artcli_plugins.voters.weighing import Contested, Floats, WeightedMean

PATIENCE = 3  # picks in a row without a gain, after which no more are tried


class _Greedy:
    def __init__(self, rounds: int) -> None:
        self.rounds = rounds

    def fit(self, oof: Floats, truth: NDArray[Any]) -> WeightedMean:
        picks = picked(Contested(oof, truth), self.rounds)
        counts = np.bincount(picks, minlength=len(oof))
        return WeightedMean(counts / counts.sum())


def picked(contested: Contested, rounds: int) -> list[int]:
    """The models in the order of their picking, up to the last pick that gained."""
    models = contested.probabilities
    alone = np.array([contested.f1(one) for one in models])
    order = np.argsort(-alone, kind="stable")
    sums = np.cumsum(models[order], axis=0)
    start, best = contested.best(sums)
    picks, total = order[: start + 1].tolist(), sums[start].copy()
    kept = len(picks)
    for _ in range(rounds):
        if len(picks) - kept >= PATIENCE:
            break
        model, score = contested.best(total + one for one in models)
        picks.append(model)
        total += models[model]
        if score > best:
            kept, best = len(picks), score
    return picks[:kept]


def greedy(
    *,
    rounds: Annotated[int, Field(ge=0), "how many models are picked after the first ones"] = 30,
) -> _Greedy:
    """Weights found by picking models one after the other, with replacement.

    The models are put in the order of their macro F1, and as many of the first ones are taken as
    score best together. Then, in each round, the model whose addition scores best is picked, one
    picked before no less than others. The weights are the shares of the picks up to the one that
    scored best; three in a row without a gain end the search.

    Source: Caruana et al. 2004, "Ensemble Selection from Libraries of Models", with its sorted
    start, without its bagging of models.
    """
    return _Greedy(rounds)
