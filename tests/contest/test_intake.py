"""Taking a contest over: found, checked, linked; its own folder untouched."""

import errno
import os
from pathlib import Path

import pytest
from small_contests import write_csv, write_picture, write_pictures, write_tables

from artcli.contest.intake import Intake, find_contest, take_over
from artcli.contest.tables import read_contest
from artcli.errors import ArtcliError, Problems
from artcli.workspace.make import make_workspace
from artcli.workspace.paths import Workspace


@pytest.fixture
def contest(tmp_path: Path) -> Path:
    data = write_tables(tmp_path / "contest")
    write_pictures(data)
    return data


def take(source: Path, *, repair: bool = False) -> tuple[Workspace, Intake]:
    taken: list[Intake] = []
    workspace = make_workspace(
        source.parent / "ws",
        lambda data, solution: taken.append(take_over(source, data, solution, repair=repair)),
    )
    return workspace, taken[0]


def test_tables_are_copied_and_images_linked(contest: Path) -> None:
    (contest / "train" / "unlisted.jpg").touch()
    workspace, intake = take(contest)
    assert intake.notices == ()
    read = read_contest(workspace)
    assert len(read.train) == 9
    for painting in (*read.train, *read.test):
        source = contest / painting.path.relative_to(workspace.data)
        assert painting.path.samefile(source)
        assert not painting.path.is_symlink()
    assert not workspace.train_csv.samefile(contest / "train.csv")
    assert workspace.train_csv.read_bytes() == (contest / "train.csv").read_bytes()
    assert not (workspace.data / "train" / "unlisted.jpg").exists()


def test_across_disks_images_are_copied(contest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other_disk(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", other_disk)
    workspace, _ = take(contest)
    image = workspace.data / "train" / "0000.jpg"
    assert image.read_bytes() == (contest / "train" / "0000.jpg").read_bytes()
    assert not image.samefile(contest / "train" / "0000.jpg")


def test_links_are_resolved(contest: Path, tmp_path: Path) -> None:
    (contest / "test").rename(tmp_path / "elsewhere")
    (contest / "test").symlink_to(tmp_path / "elsewhere")
    (contest / "train" / "0000.jpg").rename(tmp_path / "first.jpg")
    (contest / "train" / "0000.jpg").symlink_to(tmp_path / "first.jpg")
    workspace, _ = take(contest)
    assert not any(path.is_symlink() for path in workspace.data.rglob("*"))
    assert (workspace.data / "train" / "0000.jpg").samefile(tmp_path / "first.jpg")
    assert len(read_contest(workspace).test) == 4


def test_a_contest_in_a_sub_folder_is_found(contest: Path, tmp_path: Path) -> None:
    (tmp_path / "download").mkdir()
    contest.rename(tmp_path / "download" / "open")
    workspace, intake = take(tmp_path / "download")
    assert intake.notices == (f"the contest was found in {tmp_path}/download/open",)
    assert len(read_contest(workspace).train) == 9
    write_tables(tmp_path / "download" / "more" / "other")
    with pytest.raises(ArtcliError, match="several contests: open, more/other"):
        find_contest(tmp_path / "download")


def test_a_folder_without_a_contest_says_what_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "open.zip").touch()
    with pytest.raises(ArtcliError, match="is not a folder") as caught:
        find_contest(tmp_path / "open.zip")
    assert caught.value.hint == "unpack it first"
    with pytest.raises(ArtcliError, match="does not exist"):
        find_contest(tmp_path / "nowhere")
    with pytest.raises(ArtcliError, match=r"there is no train\.csv in"):
        find_contest(tmp_path)
    write_picture(tmp_path / "Ada" / "1.jpg")
    with pytest.raises(ArtcliError) as caught:
        find_contest(tmp_path)
    assert "--from-folders" in str(caught.value.hint)


def test_bad_training_images_stop_it_and_all_bad_ones_are_listed(contest: Path) -> None:
    (contest / "train" / "0001.jpg").write_bytes(b"")
    (contest / "train" / "0002.jpg").unlink()
    (contest / "train" / "0003.jpg").write_text("<!DOCTYPE html><html>404</html>")
    whole = (contest / "test" / "TEST_00000.jpg").read_bytes()
    (contest / "test" / "TEST_00000.jpg").write_bytes(whole[:-12])
    with pytest.raises(Problems, match="4 images cannot be used") as caught:
        take(contest)
    assert [problem.removeprefix(str(contest)) for problem in caught.value.problems] == [
        "/train/0001.jpg is empty",
        "/train/0002.jpg is missing",
        "/train/0003.jpg is a web page saved under an image's name; download it again",
        "/test/TEST_00000.jpg is truncated",
    ]
    assert not (contest.parent / "ws").exists()


def test_bad_test_images_are_told_and_left_to_the_submission(contest: Path) -> None:
    (contest / "test" / "TEST_00001.jpg").unlink()
    (contest / "test" / "TEST_00002.jpg").write_bytes(b"")
    workspace, intake = take(contest)
    assert len(intake.bad_tests) == 2
    assert len(read_contest(workspace).test) == 4
    assert not (workspace.data / "test" / "TEST_00001.jpg").exists()


@pytest.mark.parametrize("beside", [True, False])
def test_a_solution_goes_outside_the_data(contest: Path, beside: bool) -> None:
    answers = write_csv(
        (contest.parent if beside else contest) / "solution.csv",
        "id,artist,Usage",
        [f"TEST_{n:05},Ada Stone,Public" for n in range(4)],
    )
    workspace, intake = take(contest)
    assert workspace.solution_csv.read_bytes() == answers.read_bytes()
    assert "solution.csv was taken over" in intake.notices[0]
    assert not list(workspace.data.glob("solution*"))


def test_a_solution_of_something_else_is_left(contest: Path) -> None:
    write_csv(contest.parent / "solution.csv", "id,artist", ["1,Ada Stone"])
    workspace, intake = take(contest)
    assert not workspace.solution_csv.exists()
    assert "does not answer this contest's test" in intake.notices[0]


def test_a_damaged_solution_is_left_with_its_line(contest: Path) -> None:
    rows = [f"TEST_{n:05},Ada Stone" for n in (0, 1, 2, 3, 3)]
    write_csv(contest.parent / "solution.csv", "id,artist", rows)
    workspace, intake = take(contest)
    assert not workspace.solution_csv.exists()
    assert "was left: solution.csv row 5 (line 6), column id: 'TEST_00003'" in intake.notices[0]


def test_repairs_are_written_into_the_workspace_alone(contest: Path) -> None:
    path = contest / "artists_info.csv"
    path.write_text(path.read_text("utf-8").replace("Ada Stone", "Äda Stöne"), encoding="utf-8")
    before = {path.name for path in contest.iterdir()}
    with pytest.raises(Problems) as caught:
        take(contest)
    assert caught.value.hint == "artcli init --repair would join 'Ada Stone' with 'Äda Stöne'"
    workspace, intake = take(contest, repair=True)
    assert intake.repairs.aliases == (("Ada Stone", "Äda Stöne"),)
    assert {path.name for path in contest.iterdir()} == before
    assert read_contest(workspace).genre_matrix[0] == (0, 1, 0)


def test_corrections_that_came_with_the_contest_are_taken_over(contest: Path) -> None:
    write_csv(
        contest / "fixes.csv",
        "row,id,img_path,artist,new_id,new_img_path,new_artist",
        ["1,0,./train/0000.jpg,Ada Stone,0,./train/0000.jpg,Ben Wood"],
    )
    workspace, intake = take(contest, repair=True)
    assert read_contest(workspace).train[0].artist == "Ben Wood"
    assert not intake.repairs
