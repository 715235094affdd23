"""What could be submitted, runs and results: what is known of each from its folder and predictions.

No torch, and no arrays are read: JSON alone, so that listing is quick.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from artcli.errors import ArtcliError
from artcli.predicting.folder import FACTS_NAME, TEST, read_facts
from artcli.predicting.made_by import in_words, members
from artcli.workspace.runs import ALL, list_runs

if TYPE_CHECKING:
    from artcli.workspace.paths import Workspace
    from artcli.workspace.runs import RunRecord


@dataclass(frozen=True)
class Candidate:
    """A run, trained here or imported, or a result that a command made of runs.

    `f1`: the macro F1 of its out-of-fold predictions of pieces (before there are any, the mean over
    its folds), NaN when there is none; `scores`: all that its out-of-fold predictions score;
    `folds`: the labels of the folds whose predictions are there; `judged_on`: those with a
    validation part, from which `f1` is; `state`: in a word or two; `made_by`: as of `Kept`.
    """

    name: str
    created: str
    state: str
    f1: float = math.nan
    folds: tuple[str, ...] = ()
    has_test: bool = False
    record: RunRecord | None = None
    judged_on: tuple[str, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    made_by: Mapping[str, Any] = field(default_factory=dict)

    @property
    def scored(self) -> float | None:
        """`f1`, or None when there is none: for JSON, which has no NaN."""
        return None if math.isnan(self.f1) else self.f1

    @property
    def kind(self) -> str:
        """`result`, or `run` for one that was trained here or elsewhere."""
        return "result" if self.made_by else "run"

    def facts(self) -> dict[str, Any]:
        """What a submission's record keeps of it.

        Of a run its recipe, versions and folds' scores; of a result what it is made of and how.
        """
        if self.made_by:
            return {"made_by": dict(self.made_by), "scores": dict(self.scores)}
        if self.record is None:
            return {"imported": True}
        known = {key: self.record.facts.get(key) for key in ("artcli", "versions", "plugins")}
        scores = {fold.label: dict(fold.metrics) for fold in self.record.folds}
        return {"recipe": dict(self.record.recipe), "scores": scores, **known}


def list_candidates(workspace: Workspace) -> list[Candidate]:
    """Every run of the workspace, every imported one and every result, oldest first."""
    runs = {run.name: run for run in list_runs(workspace)}
    found = [_trained(workspace, run) for run in runs.values()]
    if workspace.predictions.is_dir():
        for folder in workspace.predictions.iterdir():
            known = folder.name in runs or folder.name.startswith(".")  # half removed
            if not known and (folder / FACTS_NAME).is_file():
                found.append(_kept(workspace, folder.name))
    return sorted(found, key=lambda one: (one.created, one.name))


def find_candidate(candidates: Sequence[Candidate], name: str) -> Candidate:
    """The one of this name; `ArtcliError`, with what there is, when there is none."""
    for run in candidates:
        if run.name == name:
            return run
    names = [run.name for run in candidates]
    near = get_close_matches(name, names, n=3) or names
    hint = f"there are: {', '.join(near)}" if near else "train one with: artcli train"
    raise ArtcliError(f"there is no run {name!r}", hint)


def made_of(candidates: Sequence[Candidate], name: str) -> list[str]:
    """The names of the results that are made of the run or result `name`."""
    return [one.name for one in candidates if name in members(one.made_by)]


def _trained(workspace: Workspace, run: RunRecord) -> Candidate:
    state = f"{run.state}: {run.reason}" if run.reason else run.state
    facts, fault = _facts(workspace, run.name)
    scores = _scores(facts)
    return Candidate(
        run.name,
        run.created,
        f"{state}, {fault}" if fault else state,
        scores.get("f1", run.mean("f1")),
        tuple(facts.get("folds", ())),
        _has_test(facts),
        run,
        _judged_on(facts) or tuple(fold.label for fold in run.folds if "f1" in fold.metrics),
        scores,
    )


def _kept(workspace: Workspace, name: str) -> Candidate:
    """Predictions without checkpoints: a result, or made elsewhere, or their run was removed."""
    facts, fault = _facts(workspace, name)
    made_by, scores = facts.get("made_by", {}), _scores(facts)
    otherwise = "imported" if facts.get("imported") else "without checkpoints"
    return Candidate(
        name,
        str(facts.get("created", "")),
        fault or (in_words(made_by) if made_by else otherwise),
        scores.get("f1", math.nan),
        tuple(facts.get("folds", ())),
        _has_test(facts),
        None,
        _judged_on(facts),
        scores,
        made_by,
    )


def _facts(workspace: Workspace, name: str) -> tuple[Mapping[str, Any], str]:
    """The JSON of the predictions, and what is wrong with it."""
    try:
        return read_facts(workspace, name) or {}, ""
    except ArtcliError:
        return {}, "its predictions are damaged"


def _scores(facts: Mapping[str, Any]) -> dict[str, float]:
    return dict(facts.get("scores", {}))


def _judged_on(facts: Mapping[str, Any]) -> tuple[str, ...]:
    if "f1" not in _scores(facts):
        return ()
    # Predictions of before this was written down are of runs, which are judged on their folds.
    return tuple(facts.get("judged_on", [fold for fold in facts["folds"] if fold != ALL]))


def _has_test(facts: Mapping[str, Any]) -> bool:
    return f"{TEST}.npz" in facts.get("files", {})
