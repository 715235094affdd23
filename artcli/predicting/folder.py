"""A run's predictions on disk: `oof.npz`, `test.npz`, and the JSON that says what made them.

Folds are added one by one as they are trained (`keep_fold`), read together (`read_kept`), and may
come from elsewhere altogether (`import_predictions`). The JSON is replaced last and holds the
sha256 of both files; until then the former files are kept beside the new ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from artcli import __version__
from artcli.errors import ArtcliError, Problems
from artcli.predicting.made_by import way_back
from artcli.predicting.predictions import ALL, Predictions
from artcli.predicting.scores import oof_scores
from artcli.workspace.files import (
    explained,
    read_json,
    remove_parts,
    sha256_file,
    sync_folder,
    write_sealed,
)
from artcli.workspace.runs import hold_predictions, run_parts

if TYPE_CHECKING:
    from artcli.contest.tables import Contest
    from artcli.workspace.paths import Workspace

FACTS_NAME = "predictions.json"
OOF, TEST = "oof", "test"


@dataclass(frozen=True)
class Kept:
    """What a run has said so far.

    `oof`: every fold's rows of the paintings it was not trained on; `test`: every fold's rows of
    the test; `folds`: what made each fold's rows, by its label ("0", …, "all"); `bad`: the ids
    of test images that could not be read, with the reason; `made_by`: of what a command made of
    other runs, the `command`, the runs it is made `of` and its settings, else empty.
    """

    name: str
    oof: Predictions | None = None
    test: Predictions | None = None
    folds: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    bad: Mapping[str, str] = field(default_factory=dict)
    imported: bool = False
    created: str = ""
    made_by: Mapping[str, Any] = field(default_factory=dict)


class _Part(BaseModel):
    model_config = ConfigDict(strict=True)


class _Fold(_Part):
    image_size: int | None = None
    parts: list[str] = []


class _Member(_Part):
    weight: float | None = None


class _MadeBy(_Part):
    command: str = ""
    of: list[str] = []
    how: str | None = None
    line: str = ""
    run: str = ""
    views: str = ""
    seen: list[str] = []
    averaged: list[str] = []
    looked: dict[str, _Fold] = {}
    members: list[_Member] = []
    offsets: dict[str, float] = {}


class _Facts(_Part):
    """What predictions.json must look like to be read; what nobody reads may be anything."""

    files: dict[str, str]
    folds: dict[str, _Fold]
    bad_test_images: dict[str, str] = {}
    imported: bool = False
    created: str = ""
    judged_on: list[str] = []
    scores: dict[str, float] = {}
    made_by: _MadeBy = _MadeBy()


def fold_label(number: int) -> str:
    return "all" if number == ALL else str(number)


def read_facts(workspace: Workspace, name: str) -> dict[str, Any] | None:
    """The JSON of a run's predictions; None when there are none. Errors: where it is damaged."""
    path = workspace.predictions_dir(name) / FACTS_NAME
    if not path.is_file():
        return None
    hint = way_back(name, {}, workspace.flag)
    try:
        facts: Any = read_json(path)
        _Facts.model_validate(facts)
    except ArtcliError as error:
        raise ArtcliError(error.message, hint) from error
    except ValidationError as error:
        raise ArtcliError(f"{path} is damaged", hint) from error
    checked: dict[str, Any] = facts
    return checked


def read_kept(workspace: Workspace, name: str) -> Kept | None:
    """The predictions of a run; None when there are none. Errors: as `Predictions.load`."""
    facts = read_facts(workspace, name)
    if facts is None:
        return None
    return Kept(
        name,
        read_part(workspace, name, facts, OOF),
        read_part(workspace, name, facts, TEST),
        facts["folds"],
        facts.get("bad_test_images", {}),
        bool(facts.get("imported")),
        str(facts.get("created", "")),
        facts.get("made_by", {}),
    )


def read_part(
    workspace: Workspace, name: str, facts: Mapping[str, Any], which: str
) -> Predictions | None:
    """The file `WHICH.npz` of a run's predictions, whose JSON is `facts`; None when it has none.

    Errors: as `Predictions.load`, with the way to make it anew.
    """
    mark = facts["files"].get(f"{which}.npz")
    if not mark:
        return None
    path = workspace.predictions_dir(name) / f"{which}.npz"
    try:
        return Predictions.load(_former(path) if _is(_former(path), mark) else path, sha256=mark)
    except ArtcliError as error:
        error.hint = way_back(name, facts, workspace.flag)
        raise


def keep_fold(
    workspace: Workspace,
    contest: Contest,
    name: str,
    *,
    oof: Predictions | None,
    test: Predictions | None,
    bad: Mapping[str, str],
    facts: Mapping[str, Any],
) -> Path:
    """Add one fold's predictions to those of the run; of the same fold, the new ones stay.

    Other folds whose classes have changed meanwhile (another contest's data) are dropped.
    """
    folder = workspace.predictions_dir(name)
    if oof is None and test is None:
        return folder  # no test, and all paintings trained on: there is nothing to say
    fold = next((part.fold_numbers[0] for part in (test, oof) if part is not None), ALL)
    with hold_predictions(workspace, name):
        try:
            before = read_kept(workspace, name) or Kept(name)
        except ArtcliError:  # damaged, or stopped half-way: the folds are predicted anew
            before = Kept(name)
        merged = {OOF: _merge(before.oof, oof), TEST: _merge(before.test, test)}
        labels = {
            fold_label(number)
            for part in merged.values()
            if part is not None
            for number in part.fold_numbers
        }
        there = [
            which
            for which, part in merged.items()
            if part is not None and fold in part.fold_numbers
        ]
        folds = {**before.folds, fold_label(fold): {**facts, "parts": there}}
        _write(
            folder,
            merged,
            {
                "run": name,
                "folds": {label: folds[label] for label in sorted(labels) if label in folds},
                "bad_test_images": dict(bad) if test is not None or bad else dict(before.bad),
                "scores": oof_scores(merged[OOF], contest),
            },
        )
    return folder


