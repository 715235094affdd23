"""Macro F1, and how sure one can be of it: intervals and differences by paintings.

Macro F1 is the plain mean, over the artists that occur in the truth, of each artist's F1; an artist
never guessed has F1 0. A guess of an artist who does not occur is a miss for the true artist and
adds no class of its own. Intervals are percentile bootstraps over paintings, not pieces: five
pieces of one painting are right or wrong together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Numbers = NDArray[np.integer[Any]]

CONFIDENCE = 0.95


def macro_f1(truth: ArrayLike, guess: ArrayLike, classes: Iterable[Any] | None = None) -> float:
    """Mean F1 of the classes that occur in `truth` (with `classes`: of those of them, alone).

    `truth` and `guess` `(N,)` hold class numbers or names. NaN when there is nothing to average.
    """
    counted = Counted.of(truth, guess)
    f1, seen = f1_of(*counted.totals())
    if classes is not None:
        seen &= np.isin(counted.labels, list(classes))
    return float(f1[seen].mean()) if seen.any() else math.nan


def bootstrap_interval(
    truth: ArrayLike, guess: ArrayLike, groups: ArrayLike, seed: int = 0, *, resamples: int = 1000
) -> tuple[float, float]:
    """The 95 % interval of the macro F1 when whole groups (paintings) are drawn anew.

    `groups` `(N,)` names the painting of each row. Each resample averages over the classes that
    it holds. (NaN, NaN) without rows.
    """
    found = mean_f1(truth, [guess], groups, seed, resamples=resamples)
    return found.low, found.high


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


def mean_f1(
    truth: ArrayLike,
    guesses: Sequence[ArrayLike],
    groups: ArrayLike,
    seed: int = 0,
    *,
    resamples: int = 1000,
) -> Estimate:
    """The mean macro F1 of several `guesses`, each `(N,)`, of one truth (a recipe's seeds).

    In each resample of the paintings the guesses' scores are averaged, so that the interval is of
    the mean. Errors: `ValueError` without guesses.
    """
    value = _mean(truth, guesses)
    (scores,) = _resampled(truth, [guesses], groups, seed, resamples)
    return estimate(value, scores)


def f1_difference(
    truth: ArrayLike,
    ours: Sequence[ArrayLike],
    theirs: Sequence[ArrayLike],
    groups: ArrayLike,
    seed: int = 0,
    *,
    resamples: int = 1000,
) -> Estimate:
    """By how much the mean macro F1 of `ours` exceeds that of `theirs`, on the same pieces.

    The bootstrap is paired: both are scored on the same resampled paintings, so that what makes
    a painting hard for either does not widen the interval. Errors: as `mean_f1`.
    """
    value = _mean(truth, ours) - _mean(truth, theirs)
    ahead, behind = _resampled(truth, [ours, theirs], groups, seed, resamples)
    return estimate(value, ahead - behind)


def _mean(truth: ArrayLike, guesses: Sequence[ArrayLike]) -> float:
    if not guesses:
        raise ValueError("there are no guesses to score")
    return float(np.mean([macro_f1(truth, guess) for guess in guesses]))


def _resampled(
    truth: ArrayLike,
    sides: Sequence[Sequence[ArrayLike]],
    groups: ArrayLike,
    seed: int,
    resamples: int,
) -> list[NDArray[np.float64]]:
    """Of each side's guesses the mean macro F1 in each resample `(R,)`, the same for all sides;
    none without rows."""
    flat = [np.asarray(guess) for side in sides for guess in side]
    labels, codes = np.unique(np.concatenate([np.asarray(truth), *flat]), return_inverse=True)
    true, *guesses = codes.reshape(len(flat) + 1, -1)
    if not len(true):
        return [np.empty(0) for _ in sides]
    drawn = Resamples.of(true, groups, len(labels), seed, resamples=resamples)
    scores = iter([drawn.scores(guess) for guess in guesses])
    return [np.mean([next(scores) for _ in side], axis=0) for side in sides]


@dataclass(frozen=True, eq=False)
class Resamples:
    """Paintings drawn anew, once, for every guess that is to be compared.

    `drawn` `(R, P)` float32: how often each resample holds each painting; `paintings` `(N,)`: that
    of each row; `true` `(R, C)`: each resample's rows of each class. Equal seeds draw the same.
    """

    truth: Numbers
    paintings: NDArray[np.intp]
    drawn: NDArray[np.float32]
    true: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        truth: Numbers,
        groups: ArrayLike,
        classes: int,
        seed: int = 0,
        *,
        resamples: int = 1000,
    ) -> Resamples:
        """`truth` `(N,)` are class numbers; `groups` `(N,)` names the painting of each row.

        Errors: `ValueError` without rows.
        """
        paintings = np.unique(np.asarray(groups), return_inverse=True)[1]
        count = int(paintings.max()) + 1
        rng = np.random.default_rng(seed)
        drawn = rng.multinomial(count, np.full(count, 1 / count), size=resamples)
        as_floats = drawn.astype(np.float32)  # whole numbers, exact, and multiplied much faster
        return cls(truth, paintings, as_floats, as_floats @ _table(paintings, truth, classes))

    def scores(self, guess: Numbers) -> NDArray[np.float64]:
        """Macro F1 of `guess` `(N,)` in each resample `(R,)`."""
        f1, seen = self.by_class(guess)
        mean: NDArray[np.float64] = np.where(seen, f1, 0).sum(1) / seen.sum(1)
        return mean

    def by_class(self, guess: Numbers) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """The F1 of each class in each resample `(R, C)`, and whether the class occurs in it."""
        classes, hits = self.true.shape[1], guess == self.truth
        right = self.drawn @ _table(self.paintings[hits], guess[hits], classes, self.drawn.shape[1])
        guessed = self.drawn @ _table(self.paintings, guess, classes)
        return f1_of(right.astype(np.float64), self.true, guessed)


def estimate(value: float, scores: NDArray[np.float64]) -> Estimate:
    """`value` and the 95 % interval of `scores` `(R,)`: of resamples, or of their differences.

    NaN where there are none.
    """
    if not len(scores):
        return Estimate(value, math.nan, math.nan)
    low, high = np.quantile(scores, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(value, float(low), float(high))


@dataclass(frozen=True)
class Counted:
    """Rows as numbers: `truth` and `guess` index `labels`."""

    labels: NDArray[Any]
    truth: NDArray[np.intp]
    guess: NDArray[np.intp]

    @classmethod
    def of(cls, truth: ArrayLike, guess: ArrayLike) -> Counted:
        true, guessed = np.asarray(truth), np.asarray(guess)
        if true.ndim != 1 or true.shape != guessed.shape:
            raise ValueError(f"truth {true.shape} and guess {guessed.shape} must be (N,)")
        labels, codes = np.unique(np.concatenate([true, guessed]), return_inverse=True)
        return cls(labels, codes[: len(true)], codes[len(true) :])

    def totals(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Right, true and guessed rows of each label, `(L,)` each."""
        size = len(self.labels)
        right = np.bincount(self.truth[self.truth == self.guess], minlength=size)
        true = np.bincount(self.truth, minlength=size)
        return right, true, np.bincount(self.guess, minlength=size)


def f1_of(
    right: NDArray[Any], true: NDArray[Any], guessed: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """F1 = 2 right / (true + guessed), and where it counts: where the class occurs in the truth."""
    return 2 * right / np.maximum(true + guessed, 1), true > 0


def _table(
    paintings: NDArray[np.intp], labels: Numbers, classes: int, count: int | None = None
) -> NDArray[np.float32]:
    """Rows of each painting and class, `(P, C)`."""
    count = int(paintings.max()) + 1 if count is None else count
    cells = np.bincount(paintings * classes + labels, minlength=count * classes)
    return cells.reshape(count, classes).astype(np.float32)
