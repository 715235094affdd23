"""The contest's score: macro F1 of a submission against a solution, on each board.

Macro F1 is the plain mean, over the artists that occur in the truth, of each artist's F1; an artist
never guessed has F1 0. A guess of an artist who does not occur is a miss for the true artist and
adds no class of its own. Intervals are percentile bootstraps over paintings, not pieces: five
pieces of one painting are right or wrong together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from artcli.contest.csvfile import Row, Table, read_table
from artcli.contest.names import match_names, nearest_names
from artcli.errors import Problems

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

BOARDS = ("Public", "Private")
ALL = "All"
IGNORED = "ignored"  # a Usage that Kaggle's solution files know: the row counts nowhere
CONFIDENCE = 0.95


def macro_f1(truth: ArrayLike, guess: ArrayLike, classes: Iterable[Any] | None = None) -> float:
    """Mean F1 of the classes that occur in `truth` (with `classes`: of those of them, alone).

    `truth` and `guess` `(N,)` hold class numbers or names. NaN when there is nothing to average.
    """
    counted = _Counted.of(truth, guess)
    f1, seen = _f1(*counted.totals())
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
    counted = _Counted.of(truth, guess, groups)
    paintings = int(counted.groups.max()) + 1 if len(counted.truth) else 0
    if not paintings:
        return np.empty(0)
    drawn = np.random.default_rng(seed).multinomial(
        paintings, np.full(paintings, 1 / paintings), size=resamples
    )
    f1, seen = _f1(*(drawn @ table for table in counted.by_group(paintings)))
    scores: NDArray[np.float64] = np.where(seen, f1, 0).sum(1) / np.maximum(seen.sum(1), 1)
    return scores


def _middle(scores: NDArray[np.float64]) -> tuple[float, float]:
    """The quantiles between which 95 % of `scores` lie; (NaN, NaN) of none."""
    if not len(scores):
        return math.nan, math.nan
    low, high = np.quantile(scores, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


@dataclass(frozen=True)
class _Counted:
    """Rows as numbers: `truth` and `guess` index `labels`, `groups` counts from 0."""

    labels: NDArray[Any]
    truth: NDArray[np.intp]
    guess: NDArray[np.intp]
    groups: NDArray[np.intp]

    @classmethod
    def of(cls, truth: ArrayLike, guess: ArrayLike, groups: ArrayLike | None = None) -> _Counted:
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


def _f1(
    right: NDArray[Any], true: NDArray[Any], guessed: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """F1 = 2 right / (true + guessed), and where it counts: where the class occurs in the truth."""
    return 2 * right / np.maximum(true + guessed, 1), true > 0


@dataclass(frozen=True)
class Board:
    """The score of some of the rows, with its 95 % interval."""

    f1: float
    low: float
    high: float
    pieces: int
    paintings: int | None  # None: the solution does not tell which pieces belong together


@dataclass(frozen=True)
class ArtistScore:
    """How one artist's pieces fared; `taken_for` is the artist most often guessed wrongly."""

    artist: str
    f1: float
    precision: float
    recall: float
    pieces: int
    taken_for: str | None


@dataclass(frozen=True)
class Score:
    """A submission's score. `public` and `private` are None where the solution has no boards."""

    public: float | None
    private: float | None
    overall: float
    per_artist: tuple[ArtistScore, ...]  # weakest first
    boards: dict[str, Board]


def score_submission(
    submission: Path, solution: Path, artists: Iterable[str] | None = None
) -> Score:
    """Score `submission` (header `id,artist`, rows in any order) against `solution`.

    `solution` has the header `id,artist` and, as it may be, `Usage` (Public, Private, Ignored) and
    `painting` (which pieces belong together). `artists` of a contest may be guessed beside those of
    the solution, if the solution is of that contest (all its artists are among them). Errors:
    `Problems` that lists every missing, repeated or unknown id and name.
    """
    answers = _read_solution(solution)
    truth = {row["id"]: row for row in answers.rows}
    known = {row["artist"] for row in answers.rows}
    if known <= (offered := set(artists or ())):
        known = offered
    guesses = _read_submission(submission, truth, known)
    usage = {key: _usage(row) for key, row in truth.items()}
    rows = [row for key, row in truth.items() if usage[key] != IGNORED]
    grouped = "painting" in answers.header
    boards: dict[str, Board] = {}
    for name in (*BOARDS, ALL):
        chosen = [row for row in rows if name == ALL or usage[row["id"]] == name.casefold()]
        if chosen:
            boards[name] = _board(chosen, guesses, grouped)
    public, private = boards.get("Public"), boards.get("Private")
    return Score(
        public.f1 if public else None,
        private.f1 if private else None,
        boards[ALL].f1,
        _per_artist([row["artist"] for row in rows], [guesses[row["id"]] for row in rows]),
        boards,
    )


