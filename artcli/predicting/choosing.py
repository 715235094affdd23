"""Which runs are worth blending: every one alone, every pair and all together, by honest scores.

The proposal is the best set of as few models as come within one standard error of the best of all,
for what is simpler and not clearly worse is the better choice.

Source: Breiman et al. 1984, "Classification and Regression Trees" (the rule of one standard error).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.contest.f1 import Resamples
    from artcli.predicting.blending import Members

    Numbers = NDArray[np.integer[Any]]

RESAMPLES = 200  # enough for a standard error


@dataclass(frozen=True, eq=False)
class Choice:
    """A set of models: its nested guesses `(N,)`, class numbers, and their macro F1."""

    members: Members
    guess: Numbers
    f1: float


def singles_and_pairs(models: int) -> list[Members]:
    """Every model alone and every pair, but for what is all the models there are."""
    sizes = range(1, min(2, models - 1) + 1)
    return [chosen for size in sizes for chosen in combinations(range(models), size)]


def propose(choices: Sequence[Choice], resamples: Resamples) -> Choice:
    """The best choice of as few models as come within one standard error of the best of all.

    The error is that of the difference, over paintings drawn anew.
    """
    best = max(choices, key=lambda choice: choice.f1)
    top = resamples.scores(best.guess)
    errors = [float((top - resamples.scores(choice.guess)).std()) for choice in choices]
    return choices[within_one_error([(len(one.members), one.f1) for one in choices], errors)]


def within_one_error(found: Sequence[tuple[int, float]], errors: Sequence[float]) -> int:
    """The place of the best (models, score) of as few models as there are in any that is at most
    its `errors` below the highest score of all."""
    best = max(score for _, score in found)
    fewest = min(
        models
        for (models, score), error in zip(found, errors, strict=True)
        if best - score <= error
    )
    # Of as many models the best, even if its own error, of a surer difference, is smaller.
    places = [place for place, (models, _) in enumerate(found) if models == fewest]
    return max(places, key=lambda place: found[place][1])
