"""A submission's score: boards, intervals, and errors with their row."""

from pathlib import Path

import numpy as np
import pytest
from small_contests import write_csv

from artcli.contest.score import score_submission
from artcli.errors import Problems

SOLUTION = [  # id,artist,Usage,painting
    "T0,Ada,Public,1", "T1,Ada,Private,1", "T2,Ben,Public,2",
    "T3,Ben,Private,2", "T4,Cleo,Private,3", "T5,Cleo,Ignored,3",
]  # fmt: skip


@pytest.fixture
def solution(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "solution.csv", "id,artist,Usage,painting", SOLUTION)


def submit(folder: Path, *artists: str) -> Path:
    lines = [f"T{n},{artist}" for n, artist in enumerate(artists)]
    return write_csv(folder / "mine.csv", "id,artist", reversed(lines))


def test_each_board_is_scored_by_its_own_rows(tmp_path: Path, solution: Path) -> None:
    score = score_submission(submit(tmp_path, "Ada", "Ben", "Ben", "Ben", "Cleo", "Ada"), solution)
    assert score.public == 1.0
    assert score.private == pytest.approx((0 + 2 / 3 + 1) / 3)
    assert score.overall == pytest.approx((2 / 3 + 4 / 5 + 1) / 3), "the ignored row counts nowhere"
    counts = {name: (board.pieces, board.paintings) for name, board in score.boards.items()}
    assert counts == {"Public": (2, 2), "Private": (3, 3), "All": (5, 3)}


def test_the_weakest_artists_come_first_with_whom_they_are_taken_for(
    tmp_path: Path, solution: Path
) -> None:
    score = score_submission(submit(tmp_path, "Ben", "Ben", "Ben", "Ben", "Cleo", "Ada"), solution)
    ada, ben, cleo = score.per_artist
    assert (ada.artist, ada.f1, ada.recall, ada.taken_for) == ("Ada", 0.0, 0.0, "Ben")
    assert (ben.artist, ben.precision, ben.recall, ben.taken_for) == ("Ben", 0.5, 1.0, None)
    assert (cleo.artist, cleo.f1, cleo.pieces) == ("Cleo", 1.0, 1)


def test_a_solution_may_know_neither_boards_nor_paintings(tmp_path: Path) -> None:
    plain = write_csv(tmp_path / "plain.csv", "id,artist", ["T0,Ada", "T1,Ben"])
    score = score_submission(submit(tmp_path, "Ada", "Ada"), plain)
    assert (score.public, score.private) == (None, None)
    assert score.overall == pytest.approx(1 / 3)
    assert score.boards["All"].paintings is None


def test_intervals_are_over_paintings_where_the_solution_knows_them(tmp_path: Path) -> None:
    painting = np.arange(60).repeat(5)
    truth = painting % 4
    guess = np.where(painting % 3 == 0, (truth + 1) % 4, truth)  # all pieces of a third are wrong
    names = ["Ada", "Ben", "Cleo", "Dora"]
    answers = [f"T{n},{names[t]},{painting[n]}" for n, t in enumerate(truth)]
    plain = [line.rsplit(",", 1)[0] for line in answers]
    mine = submit(tmp_path, *(names[g] for g in guess))
    known = write_csv(tmp_path / "known.csv", "id,artist,painting", answers)
    unknown = write_csv(tmp_path / "unknown.csv", "id,artist", plain)
    by_painting, by_piece = (score_submission(mine, one).boards["All"] for one in (known, unknown))
    assert by_painting.f1 == by_piece.f1
    assert by_painting.high - by_painting.low > 1.5 * (by_piece.high - by_piece.low)
    assert (by_painting.paintings, by_piece.paintings) == (60, None)


def problems(submission: Path, solution: Path, *artists: str) -> tuple[str, ...]:
    with pytest.raises(Problems) as caught:
        score_submission(submission, solution, artists)
    assert caught.value.hint
    return caught.value.problems


def test_every_fault_of_a_submission_is_listed_with_its_row(tmp_path: Path, solution: Path) -> None:
    lines = ["T0,Ada", "T0,Ben", "T2,ben", "T9,Cleo", "T3,Rembrandt"]
    mine = write_csv(tmp_path / "mine.csv", "id,artist", lines)
    found = problems(mine, solution)
    assert found == (
        "mine.csv row 2 (line 3), column id: 'T0' is already in row 1",
        "mine.csv row 3 (line 4), column artist: 'ben' is not an artist here; did you mean 'Ben'?",
        "mine.csv row 5 (line 6), column artist: 'Rembrandt' is not an artist here",
        "mine.csv row 4 (line 5), column id: 'T9' is not in the solution",
        "3 of 6 ids are missing: T1, T4, T5",
    )


def test_an_artist_of_the_contest_may_be_guessed_though_no_piece_is_his(
    tmp_path: Path, solution: Path
) -> None:
    mine = submit(tmp_path, "Ada", "Ada", "Ben", "Ben", "Dora", "Cleo")
    assert len(problems(mine, solution)) == 1
    assert len(problems(mine, solution, "Dora", "Emil")) == 1, "another contest's artists"
    score = score_submission(mine, solution, ["Ada", "Ben", "Cleo", "Dora"])
    assert score.private == pytest.approx((1 + 1 + 0) / 3)


@pytest.mark.parametrize(
    ("header", "lines", "problem"),
    [
        ("id,artist,Usage", ["T0,Ada,Secret"], "'Secret' is not Public, Private or Ignored"),
        ("id,artist,Usage", ["T0,Ada,Ignored"], "all rows are Ignored"),
        ("id,artist", ["T0,Ada", "T0,Ada"], "'T0' is already in row 1"),
        ("id,name", ["T0,Ada"], "header"),
    ],
)
def test_a_damaged_solution_is_refused(
    tmp_path: Path, header: str, lines: list[str], problem: str
) -> None:
    damaged = write_csv(tmp_path / "solution.csv", header, lines)
    found = problems(submit(tmp_path, "Ada"), damaged)
    assert any(problem in line for line in found), found


def test_a_third_column_in_a_submission_is_refused(tmp_path: Path, solution: Path) -> None:
    mine = write_csv(tmp_path / "mine.csv", "id,artist,note", ["T0,Ada,x"])
    assert any("header" in line for line in problems(mine, solution))
