"""The quick score is that of `artcli.contest.f1`, whatever the guesses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artcli.contest.f1 import macro_f1
from artcli.contest.quick_f1 import QuickF1

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
