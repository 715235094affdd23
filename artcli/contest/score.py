"""The contest's score: a submission against a solution, on each board."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from artcli.contest.csvfile import Row, Table, read_table
from artcli.contest.f1 import Counted, bootstrap_interval, f1_of, macro_f1
from artcli.contest.names import MOST_HINTS, match_names, nearest_names
from artcli.errors import Problems

BOARDS = ("Public", "Private")
ALL = "All"
IGNORED = "ignored"  # a Usage that Kaggle's solution files know: the row counts nowhere
MOST_SHOWN = 10  # problems of a file that are spelt out


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
    counted = Counted.of(truth, guess)
    right, true, guessed = counted.totals()
    f1, seen = f1_of(right, true, guessed)
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
            shown=MOST_SHOWN,
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
            shown=MOST_SHOWN,
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
    first: dict[str, Row] = {}
    for row in table.rows:
        if row["artist"] and row["artist"] not in known:
            first.setdefault(row["artist"], row)
    same = match_names(first, known)
    for name, row in first.items():
        near = [same[name]] if name in same else []
        if not near and len(problems) < MOST_HINTS:
            near = nearest_names(name, list(known), 1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        problems.append(f"{table.where(row, 'artist')}: {name!r} is not an artist here{meant}")
    return problems
