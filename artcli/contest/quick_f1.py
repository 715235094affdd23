"""Macro F1 of many guesses of one truth, quick enough to search with.

`artcli.contest.f1` says what the score is. Here the truth is laid out once, as class numbers, so
that another guess costs two counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
