"""Where the pieces are, of runs and of results that are made of others."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from small_contests import bare_contest, write_csv

from artcli.errors import ArtcliError
from artcli.predicting.exam import Exam, Lineup
from artcli.predicting.siblings import pieces as module
from artcli.predicting.siblings.pieces import FILE_SIDE, _folds_of, kept_side
from artcli.workspace.files import write_json
from artcli.workspace.paths import Workspace

PAINTINGS = {f"p{n}": "Ada" for n in range(6)}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws")


def keep(workspace: Workspace, name: str, *of: str, side: int | None = None) -> None:
    folds = {"0": {"image_size": side}} if side else {}
    facts = {
        "files": {},
        "folds": folds,
        "made_by": {"command": "ensemble", "of": of} if of else {},
    }
    write_json(workspace.predictions_dir(name) / "predictions.json", facts)


def test_the_side_is_that_of_the_first_run_that_knows_one(workspace: Workspace) -> None:
    keep(workspace, "imported")
    keep(workspace, "blend", "imported")  # which knows nothing
    keep(workspace, "trained", side=96)
    assert kept_side(workspace, ["blend", "trained"]) == 96
    assert kept_side(workspace, ["blend", "gone"]) == FILE_SIDE


def test_results_made_of_each_other_have_an_end(workspace: Workspace) -> None:
    keep(workspace, "x", "y")
    keep(workspace, "y", "x", "z")
    keep(workspace, "z", side=160)
    assert kept_side(workspace, ["x"]) == 160


def folds_file(workspace: Workspace, k: int, *folds: int) -> None:
    rows = [f"{key},{fold}" for key, fold in zip(PAINTINGS, folds, strict=True)]
    write_csv(workspace.folds_file(k), "id,fold", rows)


def judged_on(*names: str) -> Lineup:
    """Two paintings of fold 0 were judged."""
    exam = Exam(
        np.array(["p0", "p1"]), np.zeros(2, np.int16), np.zeros(2, np.int16),
        np.zeros(2, np.int64), ("Ada",),
    )  # fmt: skip
    return Lineup(names, exam, np.ones((1, 2, 1), np.float32), (), np.ones((1, 0, 1), np.float32))


def test_the_folds_are_those_of_the_recipe_where_several_files_fit(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recipe is that of a run that the result is made of."""
    contest = bare_contest(["Ada"], train=PAINTINGS)
    folds_file(workspace, 2, 0, 0, 0, 1, 1, 1)
    folds_file(workspace, 3, 0, 0, 1, 1, 2, 2)
    keep(workspace, "blend", "trained")
    assert _folds_of(workspace, contest, judged_on("blend")).k == 2  # nothing is known of it

    def read_run(_workspace: Workspace, name: str) -> SimpleNamespace:
        if name != "trained":
            raise ArtcliError("there is no such run")
        return SimpleNamespace(recipe={"folds": 3})

    monkeypatch.setattr(module, "read_run", read_run)
    assert _folds_of(workspace, contest, judged_on("blend")).k == 3


def test_a_damaged_file_of_other_folds_is_in_nobodys_way(workspace: Workspace) -> None:
    contest = bare_contest(["Ada"], train=PAINTINGS)
    write_csv(workspace.folds_file(2), "id,fold", ["p0,seven"])
    folds_file(workspace, 3, 0, 0, 1, 1, 2, 2)
    assert _folds_of(workspace, contest, judged_on("imported")).k == 3
