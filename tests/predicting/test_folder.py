"""A run's predictions gather fold by fold, and a stranger's are taken in only if they fit."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_contests import bare_contest

from artcli.contest.tables import Contest, Painting
from artcli.errors import ArtcliError, Problems
from artcli.predicting.candidates import list_candidates
from artcli.predicting.folder import FACTS_NAME, import_predictions, keep_fold, read_kept
from artcli.predicting.predictions import Predictions
from artcli.workspace.files import read_json
from artcli.workspace.paths import Workspace

ARTISTS = ("a", "b", "c")


def some(ids: list[str], fold: int, seed: int = 0, crop: int = -1) -> Predictions:
    values = np.random.default_rng(seed).dirichlet(np.ones(3), len(ids))
    return Predictions.make(ids, values, ARTISTS, crops=crop, folds=fold)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def keep(workspace: Workspace, fold: int, seed: int = 0) -> None:
    oof = some([f"p{fold}"], fold, seed, crop=0) if fold >= 0 else None
    test = some(["t0", "t1"], fold, seed)
    keep_fold(
        workspace,
        bare_contest(ARTISTS),
        "r",
        oof=oof,
        test=test,
        bad={},
        facts={"checkpoint": f"step-{seed}"},
    )


def test_what_a_killed_process_left_half_made_goes(workspace: Workspace) -> None:
    left = workspace.predictions_dir("r") / ".test.npz.0123abcd.part"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    keep(workspace, 0)
    assert not left.exists()


def test_folds_gather_and_a_repeated_one_replaces_itself(workspace: Workspace) -> None:
    for fold, seed in ((0, 0), (1, 1), (-1, 2), (1, 3)):
        keep(workspace, fold, seed)
    kept = read_kept(workspace, "r")
    assert kept is not None
    assert kept.oof is not None
    assert kept.test is not None
    assert kept.oof.fold_numbers == (0, 1)
    assert kept.test.fold_numbers == (-1, 0, 1)
    assert {label: facts["checkpoint"] for label, facts in kept.folds.items()} == {
        "0": "step-0",
        "1": "step-3",
        "all": "step-2",
    }
    again = kept.test.rows(kept.test.folds == 1)
    np.testing.assert_array_equal(again.probabilities, some(["t0", "t1"], 1, 3).probabilities)


def test_what_is_known_of_bad_pictures_and_of_parts_stays_until_the_test_is_said_anew(
    workspace: Workspace,
) -> None:
    contest, bad = bare_contest(ARTISTS), {"t9": "torn"}
    oof, test = some(["p0"], 0, crop=0), some(["t0", "t1"], 0)
    keep_fold(workspace, contest, "r", oof=None, test=test, bad=bad, facts={})
    keep_fold(workspace, contest, "r", oof=oof, test=None, bad={}, facts={})
    kept = read_kept(workspace, "r")
    assert kept is not None
    assert (kept.bad, kept.folds["0"]["parts"]) == (bad, ["oof", "test"])
    other = some(["p1"], 1, crop=0)
    keep_fold(workspace, contest, "r", oof=other, test=None, bad={}, facts={})
    kept = read_kept(workspace, "r")
    assert kept is not None
    assert kept.folds["1"]["parts"] == ["oof"]
    keep_fold(workspace, contest, "r", oof=oof, test=test, bad={}, facts={})
    kept = read_kept(workspace, "r")
    assert kept is not None
    assert kept.bad == {}


def test_a_mixture_of_old_and_new_files_is_noticed(workspace: Workspace) -> None:
    keep(workspace, 0)
    some(["t0", "t1"], 0, seed=8).save(workspace.predictions_dir("r") / "test.npz")
    with pytest.raises(ArtcliError, match="not the file that was written"):
        read_kept(workspace, "r")
    keep(workspace, 0)  # predicting again mends it
    assert read_kept(workspace, "r") is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"files": ["oof.npz"]},
        {"files": {"oof.npz": 5}},
        {"folds": {"0": "step-3"}},
        {"folds": {"0": {"image_size": "large"}}},
        {"made_by": "ensemble"},
        {"made_by": {"command": "ensemble", "of": 5}},
        {"made_by": {"command": "ensemble", "of": [5]}},
        {"made_by": {"command": "tta", "averaged": "plain"}},
        {"judged_on": 3},
        {"judged_on": None},
        {"bad_test_images": ["t0"]},
        {"scores": [0.5]},
        {"scores": {"f1": "good"}},
    ],
)
def test_facts_of_the_wrong_kind_are_damaged_and_taken_by_no_command(
    workspace: Workspace, wrong: dict[str, Any]
) -> None:
    keep(workspace, 0)
    path = workspace.predictions_dir("r") / FACTS_NAME
    path.write_text(json.dumps(read_json(path) | wrong))
    with pytest.raises(ArtcliError, match="is damaged") as refusal:
        read_kept(workspace, "r")
    assert str(refusal.value.hint).startswith("predict again: artcli predict r")
    (candidate,) = list_candidates(workspace)
    assert (candidate.state, candidate.has_test) == ("its predictions are damaged", False)


def test_without_predictions_there_are_none(workspace: Workspace) -> None:
    assert read_kept(workspace, "r") is None
    keep_fold(workspace, bare_contest(ARTISTS), "r", oof=None, test=None, bad={}, facts={})
    assert read_kept(workspace, "r") is None


def test_predictions_made_elsewhere_join_if_they_fit(workspace: Workspace, tmp_path: Path) -> None:
    test = tuple(Painting(f"t{n}", tmp_path / "x", None, n, "test") for n in range(2))
    contest = Contest(tmp_path, (), test, ARTISTS, (1, 1, 1), (), (), ("t0", "t1"))
    path = tmp_path / "theirs.npz"
    made = some(["t1", "t0"], -1)
    Predictions(made.ids, made.crops, made.folds, made.probabilities[:, ::-1], ARTISTS[::-1]).save(
        path
    )
    kept = import_predictions(workspace, contest, "theirs", test=path)
    assert kept.imported
    assert kept.test is not None
    np.testing.assert_array_equal(kept.test.probabilities, made.probabilities)
    with pytest.raises(ArtcliError, match="already"):
        import_predictions(workspace, contest, "theirs", test=path)
    some(["t0", "stray"], -1).save(path)
    with pytest.raises(Problems, match="unknown ids: 'stray'"):
        import_predictions(workspace, contest, "others", test=path)
