"""Folds files are obeyed as they stand; what corrections make of them is said."""

from pathlib import Path

import pytest
from small_contests import write_csv, write_pictures, write_tables

from artcli.contest.splits import load_or_make_folds
from artcli.contest.stale_folds import stale_folds
from artcli.contest.tables import read_contest
from artcli.workspace.paths import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path)
    write_pictures(write_tables(workspace.data))
    load_or_make_folds(workspace, read_contest(workspace), k=3)
    return workspace


def test_folds_that_fit_are_not_mentioned_nor_files_of_another_name(workspace: Workspace) -> None:
    write_csv(workspace.root / "folds-before.csv", "id,fold", ["99,0"])
    assert stale_folds(workspace, read_contest(workspace)) == ()


def test_a_removed_and_a_renamed_painting_are_missed(workspace: Workspace) -> None:
    header = "row,id,img_path,artist,new_id,new_img_path,new_artist"
    rows = ["1,0,./train/0000.jpg,Ada Stone,,,"]
    rows += ["2,1,./train/0001.jpg,Ben Wood,99,./train/0001.jpg,Ben Wood"]
    write_csv(workspace.data / "fixes.csv", header, rows)
    gone, lacking = stale_folds(workspace, read_contest(workspace))
    assert gone.startswith("folds-3.csv lists 2 paintings that train.csv no longer has: 0, 1; take")
    assert lacking.startswith("folds-3.csv lacks 1 painting of train.csv: 99; give each a line")


def test_a_group_in_two_folds_is_named(workspace: Workspace) -> None:
    write_csv(workspace.data / "groups.csv", "id,group", ["0,a", "3,a", "6,a"])
    (line,) = stale_folds(workspace, read_contest(workspace))
    assert line.startswith("folds-3.csv has 1 group in more than one fold (0 with 3 with 6), so")
    (workspace.data / "train" / "0000.jpg").unlink()
    (line,) = stale_folds(workspace, read_contest(workspace))
    assert "(3 with 6)" in line
    workspace.folds_file(3).unlink()
    assert stale_folds(workspace, read_contest(workspace)) == ()
