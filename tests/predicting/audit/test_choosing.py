"""The run that is audited: the one asked for, else the best that was judged on every painting."""

from pathlib import Path

import numpy as np
import pytest
from small_contests import bare_contest

from artcli.errors import ArtcliError
from artcli.predicting.audit.choosing import run_to_audit
from artcli.predicting.folder import keep_result
from artcli.predicting.predictions import WHOLE, Predictions
from artcli.workspace.paths import Workspace

ARTISTS = ("a", "b")
TRAIN = {"p0": "a", "p1": "b", "p2": "a", "p3": "b"}
CONTEST = bare_contest(ARTISTS, train=TRAIN)


def keep(
    workspace: Workspace,
    name: str,
    ids: tuple[str, ...] = tuple(TRAIN),
    *,
    wrong: tuple[str, ...] = (),
    crop: int = 0,
    folds: int | list[int] = 0,
    classes: tuple[str, ...] = ARTISTS,
) -> None:
    """Predictions that name every painting's artist but that of `wrong` ones."""
    values = np.zeros((len(ids), len(classes)))
    for row, key in enumerate(ids):
        right = TRAIN.get(key, "a")
        values[row, classes.index("ab".replace(right, "") if key in wrong else right)] = 1
    oof = Predictions.make(ids, values, classes, crops=crop, folds=folds)
    made_by = {"command": "ensemble", "of": ["x"]}
    judge = bare_contest(classes, train=TRAIN)
    keep_result(workspace, judge, name, made_by=made_by, oof=oof, test=None, bad={})


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws")


def test_without_a_run_there_is_none(workspace: Workspace) -> None:
    assert run_to_audit(workspace, CONTEST) is None


def test_the_best_is_taken_of_those_judged_on_every_painting(workspace: Workspace) -> None:
    keep(workspace, "poor", wrong=("p0", "p1", "p2"))
    keep(workspace, "half", ("p0", "p1"))
    keep(workspace, "wholes", crop=WHOLE)
    keep(workspace, "others", classes=("a", "b", "z"))
    keep(workspace, "good", wrong=("p3",))
    keep(workspace, "refolded", (*TRAIN, "p0"), folds=[0, 0, 1, 1, 1])
    keep(workspace, "torn")
    (workspace.predictions_dir("torn") / "oof.npz").write_bytes(b"no more")
    kept = run_to_audit(workspace, CONTEST)
    assert kept is not None
    assert kept.name == "good"


def test_a_run_that_is_named_is_taken_whatever_it_scores_and_covers(workspace: Workspace) -> None:
    keep(workspace, "good")
    keep(workspace, "half", ("p0", "p1"), wrong=("p0",))
    kept = run_to_audit(workspace, CONTEST, "half")
    assert kept is not None
    assert kept.oof is not None
    assert (kept.name, kept.oof.ids.tolist()) == ("half", ["p0", "p1"])


def test_paintings_that_were_corrected_away_count_no_more(workspace: Workspace) -> None:
    keep(workspace, "good", (*TRAIN, "gone"))
    kept = run_to_audit(workspace, CONTEST)
    assert kept is not None
    assert kept.oof is not None
    assert kept.oof.ids.tolist() == list(TRAIN)


def test_what_cannot_be_audited_is_refused_by_name_with_the_way_out(workspace: Workspace) -> None:
    keep(workspace, "wholes", crop=WHOLE)
    keep(workspace, "others", classes=("a", "b", "z"))
    with pytest.raises(ArtcliError, match="there is no run 'whole'") as refusal:
        run_to_audit(workspace, CONTEST, "whole")
    assert refusal.value.hint == "there are: wholes"
    with pytest.raises(ArtcliError, match="wholes has no out-of-fold predictions of pieces") as no:
        run_to_audit(workspace, CONTEST, "wholes")
    assert "artcli kfold" in str(no.value.hint)
    with pytest.raises(ArtcliError, match="of other classes"):
        run_to_audit(workspace, CONTEST, "others")
