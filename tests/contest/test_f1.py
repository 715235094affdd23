"""Macro F1 as scikit-learn gives it; intervals and differences over paintings."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from artcli.contest.f1 import (
    Resamples,
    bootstrap_interval,
    estimate,
    f1_difference,
    macro_f1,
    mean_f1,
)

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


def test_resamples_of_class_numbers_give_the_intervals_of_names() -> None:
    truth, _, painting = pieces(2)
    ours, theirs, names = guessed(1, 0.7), guessed(3, 0.6), np.array(["d", "b", "a", "c", "never"])
    drawn = Resamples.of(truth, painting, len(names), 3)
    differing = estimate(0, drawn.scores(ours) - drawn.scores(theirs))
    found = f1_difference(names[truth], [names[ours]], [names[theirs]], painting, 3)
    assert (differing.low, differing.high) == pytest.approx((found.low, found.high))
    low, high = bootstrap_interval(names[truth], names[ours], painting, 3)
    one = estimate(0, drawn.scores(ours))
    assert (one.low, one.high) == pytest.approx((low, high))


def test_a_perfect_submission_has_no_spread() -> None:
    truth, _, painting = pieces(3)
    assert bootstrap_interval(truth, truth, painting) == (1.0, 1.0)
