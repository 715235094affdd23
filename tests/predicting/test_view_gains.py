"""A view's worth on numbers written by hand: what helps, what hurts, and what cannot be told."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from artcli.contest.f1 import macro_f1
from artcli.predicting.exam import Exam
from artcli.predicting.view_gains import mean, measure

ARTISTS = ("Ada Stone", "Ben Wood")
PAINTINGS = 60


def exam() -> Exam:
    """One piece of each painting, by two artists in turn."""
    ids = np.array([f"{n:03}" for n in range(PAINTINGS)])
    zeros = np.zeros(PAINTINGS, np.int16)
    return Exam(ids, zeros, zeros, np.arange(PAINTINGS) % 2, ARTISTS)


def sure(wrong: range, trust: float) -> np.ndarray:
    """Probabilities that are right but for the pieces `wrong`, the guess being `trust`."""
    truth = exam().truth.copy()
    truth[list(wrong)] = 1 - truth[list(wrong)]
    return np.where(np.eye(2)[truth] == 1, trust, 1 - trust).astype(np.float32)


PLAIN = sure(range(20), 0.6)  # 40 of 60 are right
SAID = {
    "plain": PLAIN,
    "better": sure(range(4), 0.9),  # it is believed against the plain look
    "worse": sure(range(20, 60), 0.9),
    "same": PLAIN,
}


def test_each_view_is_scored_alone_and_beside_the_plain_look() -> None:
    gains = measure(exam(), SAID, ["plain", "better"])
    truth = exam().truth
    assert gains.pieces == PAINTINGS
    assert gains.plain.value == macro_f1(truth, PLAIN.argmax(1)) == pytest.approx(2 / 3)
    assert gains.alone["better"].value == pytest.approx(56 / 60)
    assert gains.alone["worse"].value == pytest.approx(1 / 3)
    # Where the two disagree, 0.9 outweighs 0.6.
    assert gains.beside["better"].f1.value == pytest.approx(56 / 60)
    assert gains.beside["better"].difference.value == pytest.approx(56 / 60 - 2 / 3)
    assert gains.beside["worse"].f1.value == pytest.approx(1 / 3)
    assert gains.mean == gains.beside["better"]
    guess = mean([SAID["plain"], SAID["better"]]).argmax(1)
    assert gains.mean.f1 == exam().score(guess)
    paired = exam().difference(guess, PLAIN.argmax(1))
    assert asdict(gains.mean.difference) == pytest.approx(asdict(paired))


def test_the_verdict_is_what_the_interval_says() -> None:
    gains = measure(exam(), SAID, list(SAID))
    verdicts = {name: gain.verdict for name, gain in gains.beside.items()}
    assert verdicts == {"better": "helps", "worse": "hurts", "same": "no clear difference"}
    assert gains.beside["better"].difference.low > 0
    assert gains.beside["worse"].difference.high < 0
    assert gains.losing == ["worse"]
    document = gains.document()
    assert document["views"]["worse"]["verdict"] == "hurts"
    assert document["views"]["better"]["alone"]["value"] == pytest.approx(56 / 60)
    assert document["mean"]["difference"].keys() == {"value", "low", "high"}


def test_a_small_loss_is_named_though_it_is_within_chance() -> None:
    said = {"plain": PLAIN, "little": sure(range(21), 0.9)}
    gains = measure(exam(), said, list(said))
    assert gains.beside["little"].verdict == "no clear difference"
    assert gains.losing == ["little"]


def test_the_mean_is_of_the_probabilities_and_of_one_view_it_is_that_view() -> None:
    first = np.array([[0.2, 0.8], [0.6, 0.4]], np.float32)
    second = np.array([[0.4, 0.6], [0.1, 0.9]], np.float32)
    np.testing.assert_allclose(mean([first, second]), [[0.3, 0.7], [0.35, 0.65]], rtol=1e-6)
    np.testing.assert_array_equal(mean([first]), first)
