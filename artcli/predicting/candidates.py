"""The runs that could be submitted: what is known of each from its folder and its predictions.

No torch, and no arrays are read: JSON alone, so that listing is quick.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from artcli.errors import ArtcliError
from artcli.predicting.folder import FACTS_NAME, TEST, read_facts
from artcli.workspace.runs import list_runs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from artcli.workspace.paths import Workspace
    from artcli.workspace.runs import RunRecord


@dataclass(frozen=True)
class Candidate:
    """A run, trained here or imported.

    `f1`: the macro F1 of its out-of-fold predictions of pieces (before there are any, the mean over
    its folds), NaN when there is none;
    `folds`: the labels of the folds whose predictions are there; `state`: in a word or two.
    """

    name: str
    created: str
    state: str
    f1: float = math.nan
    folds: tuple[str, ...] = ()
    has_test: bool = False
    record: RunRecord | None = None

    @property
    def scored(self) -> float | None:
        """`f1`, or None when there is none: for JSON, which has no NaN."""
        return None if math.isnan(self.f1) else self.f1

    def facts(self) -> dict[str, Any]:
        """What a submission's record keeps of the run: its recipe, versions and folds' scores."""
        if self.record is None:
            return {"imported": True}
        known = {key: self.record.facts.get(key) for key in ("artcli", "versions", "plugins")}
        scores = {fold.label: dict(fold.metrics) for fold in self.record.folds}
        return {"recipe": dict(self.record.recipe), "scores": scores, **known}


def list_candidates(workspace: Workspace) -> list[Candidate]:
    """Every run of the workspace and every imported one, oldest first."""
    runs = {run.name: run for run in list_runs(workspace)}
    found = [_trained(workspace, run) for run in runs.values()]
    if workspace.predictions.is_dir():
        for folder in workspace.predictions.iterdir():
            known = folder.name in runs or folder.name.startswith(".")  # half removed
            if not known and (folder / FACTS_NAME).is_file():
                found.append(_imported(workspace, folder.name))
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


def _trained(workspace: Workspace, run: RunRecord) -> Candidate:
    state = f"{run.state}: {run.reason}" if run.reason else run.state
    facts, fault = _facts(workspace, run.name)
    return Candidate(
        run.name,
        run.created,
        f"{state}, {fault}" if fault else state,
        _f1(facts, run.mean("f1")),
        tuple(facts.get("folds", ())),
        _has_test(facts),
        run,
    )


def _imported(workspace: Workspace, name: str) -> Candidate:
    """Predictions without checkpoints: made elsewhere, or their run was removed by hand."""
    facts, fault = _facts(workspace, name)
    return Candidate(
        name,
        str(facts.get("created", "")),
        fault or ("imported" if facts.get("imported") else "without checkpoints"),
        _f1(facts, math.nan),
        tuple(facts.get("folds", ())),
        _has_test(facts),
    )


def _facts(workspace: Workspace, name: str) -> tuple[Mapping[str, Any], str]:
    """The JSON of the predictions, and what is wrong with it."""
    try:
        return read_facts(workspace, name) or {}, ""
    except ArtcliError:
        return {}, "its predictions are damaged"


def _f1(facts: Mapping[str, Any], otherwise: float) -> float:
    scores = facts.get("scores")
    f1 = scores.get("f1") if isinstance(scores, dict) else None
    return f1 if isinstance(f1, float) else otherwise


def _has_test(facts: Mapping[str, Any]) -> bool:
    return f"{TEST}.npz" in facts.get("files", {})
