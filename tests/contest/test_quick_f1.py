"""The quick score and its resamples are those of `artcli.contest.f1`, whatever the guesses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artcli.contest.f1 import bootstrap_interval, f1_difference, macro_f1
from artcli.contest.quick_f1 import QuickF1, Resamples, estimate

CLASSES = 6
NUMBERS = st.lists(
    st.tuples(st.integers(0, CLASSES - 1), st.integers(0, CLASSES - 1), st.booleans()), min_size=1
)


@given(NUMBERS)
def test_the_quick_score_is_the_score(rows: list[tuple[int, int, bool]]) -> None:
    truth, guess, open_rows = (np.array(column) for column in zip(*rows, strict=True))
    quick, score = QuickF1.of(truth, CLASSES), macro_f1(truth, guess)
    assert quick(guess) == pytest.approx(score)
    assert quick.settled(guess, open_rows)(guess[open_rows]) == pytest.approx(score)


@pytest.mark.parametrize("seed", range(3))
def test_the_resamples_are_those_of_the_intervals(seed: int) -> None:
    rng = np.random.default_rng(seed)
    paintings = np.repeat(rng.permutation(40), 3)
    truth = np.repeat(rng.integers(0, CLASSES, 40), 3)
    ours, theirs = (
        np.where(rng.random(120) < share, truth, rng.integers(0, CLASSES, 120))
        for share in (0.7, 0.4)
    )
    resamples = Resamples.of(truth, paintings, CLASSES)
    found = estimate(macro_f1(truth, ours), resamples.scores(ours))
    assert (found.low, found.high) == pytest.approx(bootstrap_interval(truth, ours, paintings))
    differing = resamples.scores(ours) - resamples.scores(theirs)
    found = estimate(macro_f1(truth, ours) - macro_f1(truth, theirs), differing)
    wanted = f1_difference(truth, [ours], [theirs], paintings)
    assert (found.value, found.low, found.high) == pytest.approx(
        (wanted.value, wanted.low, wanted.high)
    )
