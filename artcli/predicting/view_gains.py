"""What each view of the validation pieces is worth: alone, and beside the plain look.

A view may cost as much as it brings: pieces that are turned, or seen in other light, are unlike
what a model has learnt from. So every view is compared with the plain look, in pairs by painting,
before the mean of all is taken for the test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from artcli import console
from artcli.contest.f1 import Resamples, estimate, macro_f1

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.contest.f1 import Estimate
    from artcli.predicting.exam import Exam

PLAIN_NAME = "plain"  # of the view that shows a piece as it is


@dataclass(frozen=True)
class Gain:
    """The macro F1 of a mean over views, and by how much it exceeds that of the plain look."""

    f1: Estimate
    difference: Estimate

    @property
    def verdict(self) -> str:
        if self.difference.low > 0:
            return "helps"
        return "hurts" if self.difference.high < 0 else "no clear difference"

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "verdict": self.verdict}


@dataclass(frozen=True)
class Gains:
    """The scores of the views on the `pieces` of an exam.

    `plain`: of the plain look; `alone`: of each view by itself; `beside`: of the mean of the plain
    look and that view; `mean`: of the mean of all that are averaged.
    """

    pieces: int
    plain: Estimate
    alone: Mapping[str, Estimate]
    beside: Mapping[str, Gain]
    mean: Gain

    @property
    def losing(self) -> list[str]:
        """The views beside which the plain look scores less than alone."""
        return [name for name, gain in self.beside.items() if gain.difference.value < 0]

    def document(self) -> dict[str, Any]:
        """As JSON, with the verdicts in words."""
        views = {
            name: {"alone": asdict(self.alone[name]), **gain.document()}
            for name, gain in self.beside.items()
        }
        mean = self.mean.document()
        return {"pieces": self.pieces, "plain": asdict(self.plain), "views": views, "mean": mean}


def measure(exam: Exam, said: Mapping[str, NDArray[np.float32]], averaged: Sequence[str]) -> Gains:
    """The gains of the views, whose probabilities of the exam's pieces are `said`, `(N, C)` each.

    `said` holds the plain look; `averaged` names those that make up the mean.
    """
    drawn = Resamples.of(exam.truth, exam.ids, len(exam.classes))

    def heard(names: Sequence[str]) -> tuple[float, NDArray[np.float64]]:
        """The macro F1 of the mean of these views, and that in each resample."""
        guess = mean([said[name] for name in names]).argmax(1)
        return macro_f1(exam.truth, guess), drawn.scores(guess)

    plain, plain_drawn = heard([PLAIN_NAME])

    def gain(names: Sequence[str]) -> Gain:
        f1, scores = heard(names)
        return Gain(estimate(f1, scores), estimate(f1 - plain, scores - plain_drawn))

    others = [name for name in said if name != PLAIN_NAME]
    alone, beside = {}, {}
    for name in console.track(others, "Measuring the views"):
        alone[name], beside[name] = estimate(*heard([name])), gain([PLAIN_NAME, name])
    return Gains(len(exam), estimate(plain, plain_drawn), alone, beside, gain(averaged))


def mean(values: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The plain mean of arrays of one shape; of one array, its very values."""
    found: NDArray[np.float64] = np.mean(values, axis=0, dtype=np.float64)
    return found.astype(np.float32)