def _board(rows: Sequence[Row], guesses: dict[str, str], grouped: bool) -> Board:
    truth = [row["artist"] for row in rows]
    guess = [guesses[row["id"]] for row in rows]
    paintings = [row["painting"] if grouped else row["id"] for row in rows]
    low, high = bootstrap_interval(truth, guess, paintings)
    known = len(set(paintings)) if grouped else None
    return Board(macro_f1(truth, guess), low, high, len(rows), known)


def _per_artist(truth: Sequence[str], guess: Sequence[str]) -> tuple[ArtistScore, ...]:
    counted = _Counted.of(truth, guess)
    right, true, guessed = counted.totals()
    f1, seen = _f1(right, true, guessed)
    scores = []
    for label in np.flatnonzero(seen):
        wrong = counted.guess[(counted.truth == label) & (counted.guess != label)]
        taken_for = str(counted.labels[np.bincount(wrong).argmax()]) if len(wrong) else None
        precision = right[label] / guessed[label] if guessed[label] else 0.0
        scores.append(
            ArtistScore(
                str(counted.labels[label]),
                float(f1[label]),
                float(precision),
                float(right[label] / true[label]),
                int(true[label]),
                taken_for,
            )
        )
    return tuple(sorted(scores, key=lambda score: (score.f1, score.artist)))


def _usage(row: Row) -> str:
    return row.cells.get("Usage", "").casefold()


def _read_solution(path: Path) -> Table:
    problems: list[str] = []
    table = read_table(path, ("id", "artist"), problems, optional=("Usage", "painting"))
    if table is not None:
        problems += _repeated(table)
        allowed = {name.casefold() for name in (*BOARDS, IGNORED)}
        if "Usage" in table.header:
            problems += [
                f"{table.where(row, 'Usage')}: {row['Usage']!r} is not Public, Private or Ignored"
                for row in table.rows
                if row["Usage"] and _usage(row) not in allowed
            ]
            if not problems and all(_usage(row) == IGNORED for row in table.rows):
                problems.append("all rows are Ignored")
    if table is None or problems:
        raise Problems(
            f"{path} is not a solution",
            problems,
            "a solution has the header id,artist,Usage and one row for each piece of the test",
        )
    return table


def _read_submission(path: Path, truth: dict[str, Row], artists: set[str]) -> dict[str, str]:
    """The artist guessed for each id of `truth`."""
    problems: list[str] = []
    table = read_table(path, ("id", "artist"), problems)
    guesses: dict[str, str] = {}
    if table is not None:
        if len(table.header) > 2:
            problems.append(f"{path.name} line 1: the header must be id,artist and nothing else")
        problems += _repeated(table)
        problems += _unknown_artists(table, artists)
        guesses = {row["id"]: row["artist"] for row in table.rows}
        problems += [
            f"{table.where(row, 'id')}: {row['id']!r} is not in the solution"
            for row in table.rows
            if row["id"] and row["id"] not in truth
        ]
        missing = [key for key in truth if key not in guesses]
        if missing:
            listed = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
            problems.append(f"{len(missing)} of {len(truth)} ids are missing: {listed}")
    if table is None or problems:
        raise Problems(
            f"{path} cannot be scored",
            problems,
            "a submission has the header id,artist and one row for each piece of the test; "
            "artcli submit writes one",
        )
    return guesses


def _repeated(table: Table) -> list[str]:
    first: dict[str, int] = {}
    return [
        f"{table.where(row, 'id')}: {row['id']!r} is already in row {first[row['id']]}"
        for row in table.rows
        if row["id"] and first.setdefault(row["id"], row.number) != row.number
    ]


def _unknown_artists(table: Table, known: set[str]) -> list[str]:
    """One line for each name that is no artist of the contest, with the first row it stands in."""
    problems: list[str] = []
    seen: set[str] = set()
    for row in table.rows:
        name = row["artist"]
        if not name or name in known or name in seen:
            continue
        seen.add(name)
        near = list(match_names([name], known).values()) or nearest_names(name, list(known), 1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        problems.append(f"{table.where(row, 'artist')}: {name!r} is not an artist here{meant}")
    return problems
