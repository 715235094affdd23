"""`artcli score`: both boards from the command line, with a workspace or without one."""

from pathlib import Path

import pytest
from command_line import artcli
from small_contests import ARTISTS, write_csv, write_tables

from artcli.workspace.paths import Workspace
from artcli.workspace.settings import Settings, write_settings

ADA, BEN, CLEO = ARTISTS
TRUTH = {"TEST_0": ADA, "TEST_1": BEN, "TEST_2": ADA, "TEST_3": BEN}
BOARDS = ("Public", "Public", "Private", "Private")


def solution(path: Path) -> Path:
    rows = [f"{key},{name},{b}" for (key, name), b in zip(TRUTH.items(), BOARDS, strict=True)]
    return write_csv(path, "id,artist,Usage", rows)


def guesses(path: Path, **changed: str) -> Path:
    return write_csv(path, "id,artist", [f"{k},{name}" for k, name in (TRUTH | changed).items()])


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder outside any workspace, to work in."""
    monkeypatch.delenv("ARTCLI_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def workspace(nowhere: Path) -> Workspace:
    workspace = Workspace(nowhere / "ws")
    write_tables(workspace.data)
    write_settings(workspace, Settings())
    solution(workspace.solution_csv)
    guesses(workspace.submissions / "mine.csv", TEST_3=CLEO)
    return workspace


def test_two_files_are_scored_without_any_workspace(nowhere: Path) -> None:
    solution(nowhere / "truth.csv")
    guesses(nowhere / "mine.csv", TEST_3=ADA)
    scored = artcli("score", "mine.csv", "truth.csv", "--json").json
    assert scored["public"] == 1.0
    assert scored["private"] == pytest.approx((2 / 3 + 0) / 2)
    assert scored["per_artist"][0] == {
        "artist": BEN,
        "f1": pytest.approx(2 / 3),
        "precision": 1.0,
        "recall": 0.5,
        "pieces": 2,
        "taken_for": ADA,
    }


def test_a_workspaces_submission_is_found_by_name_and_shown_with_the_weakest(
    workspace: Workspace,
) -> None:
    for name in ("mine", "mine.csv", workspace.submissions / "mine.csv"):
        answer = artcli("score", name, "-w", workspace.root)
        assert answer.code == 0, answer.err
        assert "Public 1.0000" in answer.text
        assert "Private 0.5000" in answer.text
        assert f"{BEN} 0.667 1.000 0.500 2 {CLEO}" in answer.text
    assert BEN not in artcli("score", "mine", "--weakest", 0, "-w", workspace.root).text


def test_without_a_solution_it_says_where_one_would_be(workspace: Workspace) -> None:
    workspace.solution_csv.unlink()
    answer = artcli("score", "mine", "-w", workspace.root)
    assert answer.code == 1
    assert "there is no solution.csv" in answer.err
    assert "artcli score SUBMISSION SOLUTION" in answer.text


def test_outside_a_workspace_a_solution_must_be_named(nowhere: Path) -> None:
    guesses(nowhere / "mine.csv")
    answer = artcli("score", "mine.csv")
    assert answer.code == 1
    assert "no workspace here" in answer.err


def test_a_submission_that_does_not_fit_is_refused_with_all_its_faults(
    workspace: Workspace,
) -> None:
    write_csv(workspace.submissions / "bad.csv", "id,artist", [f"TEST_0,{ADA}", "TEST_9,Ben Wod"])
    answer = artcli("score", "bad", "-w", workspace.root)
    assert answer.code == 1
    assert "'Ben Wod' is not an artist here; did you mean 'Ben Wood'?" in answer.text
    assert "'TEST_9' is not in the solution" in answer.text
    assert "3 of 4 ids are missing" in answer.text
    assert "Traceback" not in answer.text