def result_name(workspace: Workspace, name: str | None, stem: str) -> str:
    """The name of a new result: `name`, or the first free one of `stem`, `stem-2`, ….

    Errors: `ArtcliError` when there is a run or a result `name` already.
    """
    if name is not None:
        if run_parts(workspace, name):
            raise ArtcliError(f"there is a run {name} already", "choose another --name")
        return name
    if not run_parts(workspace, stem):
        return stem
    numbered = (f"{stem}-{number}" for number in itertools.count(2))
    return next(one for one in numbered if not run_parts(workspace, one))


def keep_result(
    workspace: Workspace,
    contest: Contest,
    name: str,
    *,
    made_by: Mapping[str, Any],
    oof: Predictions | None,
    test: Predictions | None,
    bad: Mapping[str, str],
    beside: Mapping[str, Predictions] | None = None,
) -> Path:
    """Keep what a command made of other runs, as if it were a run `name`, which must be free.

    `made_by` holds `command` (`tta`, `ensemble`), `of` (the names of the runs), `how` in a word or
    two (`flips`, `greedy`), `line` (the command that made it, without -w) and whatever else tells
    of it, as JSON. The scores of `oof` are those of the result, so it must be out of fold in
    all that was fitted too. What is `beside` them is for `read_part`, by its name. Returns the
    folder, which may hold more files of the command's own.
    """
    folder = workspace.predictions_dir(name)
    with hold_predictions(workspace, name):
        if (folder / FACTS_NAME).exists():
            raise ArtcliError(f"there is a run {name} already", "choose another --name")
        _write(
            folder,
            {OOF: oof, TEST: test, **(beside or {})},
            {
                "run": name,
                "made_by": dict(made_by),
                "folds": {},
                "bad_test_images": dict(bad),
                "scores": oof_scores(oof, contest),
            },
        )
    return folder


def import_predictions(
    workspace: Workspace, contest: Contest, name: str, *, test: Path, oof: Path | None = None
) -> Kept:
    """Take in predictions made elsewhere: files of our form, of this contest's ids and artists.

    With `oof` their score is kept, so that `artcli submit` can weigh them against other runs.
    Errors: `Problems` that name the file and what does not fit; an existing name.
    """
    folder = workspace.predictions_dir(name)
    _require_free(workspace, name)
    test_ids = {painting.id for painting in contest.test}
    train_ids = {painting.id for painting in contest.train}
    taken: dict[str, Predictions | None] = {TEST: _fitting(test, contest, test_ids), OOF: None}
    if oof is not None:
        taken[OOF] = _fitting(oof, contest, train_ids)
    facts = {"run": name, "imported": True, "folds": {}, "bad_test_images": {}}
    with hold_predictions(workspace, name):
        _require_free(workspace, name)
        _write(folder, taken, {**facts, "scores": oof_scores(taken[OOF], contest)})
    kept = read_kept(workspace, name)
    assert kept is not None  # written just now
    return kept


def _require_free(workspace: Workspace, name: str) -> None:
    if run_parts(workspace, name):
        raise ArtcliError(f"there is a run {name} already", "choose another name")


def _fitting(path: Path, contest: Contest, known: set[str]) -> Predictions:
    found = Predictions.load(path)
    try:
        found = found.with_classes(contest.artists)
    except Problems as error:
        raise Problems(f"{path} does not fit this contest", error.problems) from error
    if strange := sorted(set(found.ids.tolist()) - known):
        listed = ", ".join(map(repr, strange[:3])) + (", …" if len(strange) > 3 else "")
        raise Problems(f"{path} does not fit this contest", [f"unknown ids: {listed}"])
    return found


def _merge(before: Predictions | None, newer: Predictions | None) -> Predictions | None:
    if before is None or newer is None:
        return newer if before is None else before
    if before.classes != newer.classes:
        return newer
    return before.with_folds_of(newer)


def _former(path: Path) -> Path:
    """Where a file stays that is being replaced, until the JSON speaks of the new one."""
    return path.with_name(f".{path.name}.former")


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_file(path) == sha256


def _write(folder: Path, parts: Mapping[str, Predictions | None], facts: Mapping[str, Any]) -> None:
    """Both files and their JSON; who is killed meanwhile leaves the former three."""
    marks: Mapping[str, str] = {}
    with suppress(ArtcliError, KeyError, TypeError):  # none yet, or damaged
        marks = read_json(folder / FACTS_NAME)["files"]
    for which in parts:
        path = folder / f"{which}.npz"
        if path.exists() and not _is(_former(path), marks.get(path.name, "")):
            with explained(path):
                path.replace(_former(path))
    sync_folder(folder)  # before any new one can be there in their place
    files = {
        f"{which}.npz": part.save(folder / f"{which}.npz")
        for which, part in parts.items()
        if part is not None
    }
    remove_parts(folder)  # nobody comes again once the JSON is there
    first = next(part for part in parts.values() if part is not None)
    oof = parts.get(OOF)
    judged = oof.pieces().fold_numbers if oof else ()
    write_sealed(
        folder / FACTS_NAME,
        {
            **facts,
            "artcli": __version__,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "classes": list(first.classes),
            "judged_on": [fold_label(number) for number in judged],
            "files": files,
        },
    )
    for which in parts:
        _former(folder / f"{which}.npz").unlink(missing_ok=True)
