"""An ensemble with all its figures: quick at size, honest about members, pools and proposals."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from blending import made_up  # the benchmark's models, fewer of them

from artcli.contest.f1 import f1_difference, macro_f1, mean_f1
from artcli.host.discovery import load_host
from artcli.predicting.blending import Method
from artcli.predicting.ensembling import Groups, make_ensemble, of_runs

HOST = load_host()
LINEUP, SPLITS = made_up(models=6, paintings=240, artists=12)


def method(voter: str) -> Method:
    return Method(HOST.bind("voter", voter))


def test_blending_and_searching_is_quick() -> None:
    lineup, splits = made_up(models=10, paintings=400, artists=20)
    began = time.process_time()
    made = make_ensemble(lineup, splits, method("greedy"))
    seconds = time.process_time() - began
    assert made.comparison is not None
    assert len(made.comparison.sets) == 10 + 45 + 1
    assert seconds < 15  # a tenth of this on a machine with nothing else to do


def test_the_figures_are_those_of_f1() -> None:
    made = make_ensemble(LINEUP, SPLITS, method("soft"))
    exam = LINEUP.exam
    wanted = mean_f1(exam.truth, [made.oof.argmax(1)], exam.ids)
    assert (made.f1.value, made.f1.low, made.f1.high) == pytest.approx(
        (wanted.value, wanted.low, wanted.high)
    )
    assert made.members[2].f1.value == pytest.approx(macro_f1(exam.truth, LINEUP.oof[2].argmax(1)))
    assert made.comparison is not None
    best = LINEUP.names.index(made.comparison.best_single)
    (together,) = (one for one in made.comparison.shown if len(one.runs) == 6)
    assert together.f1 == pytest.approx(made.f1.value)
    ahead = f1_difference(exam.truth, [made.oof.argmax(1)], [LINEUP.oof[best].argmax(1)], exam.ids)
    assert together.gain is not None
    assert (together.gain.value, together.gain.low, together.gain.high) == pytest.approx(
        (ahead.value, ahead.low, ahead.high)
    )
    assert together.gain.low > 0


def test_the_last_temperature_makes_the_mean_of_several_mean_what_it_says() -> None:
    made = make_ensemble(LINEUP, SPLITS, method("soft"), compare=False)
    assert made.before.error > 0.05  # a mean of models that differ is too modest
    assert made.after.error < made.before.error / 2
    assert made.temperature < 1
    assert made.comparison is None


def test_offsets_are_measured_always_and_applied_where_asked_for() -> None:
    plain, moved = (
        make_ensemble(LINEUP, SPLITS, method("soft"), offsets=offsets, compare=False)
        for offsets in (False, True)
    )
    assert plain.offsets == {}
    assert set(moved.offsets) == set(LINEUP.exam.classes)
    assert plain.offsets_gain == moved.offsets_gain
    assert moved.f1.value - plain.f1.value == pytest.approx(plain.offsets_gain.value)


def test_true_groups_gain_and_nobodys_groups_change_nothing() -> None:
    paintings = np.unique(LINEUP.exam.ids, return_inverse=True)[1]
    test = np.zeros((6, 4, 12), np.float32) + 1 / 12
    lineup = replace(LINEUP, test_ids=("a", "b", "c", "d"), test=test)
    alone = np.arange(len(LINEUP.exam))
    apart, together = (
        make_ensemble(
            lineup, SPLITS, method("soft"),
            groups=Groups(groups, np.array([0, 0, 1, 2])), compare=False,
        )
        for groups in (alone, paintings)
    )  # fmt: skip
    plain = make_ensemble(lineup, SPLITS, method("soft"), compare=False)
    assert plain.pooling_gain is None
    assert apart.pooling_gain is not None
    assert apart.pooling_gain.value == 0
    assert apart.oof == pytest.approx(plain.oof, abs=1e-6)
    assert together.pooling_gain is not None
    assert together.pooling_gain.low > 0
    assert together.f1.value - plain.f1.value == pytest.approx(together.pooling_gain.value)
    assert together.test.shape == (4, 12)


def test_a_run_or_two_alone() -> None:
    for count in (1, 2):
        some = of_runs(LINEUP, LINEUP.names[:count])
        made = make_ensemble(some, SPLITS, method("greedy"))
        assert made.comparison is not None
        assert len(made.comparison.sets) == (1, 3)[count - 1]
        assert made.names == LINEUP.names[:count]
        assert made.test.shape == (0, 12)
