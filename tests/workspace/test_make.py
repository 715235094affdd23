"""A workspace is made whole or not at all, and never over what is there."""

from pathlib import Path

import pytest

from artcli.errors import ArtcliError
from artcli.workspace.make import README, make_workspace
from artcli.workspace.settings import Settings, read_settings, write_settings

REPOSITORY = Path(__file__).parents[2]


def fill(data: Path, solution: Path) -> None:
    (data / "train").mkdir()
    (data / "train.csv").write_text("id")
    solution.write_text("answers")


def contents(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")}


FILLED = {"artcli.toml", "README.md", "data", "data/train", "data/train.csv", "solution.csv"}


def test_a_new_workspace_holds_settings_a_readme_and_what_fills_it(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "deep" / "ws", fill)
    assert contents(tmp_path / "deep" / "ws") == FILLED
    assert contents(tmp_path) == {"deep", "deep/ws", *(f"deep/ws/{name}" for name in FILLED)}
    assert read_settings(workspace) == Settings()
    assert workspace.root.stat().st_mode == workspace.data.stat().st_mode


def test_an_existing_workspace_without_data_is_filled_and_keeps_its_own(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws")
    assert contents(workspace.root) == {"artcli.toml", "README.md", "data"}
    write_settings(workspace, Settings(plugins=("mine.py",)))
    (workspace.root / "README.md").write_text("my notes")
    (workspace.root / "mine.py").touch()
    make_workspace(workspace.root, fill)
    assert contents(workspace.root) == {*FILLED, "mine.py", ".init.lock"}
    assert read_settings(workspace).plugins == ("mine.py",)
    assert (workspace.root / "README.md").read_text() == "my notes"


@pytest.mark.parametrize("error", [ArtcliError("bad"), KeyboardInterrupt(), SystemExit(143)])
@pytest.mark.parametrize("exists", [False, True])
def test_nothing_half_made_is_left(tmp_path: Path, exists: bool, error: BaseException) -> None:
    def stop_half_way(data: Path, solution: Path) -> None:
        fill(data, solution)
        raise error

    root = tmp_path / "ws"
    for _ in range(2 * exists):  # the second time, a lock is made
        make_workspace(root)
    before = contents(tmp_path)
    with pytest.raises(type(error)):
        make_workspace(root, stop_half_way)
    assert contents(tmp_path) == before


def test_data_is_never_overwritten(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", fill)
    with pytest.raises(ArtcliError, match="already holds data, which is never overwritten"):
        make_workspace(workspace.root, fill)
    assert make_workspace(workspace.root) == workspace
    (workspace.data / "train.csv").unlink()
    (workspace.data / "train").rmdir()
    with pytest.raises(ArtcliError, match=r"solution\.csv is there already, but no data"):
        make_workspace(workspace.root, fill)


def test_a_folder_of_other_things_is_not_made_a_workspace(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").touch()
    with pytest.raises(ArtcliError, match=r"holds other things \(letters.txt\)"):
        make_workspace(tmp_path, fill)
    with pytest.raises(ArtcliError, match="is not a folder"):
        make_workspace(tmp_path / "letters.txt", fill)
    assert contents(tmp_path) == {"letters.txt"}


def test_the_default_workspace_is_a_new_one() -> None:
    assert (REPOSITORY / "workspace" / "README.md").read_text("utf-8") == README
