"""The score: macro F1 as scikit-learn gives it, boards, intervals, and errors with their row."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score
from small_contests import write_csv

from artcli.contest.score import (
    bootstrap_interval,
    f1_difference,
    macro_f1,
    mean_f1,
    score_submission,
)
from artcli.errors import Problems

LABELS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 7)), min_size=1, max_size=60)


@given(LABELS)
def test_macro_f1_is_scikit_learns_over_the_classes_there(
    pairs: list[tuple[int, int]],
) -> None:
    truth, guess = map(list, zip(*pairs, strict=True))
    labels = sorted(set(truth))
    expected = f1_score(truth, guess, labels=labels, average="macro", zero_division=0)
    assert macro_f1(truth, guess) == pytest.approx(expected)
    some = labels[:2]
    expected = f1_score(truth, guess, labels=some, average="macro", zero_division=0)
    assert macro_f1(truth, guess, some) == pytest.approx(expected)


def test_an_artist_never_guessed_counts_as_zero() -> None:
    assert macro_f1(["a", "a", "b"], ["a", "a", "a"]) == pytest.approx((0.8 + 0) / 2)


def test_a_guess_of_an_absent_artist_is_a_miss_but_no_class() -> None:
    assert macro_f1(["a", "a", "b"], ["a", "z", "b"]) == pytest.approx((2 / 3 + 1) / 2)


def test_nothing_to_score_is_not_a_number() -> None:
    assert math.isnan(macro_f1([], []))
    assert math.isnan(macro_f1(["a"], ["a"], ["b"]))
    assert all(map(math.isnan, bootstrap_interval([], [], [])))
    with pytest.raises(ValueError, match=r"must be \(N,\)"):
        macro_f1(["a", "b"], ["a"])


def pieces(each: int, paintings: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, guess, painting; the pieces of one painting are right or wrong together."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, paintings)
    guess = np.where(rng.random(paintings) < 0.7, truth, rng.integers(0, 4, paintings))
    return truth.repeat(each), guess.repeat(each), np.arange(paintings).repeat(each)


def test_the_interval_is_over_paintings_not_pieces() -> None:
    truth, guess, painting = pieces(5)
    low, high = bootstrap_interval(truth, guess, painting)
    assert low < macro_f1(truth, guess) < high
    assert bootstrap_interval(*pieces(1)) == pytest.approx((low, high)), "pieces add no certainty"
    narrow = bootstrap_interval(truth, guess, np.arange(len(truth)))
    assert narrow[1] - narrow[0] < 0.6 * (high - low)


def test_the_interval_is_that_of_a_plain_bootstrap() -> None:
    truth, guess, painting = pieces(2)
    rng, scores = np.random.default_rng(1), []
    for _ in range(300):
        rows = (rng.integers(0, 60, 60)[:, None] * 2 + np.arange(2)).ravel()
        scores.append(f1_score(truth[rows], guess[rows], average="macro", zero_division=0))
    expected = np.quantile(scores, (0.025, 0.975))
    assert bootstrap_interval(truth, guess, painting) == pytest.approx(tuple(expected), abs=0.03)
    once, again = (bootstrap_interval(truth, guess, painting, seed) for seed in (3, 3))
    assert once == again != bootstrap_interval(truth, guess, painting, 4)


def guessed(seed: int, skill: float, *, shared: int = 0) -> np.ndarray:
    """Other guesses of the truth of `pieces(2)`: those of one `shared` seed err on the same
    paintings, where the less skilled err, too."""
    truth, _, painting = pieces(2)
    hard = np.random.default_rng(100 + shared).random(60)[painting]
    wrong = (truth + 1 + np.random.default_rng(seed).integers(0, 3, len(truth))) % 4
    return np.where(hard < skill, truth, wrong)


def test_a_paired_difference_is_that_of_drawing_paintings_one_by_one() -> None:
    truth, _, painting = pieces(2)
    ours, theirs = [guessed(1, 0.7), guessed(2, 0.75)], [guessed(3, 0.6)]
    drawn = np.random.default_rng(5).multinomial(60, np.full(60, 1 / 60), size=200)
    differences, means = [], []
    for counts in drawn:
        rows = np.repeat(np.arange(len(truth)), counts[painting])
        one, other, base = (
            macro_f1(truth[rows], guess[rows]) for guess in (*ours, *theirs)
        )  # which is scikit-learn's, above
        means.append((one + other) / 2)
        differences.append(means[-1] - base)
    found = f1_difference(truth, ours, theirs, painting, 5, resamples=200)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(differences, (0.025, 0.975))))
    mean = mean_f1(truth, ours, painting, 5, resamples=200)
    assert (mean.low, mean.high) == pytest.approx(tuple(np.quantile(means, (0.025, 0.975))))
    assert mean.value == pytest.approx((macro_f1(truth, ours[0]) + macro_f1(truth, ours[1])) / 2)
    assert found.value == pytest.approx(mean.value - macro_f1(truth, theirs[0]))
    assert found.low < found.value < found.high


def test_the_same_guesses_differ_by_nothing_for_certain() -> None:
    truth, guess, painting = pieces(2)
    found = f1_difference(truth, [guess], [guess.copy()], painting)
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)
    found = f1_difference(truth, [guess, guess], [guess], painting)
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_pairing_makes_the_interval_narrower_and_sides_change_its_sign() -> None:
    truth, _, painting = pieces(2)
    better, worse = guessed(1, 0.75), guessed(1, 0.65)
    paired = f1_difference(truth, [better], [worse], painting)
    assert 0 < paired.low < paired.value < paired.high
    alone = [bootstrap_interval(truth, guess, painting) for guess in (better, worse)]
    unpaired = math.hypot(*(high - low for low, high in alone))
    assert paired.high - paired.low < 0.7 * unpaired
    back = f1_difference(truth, [worse], [better], painting)
    assert (back.value, back.low, back.high) == pytest.approx(
        (-paired.value, -paired.high, -paired.low), abs=1e-9
    )


def test_a_mean_of_one_is_a_plain_score_and_of_none_there_is_none() -> None:
    truth, guess, painting = pieces(2)
    one = mean_f1(truth, [guess], painting)
    assert (one.low, one.high) == bootstrap_interval(truth, guess, painting)
    assert one.value == macro_f1(truth, guess)
    assert math.isnan(mean_f1([], [[]], []).low)
    with pytest.raises(ValueError, match="no guesses"):
        f1_difference(truth, [guess], [], painting)


def test_a_perfect_submission_has_no_spread() -> None:
    truth, _, painting = pieces(3)
    assert bootstrap_interval(truth, truth, painting) == (1.0, 1.0)


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
    truth, guess, painting = pieces(5)
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
