"""What the votes say, against examples worked out by hand, and what holds of every vote."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from artcli.contest.f1 import macro_f1
from artcli_plugins.voters.geometric import geometric
from artcli_plugins.voters.greedy import greedy, picked
from artcli_plugins.voters.hard import hard
from artcli_plugins.voters.rank import points_of, rank
from artcli_plugins.voters.soft import soft
from artcli_plugins.voters.weighing import Contested
from artcli_plugins.voters.weighted import weighted

Floats = NDArray[Any]
FIXED = {"soft": soft, "hard": hard, "rank": rank, "geometric": geometric}
VOTERS = {**FIXED, "weighted": weighted, "greedy": greedy}


def agreed(voter: Any, *models: list[list[float]]) -> Floats:
    """What the models, rows of probabilities each, agree on; nothing is fitted on them."""
    said = np.array(models)
    return np.asarray(voter.fit(said, np.zeros(said.shape[1], int))(said))


def test_soft_is_the_mean() -> None:
    assert agreed(soft(), [[0.6, 0.4]], [[0.1, 0.9]]).tolist() == [pytest.approx([0.35, 0.65])]


def test_geometric_hears_a_veto_louder_than_soft() -> None:
    said = [[[0.9, 0.1]], [[0.001, 0.999]]]
    odds = np.sqrt((0.9 * 0.001) / (0.1 * 0.999))
    assert agreed(geometric(), *said)[0] == pytest.approx([odds / (1 + odds), 1 / (1 + odds)])
    zero = agreed(geometric(), [[1.0, 0.0]], [[0.0, 1.0]])[0]
    assert zero == pytest.approx([0.5, 0.5])


def test_hard_follows_the_majority_and_not_the_surest() -> None:
    said = [[[0.4, 0.35, 0.25]], [[0.4, 0.35, 0.25]], [[0.0, 1.0, 0.0]]]
    mean = np.array([0.8, 1.7, 0.5]) / 3
    by_hand = (np.array([2, 1, 0]) + mean / 2) / 3.5
    assert agreed(hard(), *said)[0] == pytest.approx(by_hand)
    assert mean.argmax() == 1  # soft would have named the other
    assert by_hand.argmax() == 0


def test_of_artists_with_equal_voices_the_one_with_the_highest_mean_wins() -> None:
    # One voice each for artists 0 and 2; artist 1 has the highest mean of all, and no voice.
    said = [[[0.50, 0.48, 0.02]], [[0.01, 0.47, 0.52]]]
    vote = agreed(hard(), *said)[0]
    assert vote == pytest.approx(np.array([1 + 0.51 / 4, 0.95 / 4, 1 + 0.54 / 4]) / 2.5)
    assert vote.argmax() == 2


def test_of_artists_with_equal_voices_and_means_the_first_wins() -> None:
    vote = agreed(hard(), [[0.1, 0.3, 0.6]], [[0.1, 0.6, 0.3]])[0]
    assert vote[1] == pytest.approx(vote[2])
    assert vote.argmax() == 1


def test_a_rank_is_how_many_artists_one_beats_and_equals_share() -> None:
    points = points_of(np.array([[0.1, 0.2, 0.3, 0.4], [0.3, 0.2, 0.3, 0.2], [0.25] * 4]))
    assert points.tolist() == [[0, 1, 2, 3], [2.5, 0.5, 2.5, 0.5], [1.5] * 4]


def test_borda_counts_the_order_alone() -> None:
    # The first is liked best by one and least by two; the second is second for all.
    said = [[[0.9, 0.06, 0.04]], [[0.2, 0.3, 0.5]], [[0.2, 0.39, 0.41]]]
    assert agreed(rank(), *said)[0] == pytest.approx(np.array([2, 3, 4]) / 9)


def test_greedy_by_hand() -> None:
    # Two classes, four pictures. Alone, the models have 3, 2 and 2 of 4 right.
    truth = np.array([0, 0, 1, 1])
    first = [0.9, 0.4, 0.3, 0.1]  # of class 0: errs on the second picture
    second = [0.45, 0.7, 0.6, 0.2]  # errs on the first and third
    third = [0.1, 0.2, 0.2, 0.9]
    oof = np.array([[[p, 1 - p] for p in model] for model in (first, second, third)], np.float32)
    # Sorted start: the first alone scores below 1; with the second, sums 1.35, 1.1, 0.9, 0.3: all
    # right, and nothing can gain on that.
    assert picked(Contested(oof, truth), rounds=10) == [0, 1]
    assert greedy().fit(oof, truth).weights.tolist() == [0.5, 0.5, 0]


def test_greedy_picks_one_model_again_where_that_helps() -> None:
    truth = np.array([0, 0, 1, 1])
    strong = [0.9, 0.45, 0.44, 0.1]
    weak = [0.2, 0.62, 0.60, 0.1]  # right about the second, wrong about the first and third
    oof = np.array([[[p, 1 - p] for p in model] for model in (strong, weak)], np.float32)
    # 1:1 has sums 1.1, 1.07, 1.04, 0.2 of 2, wrong about the third; 2:1 has 1.52 and 1.48 of 3.
    vote = greedy().fit(oof, truth)
    assert vote.weights.tolist() == pytest.approx([2 / 3, 1 / 3])
    assert greedy(rounds=0).fit(oof, truth).weights.tolist() == [1, 0]


def noise(models: int, rows: int, classes: int, seed: int = 0) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    return (
        rng.dirichlet(np.ones(classes), (models, rows)).astype(np.float32),
        rng.integers(0, classes, rows),
    )


def test_both_searches_find_the_one_good_model_among_noise() -> None:
    oof, truth = noise(5, 300, 4)
    oof[3] = 0.1 + 0.6 * np.eye(4)[truth]  # always right, never sure
    for voter in (weighted(), greedy()):
        vote = voter.fit(oof, truth)
        assert vote.weights.argmax() == 3
        assert macro_f1(truth, vote(oof).argmax(1)) == 1


def test_a_search_never_ends_below_the_best_model_or_the_plain_mean() -> None:
    oof, truth = noise(6, 120, 3, seed=1)
    begun_at = [*oof, oof.mean(0)]
    for voter in (weighted(), greedy()):
        found = macro_f1(truth, voter.fit(oof, truth)(oof).argmax(1))
        assert found >= max(macro_f1(truth, start.argmax(1)) for start in begun_at)


def test_what_a_search_counts_is_the_score_of_its_vote() -> None:
    oof, truth = noise(4, 200, 5, seed=2)
    oof[:, :80] = oof[0, :80]  # on which all agree
    contested = Contested(oof, truth)
    assert contested.probabilities.shape[1] <= 120
    counted = contested.f1(contested.probabilities.sum(0))
    assert counted == pytest.approx(macro_f1(truth, oof.sum(0).argmax(1)))


@pytest.mark.parametrize("name", VOTERS)
@given(models=st.integers(1, 4), rows=st.integers(1, 12), seed=st.integers(0, 99))
def test_every_vote_gives_rows_that_sum_to_one(
    name: str, models: int, rows: int, seed: int
) -> None:
    oof, truth = noise(models, rows, 3, seed)
    vote = VOTERS[name]().fit(oof, truth)(oof)
    assert vote.shape == (rows, 3)
    assert (vote >= 0).all()
    assert vote.sum(1) == pytest.approx(np.ones(rows))


@pytest.mark.parametrize("name", FIXED)
@given(order=st.permutations(range(4)), seed=st.integers(0, 99))
def test_the_order_of_the_models_does_not_matter(name: str, order: list[int], seed: int) -> None:
    oof, truth = noise(4, 9, 3, seed)
    vote = FIXED[name]().fit(oof, truth)
    assert vote(oof[order]) == pytest.approx(vote(oof), abs=1e-6)


@pytest.mark.parametrize("name", FIXED)
@given(order=st.permutations(range(5)), seed=st.integers(0, 99))
def test_the_order_of_the_artists_does_not_matter(name: str, order: list[int], seed: int) -> None:
    oof, truth = noise(3, 9, 5, seed)
    vote = FIXED[name]().fit(oof, truth)
    assert vote(oof[..., order]) == pytest.approx(vote(oof)[:, order], abs=1e-6)


@pytest.mark.parametrize("name", ["weighted", "greedy"])
def test_a_search_repeats_itself(name: str) -> None:
    oof, truth = noise(5, 200, 4, seed=3)
    first, again = (VOTERS[name]().fit(oof, truth).weights.tolist() for _ in range(2))
    assert first == again
    assert sum(first) == pytest.approx(1)


@pytest.mark.parametrize("name", VOTERS)
def test_of_one_model_the_vote_names_what_the_model_names(name: str) -> None:
    oof, truth = noise(1, 50, 4, seed=4)
    vote = VOTERS[name]().fit(oof, truth)(oof)
    assert (vote.argmax(1) == oof[0].argmax(1)).all()
    if name in ("soft", "weighted", "greedy"):
        assert (vote == oof[0]).all()
