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
    return _middle(_resampled(truth, guess, groups, seed, resamples))


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
    return Estimate(
        _mean(truth, guesses), *_middle(_mean_resampled(truth, guesses, groups, seed, resamples))
    )


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
    ahead = _mean_resampled(truth, ours, groups, seed, resamples)
    behind = _mean_resampled(truth, theirs, groups, seed, resamples)
    return Estimate(value, *_middle(ahead - behind))


def _mean(truth: ArrayLike, guesses: Sequence[ArrayLike]) -> float:
    if not guesses:
        raise ValueError("there are no guesses to score")
    return float(np.mean([macro_f1(truth, guess) for guess in guesses]))


def _mean_resampled(
    truth: ArrayLike, guesses: Sequence[ArrayLike], groups: ArrayLike, seed: int, resamples: int
) -> NDArray[np.float64]:
    scores = [_resampled(truth, guess, groups, seed, resamples) for guess in guesses]
    mean: NDArray[np.float64] = np.mean(scores, axis=0)
    return mean


def _resampled(
    truth: ArrayLike, guess: ArrayLike, groups: ArrayLike, seed: int, resamples: int
) -> NDArray[np.float64]:
    """Macro F1 of each resample `(resamples,)`, none without rows; the draws follow from `seed`."""
    counted = Counted.of(truth, guess, groups)
    paintings = int(counted.groups.max()) + 1 if len(counted.truth) else 0
    if not paintings:
        return np.empty(0)
    drawn = np.random.default_rng(seed).multinomial(
        paintings, np.full(paintings, 1 / paintings), size=resamples
    )
    f1, seen = f1_of(*(drawn @ table for table in counted.by_group(paintings)))
    scores: NDArray[np.float64] = np.where(seen, f1, 0).sum(1) / np.maximum(seen.sum(1), 1)
    return scores


def _middle(scores: NDArray[np.float64]) -> tuple[float, float]:
    """The quantiles between which 95 % of `scores` lie; (NaN, NaN) of none."""
    if not len(scores):
        return math.nan, math.nan
    low, high = np.quantile(scores, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


@dataclass(frozen=True)
class Counted:
    """Rows as numbers: `truth` and `guess` index `labels`, `groups` counts from 0."""

    labels: NDArray[Any]
    truth: NDArray[np.intp]
    guess: NDArray[np.intp]
    groups: NDArray[np.intp]

    @classmethod
    def of(cls, truth: ArrayLike, guess: ArrayLike, groups: ArrayLike | None = None) -> Counted:
        true, guessed = np.asarray(truth), np.asarray(guess)
        if true.ndim != 1 or true.shape != guessed.shape:
            raise ValueError(f"truth {true.shape} and guess {guessed.shape} must be (N,)")
        labels, codes = np.unique(np.concatenate([true, guessed]), return_inverse=True)
        group_codes = np.arange(len(true))
        if groups is not None:
            group_codes = np.unique(np.asarray(groups), return_inverse=True)[1]
        return cls(labels, codes[: len(true)], codes[len(true) :], group_codes)

    def totals(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Right, true and guessed rows of each label, `(L,)` each."""
        size = len(self.labels)
        right = np.bincount(self.truth[self.truth == self.guess], minlength=size)
        true = np.bincount(self.truth, minlength=size)
        return right, true, np.bincount(self.guess, minlength=size)

    def by_group(self, groups: int) -> tuple[NDArray[np.float32], ...]:
        """The same of each group, `(groups, L)` each; floats, for the speed of their product."""
        tables = []
        hit = self.truth == self.guess
        for label, rows in ((self.truth, hit), (self.truth, ...), (self.guess, ...)):
            table = np.zeros((groups, len(self.labels)), np.float32)
            np.add.at(table, (self.groups[rows], label[rows]), 1)
            tables.append(table)
        return tuple(tables)


def f1_of(
    right: NDArray[Any], true: NDArray[Any], guessed: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """F1 = 2 right / (true + guessed), and where it counts: where the class occurs in the truth."""
    return 2 * right / np.maximum(true + guessed, 1), true > 0
