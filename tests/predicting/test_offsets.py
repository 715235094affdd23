"""Offsets: right where the frequencies of artists changed, none where nothing can gain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artcli.contest.f1 import macro_f1
from artcli.contest.quick_f1 import QuickF1
from artcli.predicting.offsets import GRID, _each_offset, fit_offsets, shifted

CLASSES = 4


def guessed_by_one_who_saw_other_shares(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """All artists are as frequent, but the model learned where the last two were rare."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, CLASSES, rows)
    logits = 1.2 * rng.normal(size=(rows, CLASSES)) + 2 * np.eye(CLASSES)[truth]
    logits += np.log([0.4, 0.4, 0.1, 0.1])
    shares = np.exp(logits)
    return shares / shares.sum(1, keepdims=True), truth


def test_offsets_make_up_for_shifted_frequencies() -> None:
    probabilities, truth = guessed_by_one_who_saw_other_shares(2000, 0)
    offsets = fit_offsets(probabilities, truth)
    assert offsets[2:].min() > offsets[:2].max() + 0.5
    others, their_truth = guessed_by_one_who_saw_other_shares(2000, 1)
    before = macro_f1(their_truth, others.argmax(1))
    after = macro_f1(their_truth, shifted(others, offsets).argmax(1))
    assert after > before + 0.03


def test_what_cannot_be_better_is_left_alone() -> None:
    truth = np.arange(40) % CLASSES
    assert fit_offsets(0.1 + 0.6 * np.eye(CLASSES)[truth], truth).tolist() == [0] * CLASSES


def test_fitted_offsets_never_score_lower_than_none_where_they_were_fitted() -> None:
    rng = np.random.default_rng(3)
    probabilities, truth = rng.dirichlet(np.ones(5), 300), rng.integers(0, 5, 300)
    offsets = fit_offsets(probabilities, truth)
    assert np.abs(offsets).max() <= 1
    gained = macro_f1(truth, shifted(probabilities, offsets).argmax(1))
    assert gained > macro_f1(truth, probabilities.argmax(1))


def test_shifting_by_hand() -> None:
    moved = shifted(np.array([[0.5, 0.3, 0.2]]), np.log([1.0, 2.0, 1.0]))
    assert moved[0] == pytest.approx(np.array([0.5, 0.6, 0.2]) / 1.3)


@given(st.integers(0, 999))
def test_all_offsets_of_an_artist_are_scored_at_once_as_each_would_be(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, rival = rng.integers(0, CLASSES, (2, 30))
    artist, lead = int(rng.integers(CLASSES)), rng.choice([*GRID, 0.05, 2.0, -3.0], 30)
    rival = np.where(rival == artist, (artist + 1) % CLASSES, rival)
    scores = _each_offset(QuickF1.of(truth, CLASSES), artist, rival, lead)
    one_by_one = [macro_f1(truth, np.where(offset > lead, artist, rival)) for offset in GRID]
    assert scores == pytest.approx(one_by_one)
