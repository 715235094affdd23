"""Macro F1 of many guesses of one truth, quick enough to search with.

`artcli.contest.f1` says what the score and its interval are. Here the truth is laid out once, as
class numbers, so that another guess costs two counts, and all guesses share one set of resamples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from artcli.contest.f1 import CONFIDENCE, Estimate, f1_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Numbers = NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class QuickF1:
    """`quick(guess)` is the macro F1 of a guess `(n,)`, class numbers, of `truth` `(n,)`.

    `right` `(C,)` and `total` `(C,)` are the right rows, and the true and guessed ones together, of
    rows that were settled before, and `total` has the true ones of `truth` too. `seen` `(C,)`:
    the classes that count.
    """

    truth: Numbers
    right: NDArray[np.intp]
    total: NDArray[np.intp]
    seen: NDArray[np.bool_]

    @classmethod
    def of(cls, truth: Numbers, classes: int) -> QuickF1:
        true = np.bincount(truth, minlength=classes)
        return cls(truth, np.zeros_like(true), true, true > 0)

    def settled(self, guess: Numbers, open_rows: NDArray[np.bool_]) -> QuickF1:
        """The same, to be asked about `open_rows` `(n,)` alone: the guesses of all others stand."""
        stands = ~open_rows
        right, guessed = self._counts(guess[stands], self.truth[stands])
        return QuickF1(self.truth[open_rows], self.right + right, self.total + guessed, self.seen)

    def __call__(self, guess: Numbers) -> float:
        return float(self.of_counts(*self._counts(guess, self.truth)))

    def of_counts(self, right: NDArray[np.intp], guessed: NDArray[np.intp]) -> NDArray[np.float64]:
        """Macro F1 `(…)` where so many rows `(…, C)` are `right` and `guessed` of each class."""
        right, total = self.right + right, self.total + guessed
        f1: NDArray[np.float64] = 2 * (right[..., self.seen] / total[..., self.seen]).mean(-1)
        return f1

    def _counts(self, guess: Numbers, truth: Numbers) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        size = len(self.seen)
        right = np.bincount(guess[guess == truth], minlength=size)
        return right, np.bincount(guess, minlength=size)


@dataclass(frozen=True, eq=False)
class Resamples:
    """Paintings drawn anew, once, for every guess that is to be compared.

    `drawn` `(R, P)` float32: how often each resample holds each painting; `paintings` `(N,)`: that
    of each row; `true` `(R, C)`: each resample's rows of each class. The draws are those of
    `artcli.contest.f1`, so the intervals are, too.
    """

    truth: Numbers
    paintings: NDArray[np.intp]
    drawn: NDArray[np.float32]
    true: NDArray[np.float32]

    @classmethod
    def of(
        cls, truth: Numbers, groups: ArrayLike, classes: int, *, resamples: int = 1000
    ) -> Resamples:
        """`groups` `(N,)` names the painting of each row. Errors: `ValueError` without rows."""
        paintings = np.unique(np.asarray(groups), return_inverse=True)[1]
        count = int(paintings.max()) + 1
        rng = np.random.default_rng(0)
        drawn = rng.multinomial(count, np.full(count, 1 / count), size=resamples)
        as_floats = drawn.astype(np.float32)  # whole numbers, exact, and multiplied much faster
        return cls(truth, paintings, as_floats, as_floats @ _table(paintings, truth, classes))

    def scores(self, guess: Numbers) -> NDArray[np.float64]:
        """Macro F1 of `guess` `(N,)` in each resample `(R,)`."""
        classes, hits = self.true.shape[1], guess == self.truth
        right = self.drawn @ _table(self.paintings[hits], guess[hits], classes, self.drawn.shape[1])
        guessed = self.drawn @ _table(self.paintings, guess, classes)
        f1, seen = f1_of(right.astype(np.float64), self.true, guessed)
        mean: NDArray[np.float64] = np.where(seen, f1, 0).sum(1) / seen.sum(1)
        return mean


def estimate(value: float, scores: NDArray[np.float64]) -> Estimate:
    """`value` and the 95 % interval of `scores` `(R,)`: of resamples, or of their differences."""
    low, high = np.quantile(scores, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(value, float(low), float(high))


def _table(
    paintings: NDArray[np.intp], labels: Numbers, classes: int, count: int | None = None
) -> NDArray[np.float32]:
    """Rows of each painting and class, `(P, C)`."""
    count = int(paintings.max()) + 1 if count is None else count
    cells = np.bincount(paintings * classes + labels, minlength=count * classes)
    return cells.reshape(count, classes).astype(np.float32)
