"""Temperatures that are known beforehand, and reliability against a count by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artcli.predicting.calibration import at_temperature, fit_temperature, reliability


def honest(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that mean what they say, and the truths drawn by them."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(4, 0.6), rows)
    return probabilities, (probabilities.cumsum(1) < rng.random((rows, 1))).sum(1)


@pytest.mark.parametrize("wrong_by", [0.4, 1.0, 2.5])
def test_the_temperature_undoes_a_known_one(wrong_by: float) -> None:
    probabilities, truth = honest(20_000)
    said = at_temperature(probabilities, 1 / wrong_by)
    assert fit_temperature(said, truth) == pytest.approx(wrong_by, rel=0.03)


@pytest.mark.parametrize("start", [0.05, 1.0, 20.0])
def test_wherever_the_search_begins_it_ends_where_the_loss_is_least(start: float) -> None:
    probabilities, truth = honest(500, seed=1)
    said = at_temperature(probabilities, 3.0)

    def loss(temperature: float) -> float:
        right = at_temperature(said, temperature)[np.arange(500), truth]
        return float(-np.log(right).mean())

    found = fit_temperature(said, truth, start)
    assert loss(found) < min(loss(found * 1.02), loss(found / 1.02))
    assert found == pytest.approx(fit_temperature(said, truth), rel=1e-3)


def test_what_is_never_wrong_or_never_right_stays_within_bounds() -> None:
    sure = np.array([[0.9, 0.1], [0.2, 0.8]])
    assert fit_temperature(sure, np.array([0, 1])) == pytest.approx(1 / 20, rel=0.01)
    assert fit_temperature(sure, np.array([1, 0])) == pytest.approx(20, rel=0.01)
    assert fit_temperature(np.eye(2), np.array([0, 1])) > 0
    assert fit_temperature(np.empty((0, 2)), np.empty(0, int)) == 1


@given(st.floats(0.05, 20), st.integers(0, 99))
def test_a_temperature_changes_no_guess_and_no_sum(temperature: float, seed: int) -> None:
    probabilities = honest(20, seed)[0]
    cooled = at_temperature(probabilities, temperature)
    assert (cooled.argmax(1) == probabilities.argmax(1)).all()
    assert cooled.sum(1) == pytest.approx(np.ones(20), abs=1e-5)


def test_temperature_one_leaves_every_bit() -> None:
    probabilities = honest(20)[0].astype(np.float32)
    assert (at_temperature(probabilities, 1.0) == probabilities).all()


def test_reliability_by_hand() -> None:
    said = np.array([[0.95, 0.05], [0.95, 0.05], [0.85, 0.15], [0.4, 0.6]])
    found = reliability(said, np.array([0, 1, 0, 0]), bins=5)
    # Surer than 0.8: three, of mean 0.9167, two of them right; up to 0.6: one, said 0.6, wrong.
    assert [(one.low, one.pieces) for one in found.bins] == [(0.4, 1), (0.8, 3)]
    assert [one.right for one in found.bins] == pytest.approx([0, 2 / 3])
    assert [one.said for one in found.bins] == pytest.approx([0.6, 2.75 / 3])
    assert found.error == pytest.approx((0.6 + 3 * (2.75 / 3 - 2 / 3)) / 4)


def test_what_is_right_as_often_as_it_says_is_reliable() -> None:
    probabilities, truth = honest(20_000, seed=2)
    assert reliability(probabilities, truth).error < 0.015
    assert reliability(at_temperature(probabilities, 0.4), truth).error > 0.1
