"""From a run's test probabilities to a CSV that the leaderboard takes.

`choose_run` says which run and why; `write_submission` averages its folds, names the most probable
artist of each test picture, writes the file in the form of sample_submission.csv, reads it back and
checks every row. An earlier submission is never overwritten.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from artcli import __version__
from artcli.contest.csvfile import read_table, to_text
from artcli.contest.spreadsheets import is_formula
from artcli.errors import ArtcliError, Problems, UsageError
from artcli.predicting.candidates import Candidate, find_candidate
from artcli.predicting.folder import fold_label
from artcli.predicting.made_by import listed, way_back
from artcli.predicting.pooling import pool
from artcli.workspace.files import sha256_file, write_bytes, write_json
from artcli.workspace.locks import hold
from artcli.workspace.paths import checked_name

if TYPE_CHECKING:
    from artcli.contest.tables import Contest
    from artcli.predicting.folder import Kept
    from artcli.workspace.paths import Workspace


@dataclass(frozen=True)
class Submission:
    """A submission that was written: the CSV, the JSON beside it, and what is in it."""

    path: Path
    facts: Path
    rows: tuple[tuple[str, str], ...]
    folds: tuple[str, ...]
    filled: tuple[str, ...]

    @property
    def counts(self) -> Counter[str]:
        """How many pictures each artist was given."""
        return Counter(artist for _, artist in self.rows)

    @property
    def formulas(self) -> tuple[str, ...]:
        """Ids and names written that a spreadsheet would take for formulas; the leaderboard wants
        them as they are."""
        ids = dict.fromkeys(key for key, _ in self.rows)
        return tuple(filter(is_formula, (*sorted(self.counts), *ids)))


def submission_rows(
    contest: Contest,
    kept: Kept,
    *,
    again: str,
    fill_bad: str | None = None,
    groups: Mapping[str, int] | None = None,
) -> tuple[list[tuple[str, str]], list[str]]:
    """(id, artist) for each row of sample_submission.csv, and the ids that were filled.

    The folds' probabilities are averaged, and then pooled over `groups`, which has that of each
    picture; `again` is the hint how they are made anew. Errors: `ArtcliError` without predictions
    of the test; `Problems` when they do not fit the test, or when test images are bad and
    `fill_bad`, an artist of the contest, is not given.
    """
    ids = contest.sample_ids or tuple(painting.id for painting in contest.test)
    if kept.test is None:
        raise ArtcliError(f"{kept.name} has no predictions of the test", again)
    if fill_bad is not None and fill_bad not in contest.artists:
        raise UsageError(_no_artist(fill_bad, contest.artists))
    bad = {key: why for key, why in kept.bad.items() if key in set(ids)}
    if bad and fill_bad is None:
        raise Problems(
            f"{len(bad)} test images cannot be read, so nobody can be named for them",
            list(bad.values()),
            f"name one artist for all of them with --fill-bad ARTIST; or replace them and {again}",
        )
    try:
        mean = kept.test.with_classes(contest.artists).mean_over_folds().in_order(ids, absent=bad)
    except Problems as error:
        raise Problems(error.message.partition(":\n")[0], error.problems, again) from error
    if groups is not None:
        own = [groups[key] for key in mean.ids.tolist()]
        mean = replace(mean, probabilities=pool(mean.probabilities, own).astype(np.float32))
    guess = dict(zip(mean.ids.tolist(), mean.guesses(), strict=True))
    return [(key, guess.get(key) or str(fill_bad)) for key in ids], [
        key for key in ids if key not in guess
    ]


def check_submission(
    workspace: Workspace,
    contest: Contest,
    kept: Kept,
    *,
    name: str | None = None,
    fill_bad: str | None = None,
) -> None:
    """What `write_submission` would refuse is refused here, before any long work."""
    submission_rows(contest, kept, again=_again(workspace, kept), fill_bad=fill_bad)
    if name is not None:
        _chosen_path(workspace.submissions, name, kept.name)


def write_submission(
    workspace: Workspace,
    contest: Contest,
    kept: Kept,
    *,
    name: str | None = None,
    fill_bad: str | None = None,
    groups: Mapping[str, int] | None = None,
    run: Mapping[str, Any] | None = None,
) -> Submission:
    """Write `submissions/NAME.csv` and a JSON beside it; without `name` RUN.csv, RUN-2.csv, …
    or, where it is pooled, RUN-siblings.csv and so on.

    Errors: a `name` that is there already is never replaced, nor changed in silence.
    `groups`: as `submission_rows`; `run` is what the JSON shall say of the run (its recipe, its
    folds' scores).
    """
    again = _again(workspace, kept)
    rows, filled = submission_rows(contest, kept, again=again, fill_bad=fill_bad, groups=groups)
    assert kept.test is not None  # else there were no rows
    folds = tuple(fold_label(number) for number in kept.test.fold_numbers)
    own = kept.name if groups is None else f"{kept.name}-siblings"
    data = _encoded(contest, rows)
    with hold(workspace.submissions / ".lock", "the folder of submissions", wait=True):
        path = _chosen_path(workspace.submissions, name, own)
        write_bytes(path, data)
        try:
            _check(path, contest, rows)
            write_json(
                path.with_suffix(".json"),
                {
                    "submission": path.name,
                    "sha256": sha256_file(path),
                    "rows": len(rows),
                    "run": kept.name,
                    "folds": list(folds),
                    "filled": {"artist": fill_bad, "ids": filled} if filled else None,
                    "made_from": dict(run or {}),
                    "artcli": __version__,
                    "created": datetime.now(UTC).isoformat(timespec="seconds"),
                },
            )
        except BaseException:
            path.unlink(missing_ok=True)  # a submission without its record would be a riddle
            raise
    return Submission(path, path.with_suffix(".json"), tuple(rows), folds, tuple(filled))


def choose_run(
    candidates: Sequence[Candidate], name: str | None, flag: str = ""
) -> tuple[Candidate, str]:
    """The run or result to submit and, in a sentence, why: the one named, else the best that can.

    Best is the highest F1 on the validation pieces, over all folds at once; one without a score is
    taken only when no other can be. The sentence says so when not all were judged on the same
    folds, whose scores compare only roughly. `flag` names the workspace in hints.
    """
    if name is not None:
        return _named(candidates, name, flag), "you named it"
    able = [run for run in candidates if run.has_test]
    if not able:
        if not candidates:
            raise ArtcliError("there is no run to submit", f"train one with: artcli train{flag}")
        raise Problems(
            "no run has predictions of the test",
            [f"{run.name}: {run.state}" for run in candidates],
            "finish one with artcli train --resume, or predict with: artcli predict RUN",
        )
    best = max(able, key=lambda run: (_score(run), run.created))
    others = [run for run in able if run is not best]
    if not others:
        why = "it is the only run with predictions of the test"
    elif math.isnan(best.f1):
        why = "it is the newest of the runs with predictions of the test; none has a score"
    else:
        why = (
            f"its validation crop F1, {best.f1:.4f}, is the best of {len(able)} runs "
            f"with predictions of the test (next: {_next_best(others)}){_on_other_folds(able)}"
        )
    left_out = [run for run in candidates if not run.has_test]
    if left_out:
        why += f"; left out: {', '.join(f'{run.name} ({run.state})' for run in left_out)}"
    return best, why


def _named(candidates: Sequence[Candidate], name: str, flag: str) -> Candidate:
    run = find_candidate(candidates, name)
    if not run.has_test:
        if run.state.startswith("stopped"):
            way = f"go on with it: artcli train --resume {name}{flag}"
        else:
            origin = {"made_by": run.made_by, "imported": run.record is None}
            way = way_back(name, origin, flag)
        raise ArtcliError(f"{name} has no predictions of the test ({run.state})", way)
    return run


def _on_other_folds(able: Iterable[Candidate], most: int = 3) -> str:
    """What makes the scores of `able` only roughly comparable; "" when nothing does."""
    by_folds: dict[tuple[str, ...], list[str]] = {}
    for run in able:
        if not math.isnan(run.f1):
            by_folds.setdefault(run.judged_on, []).append(run.name)
    if len(by_folds) < 2:
        return ""
    said = []
    for folds, names in by_folds.items():
        more = [f"{len(names) - most} more"] if len(names) > most else []
        where = f"fold{'s' * (len(folds) != 1)} {listed(folds)}" if folds else "folds unknown"
        said.append(f"{listed([*names[:most], *more])} on {where}")
    return f"; not all were judged on the same folds ({'; '.join(said)}): only roughly comparable"


def _score(run: Candidate) -> float:
    return -1.0 if math.isnan(run.f1) else run.f1


def _next_best(others: Iterable[Candidate]) -> str:
    run = max(others, key=_score)
    return f"{run.name} without a score" if math.isnan(run.f1) else f"{run.name} at {run.f1:.4f}"


def _no_artist(name: str, artists: Sequence[str]) -> str:
    from artcli.contest.names import nearest_names

    near = nearest_names(name, list(artists))
    meant = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
    return f"--fill-bad {name!r} is not an artist of this contest{meant}"


def _encoded(contest: Contest, rows: Sequence[tuple[str, str]]) -> bytes:
    text = to_text(contest.sample_header, rows)
    try:
        return contest.sample_form.encode(text)
    except UnicodeEncodeError as error:
        raise ArtcliError(
            f"sample_submission.csv is {contest.sample_encoding}, which cannot hold "
            f"{error.object[error.start : error.end]!r}",
            "save sample_submission.csv as UTF-8",
        ) from error


def _again(workspace: Workspace, kept: Kept) -> str:
    origin = {"made_by": kept.made_by, "imported": kept.imported}
    return way_back(kept.name, origin, workspace.flag)


def _chosen_path(folder: Path, name: str | None, own: str) -> Path:
    """That of `name`, which must be free; without one, the first free one of `own`, `own-2`, …."""
    stem = checked_name((name or own).removesuffix(".csv"))
    path = _free_path(folder, stem)
    if name is not None and path.stem != stem:
        raise ArtcliError(
            f"there is a submission {stem}.csv already",
            f"choose another --name, or leave it out: the next is then {path.name}",
        )
    return path


def _free_path(folder: Path, stem: str) -> Path:
    number = 1
    while True:
        path = folder / (f"{stem}.csv" if number == 1 else f"{stem}-{number}.csv")
        if not path.exists() and not path.with_suffix(".json").exists():
            return path
        number += 1


def _check(path: Path, contest: Contest, rows: Sequence[tuple[str, str]]) -> None:
    """Read the file back as a stranger would: form, header, and every row as it was meant."""
    problems: list[str] = []
    table = read_table(path, contest.sample_header, problems)
    if table is not None:
        if table.header != contest.sample_header:
            problems.append(f"the header is {','.join(table.header)}")
        form, meant = table.form, contest.sample_form
        if (form.bom, form.newline) != (meant.bom, meant.newline):
            problems.append(f"its form is {form}, not {meant}")
        key, artist = contest.sample_header
        found = [(row[key], row[artist]) for row in table.rows]
        problems += [
            f"row {number} reads {there}, not {wanted}"
            for number, (there, wanted) in enumerate(zip(found, rows, strict=False), start=1)
            if there != wanted
        ]
        if len(found) != len(rows):
            problems.append(f"it has {len(found)} rows, not {len(rows)}")
        problems += [
            f"{name!r} is not an artist of train.csv"
            for name in sorted({name for _, name in found} - set(contest.artists))
        ]
    if table is None or problems:
        raise Problems(f"{path.name} was not written as it should be", problems, "is the disk ok?")
