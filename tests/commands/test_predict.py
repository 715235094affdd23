"""`artcli predict`: pictures named, a contest predicted again, others' predictions taken in."""

import csv
from pathlib import Path

import numpy as np
import pytest
from command_line import artcli
from fake_runs import fake_run, untrained_run
from painted import painted_workspace
from small_contests import ARTISTS

from artcli.contest.tables import read_contest
from artcli.predicting.folder import read_kept
from artcli.predicting.predictions import Predictions
from artcli.training.recipe import make_recipe
from artcli.workspace.locks import hold
from artcli.workspace.paths import Workspace
from artcli.workspace.runs import lock_path

RECIPE = make_recipe(
    {"model": "timm:arch=test_efficientnet,pretrained=false", "image_size": 32, "folds": 3}
)


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = painted_workspace(tmp_path / "ws", each=2, pieces=3)
    untrained_run(made, read_contest(made), RECIPE, "first", ["0"])
    return made


def test_pictures_are_named_and_bad_ones_listed_at_the_end(
    workspace: Workspace, tmp_path: Path
) -> None:
    pictures = workspace.data / "test"
    (pictures / "TEST_00001.cut.jpg").write_bytes(b"")
    (pictures / "linked").symlink_to(workspace.data / "train")
    table = tmp_path / "named.csv"
    answer = artcli("predict", "first", pictures, "--csv", table, "-w", workspace.root)
    assert answer.code == 1
    assert "2 could not be named" in answer.text
    link, cut = answer.err.rstrip().splitlines()[-2:]
    assert link.endswith("linked is a link to a folder, which is not followed: name it, too")
    assert cut.endswith("TEST_00001.cut.jpg is empty")
    assert all(artist in answer.text for artist in ARTISTS)
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    files = ["linked", "TEST_00000.jpg", "TEST_00001.cut.jpg", "TEST_00001.jpg", "TEST_00002.jpg"]
    assert [Path(row["picture"]).name for row in rows] == files
    for row, line in ((rows.pop(0), link), (rows.pop(1), cut)):
        assert row.pop("problem") == line.strip()
        assert set(list(row.values())[1:]) == {""}
    assert [row["problem"] for row in rows] == [""] * 3
    assert {row[f"artist_{place}"] for place in (1, 2, 3) for row in rows} == set(ARTISTS)
    for row in rows:
        values = [float(row[f"probability_{place}"]) for place in (1, 2, 3)]
        assert values == sorted(values, reverse=True)
        assert sum(values) == pytest.approx(1, abs=1e-5)
    again = artcli("predict", "first", pictures, "--csv", table, "-w", workspace.root)
    assert (again.code, "is there already" in again.err) == (2, True)


def test_json_names_the_most_probable(workspace: Workspace) -> None:
    picture = workspace.data / "test" / "TEST_00001.jpg"
    answer = artcli("predict", "first", picture, "--top", 2, "--json", "-w", workspace.root)
    assert answer.code == 0, answer.err
    (named,) = answer.json["pictures"]
    assert named["picture"] == str(picture)
    assert len(named["artists"]) == 2
    assert named["artists"][0]["probability"] >= named["artists"][1]["probability"]
    assert answer.json["bad"] == []


def test_without_pictures_the_contest_is_predicted_again_and_can_be_submitted(
    workspace: Workspace,
) -> None:
    answer = artcli("predict", "first", "-w", workspace.root)
    assert answer.code == 0, answer.err
    kept = read_kept(workspace, "first")
    assert kept is not None
    assert kept.oof is not None
    assert f"oof.npz ({len(kept.oof)} rows, folds: 0)" in answer.text
    assert "Next: artcli submit first" in answer.text
    assert artcli("submit", "first", "-w", workspace.root).code == 0
    scores = artcli("predict", "first", "--json", "-w", workspace.root).json["scores"]
    assert scores["f1_low"] <= scores["f1"] <= scores["f1_high"]


def test_a_run_in_use_is_not_predicted(workspace: Workspace) -> None:
    with hold(lock_path(workspace, "first", "0"), "it"):
        answer = artcli("predict", "first", "-w", workspace.root)
    assert (answer.code, "the run first is in use" in answer.err) == (1, True)


def test_predictions_made_elsewhere_become_a_run_that_can_be_submitted(
    workspace: Workspace, tmp_path: Path
) -> None:
    contest = read_contest(workspace)
    ids = [painting.id for painting in contest.test]
    Predictions.make(ids, np.eye(3)[[2, 0, 1]], contest.artists).save(tmp_path / "test.npz")
    train = [painting.id for painting in contest.train]
    truth = [contest.artists.index(str(painting.artist)) for painting in contest.train]
    oof = Predictions.make(train, np.eye(3)[truth], contest.artists, crops=0, folds=0)
    oof.save(tmp_path / "oof.npz")
    files = ("--import", tmp_path / "test.npz", "--import-oof", tmp_path / "oof.npz")
    answer = artcli("predict", "theirs", *files, "-w", workspace.root)
    assert answer.code == 0, answer.err
    assert "Validation crop F1: 1.0000" in answer.text
    made = artcli("submit", "--json", "-w", workspace.root).json
    assert made["run"] == "theirs"
    assert "is the only run" in made["why"]
    written = Path(made["submission"]).read_text().splitlines()[1:]
    artists = [contest.artists[number] for number in (2, 0, 1)]
    assert written == [f"{key},{artist}" for key, artist in zip(ids, artists, strict=True)]
    again = artcli("predict", "theirs", *files, "-w", workspace.root)
    assert (again.code, "there is a run theirs already" in again.err) == (1, True)


def test_what_does_not_go_together_is_said_before_anything_is_read(tmp_path: Path) -> None:
    where = ("-w", tmp_path / "no workspace")
    for words, complaint in (
        (("a.jpg", "--import", "x.npz"), "--import takes no pictures"),
        (("--import-oof", "x.npz"), "--import-oof goes with --import"),
        (("--csv", "x.csv"), "--csv goes with pictures"),
    ):
        answer = artcli("predict", "first", *words, *where)
        assert (answer.code, complaint in answer.err) == (2, True)


def test_a_mistyped_run_or_one_without_weights_is_told(workspace: Workspace) -> None:
    fake_run(workspace, "begun")
    for words in (("frist",), ("frist", workspace.data)):
        answer = artcli("predict", *words, "-w", workspace.root)
        assert (answer.code, "did you mean first?" in answer.err) == (1, True)
    answer = artcli("predict", "begun", workspace.data / "test", "-w", workspace.root)
    assert (answer.code, "the run begun has no checkpoint yet" in answer.err) == (1, True)
