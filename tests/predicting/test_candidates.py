"""What can be submitted is known from JSON alone, whatever state it is in."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from fake_runs import fake_run
from small_contests import bare_contest

from artcli.contest.tables import Contest, Painting
from artcli.errors import ArtcliError
from artcli.predicting.candidates import Candidate, find_candidate, list_candidates
from artcli.predicting.folder import import_predictions, keep_fold
from artcli.predicting.predictions import Predictions, concat
from artcli.predicting.submission import choose_run
from artcli.workspace.paths import Workspace

ARTISTS = ("a", "b")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws")


def predicted(workspace: Workspace, name: str, fold: int = 0) -> None:
    test = Predictions.make(["t0"], [[0.4, 0.6]], ARTISTS, folds=fold)
    keep_fold(workspace, bare_contest(ARTISTS), name, oof=None, test=test, bad={}, facts={})


def named(workspace: Workspace) -> dict[str, Candidate]:
    return {run.name: run for run in list_candidates(workspace)}


def test_a_run_can_be_submitted_once_its_test_is_predicted(workspace: Workspace) -> None:
    assert list_candidates(workspace) == []
    fake_run(workspace, "five", recipe={"loss": "focal"}, fold_0=0.6, fold_1=0.7)
    fake_run(workspace, "whole", fold_all=None)
    predicted(workspace, "five")
    predicted(workspace, "five", fold=1)
    runs = named(workspace)
    assert (runs["five"].has_test, runs["five"].folds) == (True, ("0", "1"))
    assert (runs["five"].state, runs["five"].scored) == ("finished", pytest.approx(0.65))
    assert runs["five"].facts()["recipe"]["loss"] == "focal"
    assert runs["five"].facts()["scores"]["1"]["f1"] == pytest.approx(0.7)
    assert not runs["whole"].has_test
    assert runs["whole"].scored is None
    assert math.isnan(runs["whole"].f1)


def test_imported_predictions_are_weighed_by_their_own_out_of_fold_score(
    workspace: Workspace, tmp_path: Path
) -> None:
    fake_run(workspace, "ours", fold_0=0.6)
    predicted(workspace, "ours")
    train = tuple(
        Painting(f"p{n}", tmp_path / "x", ARTISTS[n % 2], n + 1, "train") for n in range(4)
    )
    test = (Painting("t0", tmp_path / "x", None, 1, "test"),)
    contest = Contest(tmp_path, train, test, ARTISTS, (2, 2), (), (), ("t0",))
    Predictions.make(["t0"], [[0.9, 0.1]], ARTISTS).save(tmp_path / "test.npz")
    right = np.eye(2)[[0, 1, 0, 1]]
    ids = [painting.id for painting in train]
    wrong_wholes = Predictions.make(ids, right[:, ::-1], ARTISTS, folds=0)
    pieces = Predictions.make(ids, right, ARTISTS, crops=0, folds=0)
    concat([pieces, wrong_wholes]).save(tmp_path / "oof.npz")
    import_predictions(
        workspace, contest, "theirs", test=tmp_path / "test.npz", oof=tmp_path / "oof.npz"
    )
    import_predictions(workspace, contest, "unscored", test=tmp_path / "test.npz")
    runs = named(workspace)
    assert (runs["theirs"].state, runs["theirs"].f1) == ("imported", 1.0)
    assert math.isnan(runs["unscored"].f1)
    chosen, why = choose_run(list_candidates(workspace), None)
    assert chosen.name == "theirs"
    assert why == (
        "its validation crop F1, 1.0000, is the best of 3 runs with predictions of the test "
        "(next: ours at 0.6000)"
    )


def test_damaged_predictions_or_runs_are_told_and_not_taken(workspace: Workspace) -> None:
    for name in ("good", "bad", "worse"):
        fake_run(workspace, name, fold_0=0.6)
        predicted(workspace, name)
    facts = workspace.predictions_dir("bad") / "predictions.json"
    facts.write_text(json.dumps({"files": {"test.npz": "x"}, "folds": [1, [2]]}))
    (workspace.run_dir("worse") / "recipe.toml").write_text("= not TOML")
    (workspace.predictions / "not a name!").mkdir()
    runs = named(workspace)
    assert {name: run.state for name, run in runs.items()} == {
        "good": "finished",
        "bad": "finished, its predictions are damaged",
        "worse": "damaged: recipe.toml cannot be read",
    }
    assert not runs["bad"].has_test


def test_a_mistyped_name_is_told_with_the_nearest() -> None:
    runs = [Candidate(name, "", "finished") for name in ("first", "second")]
    assert find_candidate(runs, "second") is runs[1]
    with pytest.raises(ArtcliError, match="no run 'frist'") as caught:
        find_candidate(runs, "frist")
    assert caught.value.hint == "there are: first"
