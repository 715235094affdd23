"""Which workspace a command works in, and what may name a run."""

from pathlib import Path

import pytest

from artcli.errors import ArtcliError, UsageError
from artcli.workspace.make import make_workspace
from artcli.workspace.paths import Workspace, checked_name, find_workspace


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARTCLI_WORKSPACE", raising=False)


def made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "artcli.toml").touch()
    return folder


def test_the_named_workspace_wins_over_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, other, here = (made(tmp_path / name) for name in ("named", "other", "here"))
    monkeypatch.setenv("ARTCLI_WORKSPACE", str(other))
    monkeypatch.chdir(here)
    assert find_workspace(named).root == named
    assert find_workspace().root == other
    monkeypatch.delenv("ARTCLI_WORKSPACE")
    assert find_workspace().root == here


def test_the_nearest_settings_file_upward_then_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    default = made(tmp_path / "workspace")
    monkeypatch.chdir(tmp_path)
    assert find_workspace().root == default
    deep = default / "data" / "train"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert find_workspace().root == default


def test_no_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ArtcliError) as caught:
        find_workspace(tmp_path / "none")
    assert "none" in caught.value.message
    assert caught.value.hint is not None
    assert "artcli init" in caught.value.hint


@pytest.mark.parametrize("name", ["first", "S+F+C", "b2-focal_1.0"])
def test_names_that_every_system_can_hold(name: str) -> None:
    assert Workspace(Path("/w")).run_dir(name) == Path("/w/checkpoints") / name


@pytest.mark.parametrize(
    "name", ["", "../up", "a/b", ".hidden", "a b", "con", "NUL.txt", "x" * 101]
)
def test_names_that_would_leave_the_folder_or_break_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be a name"):
        checked_name(name)


def test_folds_files_are_those_that_folds_are_kept_in(tmp_path: Path) -> None:
    for number in ("10", "2", "05", "0", "old", "\N{ARABIC-INDIC DIGIT FIVE}"):
        (tmp_path / f"folds-{number}.csv").touch()
    assert Workspace(tmp_path).folds_files == {
        2: tmp_path / "folds-2.csv",
        10: tmp_path / "folds-10.csv",
    }


def test_a_path_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """As an archive of another system leaves it; no page or JSON of ours could hold it."""
    named = made(tmp_path / "w\udcfc")
    for act in (find_workspace, make_workspace):
        with pytest.raises(ArtcliError, match="has bytes that are no UTF-8"):
            act(named)
