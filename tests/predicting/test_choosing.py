"""Fewest models within one standard error of the best: by hand, and by resampled paintings."""

from __future__ import annotations

import numpy as np

from artcli.contest.f1 import Resamples, macro_f1
from artcli.predicting.choosing import Choice, propose, singles_and_pairs, within_one_error


def test_the_rule_by_hand() -> None:
    found = [(5, 0.80), (2, 0.79), (2, 0.795), (1, 0.77), (1, 0.70)]
    # The singles are further below the best than their errors, the pairs are not.
    assert within_one_error(found, [0, 0.02, 0.01, 0.02, 0.02]) == 2
    # A single run whose difference is no more than its error stands for all.
    assert within_one_error(found, [0, 0.02, 0.01, 0.031, 0.02]) == 3
    # Nothing is within its error of the best but the best itself.
    assert within_one_error(found, [0, 0.001, 0.001, 0.001, 0.001]) == 0
    # A worse single run is within its own, wider error: then the best single run is taken.
    assert within_one_error(found, [0, 0.02, 0.01, 0.02, 0.11]) == 3
    # Of equals the first.
    assert within_one_error([(2, 0.5), (2, 0.5)], [0, 0]) == 0


def test_every_set_but_the_whole() -> None:
    assert singles_and_pairs(1) == []
    assert singles_and_pairs(2) == [(0,), (1,)]
    assert singles_and_pairs(3) == [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]
    assert len(singles_and_pairs(20)) == 20 + 190


def right_in(share: float, truth: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(len(truth)) < share, truth, (truth + 1) % 3)


def choice(truth: np.ndarray, members: tuple[int, ...], guess: np.ndarray) -> Choice:
    return Choice(members, guess, macro_f1(truth, guess))


def test_a_gain_that_is_noise_is_not_worth_more_models_and_a_real_one_is() -> None:
    truth = np.repeat(np.arange(60) % 3, 5)
    resamples = Resamples.of(truth, np.repeat(np.arange(60), 5), 3, resamples=200)
    single = choice(truth, (0,), right_in(0.70, truth, 0))
    guess = single.guess.copy()
    guess[np.flatnonzero(guess != truth)[0]] = truth[np.flatnonzero(guess != truth)[0]]
    hardly = choice(truth, (0, 1, 2), guess)  # one piece more of 300
    clearly = choice(truth, (0, 1), right_in(0.95, truth, 1))
    assert hardly.f1 > single.f1
    assert propose([hardly, single], resamples) is single
    assert propose([hardly, single, clearly], resamples) is clearly
