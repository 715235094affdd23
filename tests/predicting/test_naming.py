"""Any pictures are named, wherever they lie; bad ones are told and cost the others nothing."""

from pathlib import Path

import numpy as np
import pytest
from fake_runs import untrained_run
from painted import painted_workspace

from artcli.contest.tables import read_contest
from artcli.errors import Problems
from artcli.host.discovery import load_host
from artcli.predicting.folder import read_kept
from artcli.predicting.naming import name_pictures
from artcli.predicting.predict import predict_run
from artcli.training.recipe import make_recipe
from artcli.workspace.paths import Workspace

RECIPE = make_recipe(
    {"model": "timm:arch=test_efficientnet,pretrained=false", "image_size": 32, "folds": 3}
)


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = painted_workspace(tmp_path / "ws", each=2, pieces=3)
    untrained_run(made, read_contest(made), RECIPE, "first", ["0", "all"])
    return made


def test_a_test_picture_is_named_as_the_test_predictions_say(workspace: Workspace) -> None:
    host, contest = load_host(workspace), read_contest(workspace)
    predict_run(workspace, host, contest, "first")
    kept = read_kept(workspace, "first")
    assert kept is not None
    assert kept.test is not None
    expected = kept.test.mean_over_folds().in_order([one.id for one in contest.test])
    named = name_pictures(workspace, host, "first", [workspace.data / "test"], batch_size=2)
    assert named.folds == ("0", "all")
    assert named.paths == tuple(painting.path for painting in contest.test)
    np.testing.assert_allclose(named.probabilities, expected.probabilities, atol=1e-5)
    best = named.top(0, 2)
    assert best[0][0] == expected.guesses()[0]
    assert best[0][1] == pytest.approx(expected.probabilities[0].max(), abs=1e-5)
    assert best[0][1] >= best[1][1]
    assert len(named.top(0, 99)) == 3


def test_folders_are_searched_to_the_bottom_and_bad_files_are_told(
    workspace: Workspace, tmp_path: Path
) -> None:
    painted = sorted((workspace.data / "train").iterdir())
    deep = tmp_path / "mine" / "b" / "c"
    deep.mkdir(parents=True)
    (tmp_path / "mine" / "a.JPG").write_bytes(painted[0].read_bytes())
    (deep / "z.png").write_bytes(painted[1].read_bytes())
    (deep / "._z.png").write_bytes(b"left by a Mac")
    (deep / "notes.txt").write_text("not a picture")
    (deep / "cut.jpg").write_bytes(painted[0].read_bytes()[:-300])
    (tmp_path / "empty").mkdir()
    missing = tmp_path / "missing.jpg"
    wanted = [tmp_path / "mine", deep / "z.png", missing, deep / "notes.txt", tmp_path / "empty"]
    named = name_pictures(workspace, load_host(workspace), "first", wanted)
    assert named.paths == (tmp_path / "mine" / "a.JPG", deep / "z.png")
    assert len(named.probabilities) == 2
    assert {path.name: why.removeprefix(f"{path} ") for path, why in named.bad.items()} == {
        "cut.jpg": "is truncated",
        "missing.jpg": "is missing",
        "notes.txt": "is not a readable image (JPEG, PNG, WEBP, GIF, BMP, TIFF)",
        "empty": "holds no pictures",
    }


def test_a_link_to_a_folder_is_named_by_who_wants_its_pictures(
    workspace: Workspace, tmp_path: Path
) -> None:
    (folder := tmp_path / "mine").mkdir()
    (folder / "link").symlink_to(workspace.data / "train")
    host, pictures = load_host(workspace), len(list((workspace.data / "train").iterdir()))
    named = name_pictures(workspace, host, "first", [folder, workspace.test_csv.with_name("test")])
    assert list(named.bad) == [folder / "link"]
    for wanted in ([folder, folder / "link"], [folder / "link", folder]):
        named = name_pictures(workspace, host, "first", wanted)
        assert (named.bad, len(named.paths)) == ({}, pictures)


def test_without_any_picture_nothing_is_loaded(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Problems, match="empty holds no pictures"):
        name_pictures(workspace, load_host(workspace), "no such run", [tmp_path / "empty"])
