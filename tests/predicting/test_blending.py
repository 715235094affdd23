"""A blend is judged on what it was not fitted on: noise gains nothing, and a real gain shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from artcli.contest.f1 import macro_f1
from artcli.errors import ArtcliError
from artcli.host.discovery import load_host
from artcli.host.records import Component
from artcli.predicting.blending import (
    Method,
    apart,
    fit_blend,
    fit_finish,
    nested,
)
from artcli.predicting.pooling import pool
from artcli.testing.contracts import bound_alone

HOST = load_host()


def method(voter: str, *, calibrate: bool = True) -> Method:
    return Method(HOST.bind("voter", voter), calibrate)


def noise(models: int, rows: int, classes: int, seed: int = 0) -> tuple[Any, Any, Any]:
    """Models that know nothing, and five splits."""
    rng = np.random.default_rng(seed)
    oof = rng.dirichlet(np.ones(classes), (models, rows)).astype(np.float32)
    return oof, rng.integers(0, classes, rows), np.arange(rows) % 5


@pytest.mark.parametrize("voter", ["greedy", "weighted"])
def test_on_noise_the_naive_score_of_a_search_is_high_and_the_nested_one_is_not(
    voter: str,
) -> None:
    oof, truth, splits = noise(20, 200, 4)
    naive = macro_f1(truth, fit_blend(method(voter), oof, truth)(oof).argmax(1))
    honest = macro_f1(truth, nested(method(voter), oof, truth, splits).blended.argmax(1))
    assert naive > 0.33
    assert honest < 0.29  # chance is 0.25
    assert naive > honest + 0.05


def test_on_noise_offsets_gain_where_they_were_fitted_and_nowhere_else() -> None:
    oof, truth, splits = noise(1, 300, 4, seed=2)
    finish = fit_finish(oof[0], truth, offsets=True, calibrate=True)
    before = macro_f1(truth, oof[0].argmax(1))
    naive = macro_f1(truth, finish(oof[0]).argmax(1))
    judged = nested(method("soft"), oof, truth, splits)
    assert (judged.plain.argmax(1) == oof[0].argmax(1)).all()
    honest = macro_f1(truth, judged.offset.argmax(1))
    assert naive > before + 0.02
    assert honest < naive - 0.02


def test_no_piece_is_judged_by_a_fit_that_knew_its_truth() -> None:
    """Other truths of a split change what is said of all others, and nothing of the split."""
    oof, truth, splits = noise(4, 200, 3, seed=3)
    inside = splits == 2
    other = np.where(inside, (truth + 1) % 3, truth)
    first, second = (nested(method("greedy"), oof, known, splits) for known in (truth, other))
    for name in ("agreed", "blended", "plain", "offset"):
        ours, theirs = getattr(first, name), getattr(second, name)
        assert (ours[inside] == theirs[inside]).all()
        assert not (ours[~inside] == theirs[~inside]).all()


def test_nor_by_a_pool_that_knew_it() -> None:
    oof, truth, splits = noise(4, 200, 3, seed=4)
    groups = np.arange(200) // 2  # each reaches into another split
    inside = splits == 2
    other = np.where(inside, (truth + 1) % 3, truth)
    first, second = (
        nested(method("greedy"), oof, known, splits, groups).offset for known in (truth, other)
    )
    assert (first[inside] == second[inside]).all()


def test_each_split_is_asked_about_with_all_of_its_groups() -> None:
    splits, groups = np.array([0, 0, 1, 1, 1]), np.array([7, 8, 8, 9, 9])
    first, second = apart(splits, groups)
    assert first.rows.tolist() == [0, 1]
    assert first.others.tolist() == [2, 3, 4]
    assert first.asked.tolist() == [0, 1, 2]
    assert first.inside.tolist() == [True, True, False]
    assert second.asked.tolist() == [1, 2, 3, 4]
    assert next(apart(splits, None)).asked.tolist() == [0, 1]


def test_what_is_pooled_out_of_fold_is_what_is_pooled_at_once() -> None:
    oof, truth, splits = noise(3, 60, 3, seed=5)
    groups = np.random.default_rng(0).integers(0, 20, 60)
    judged = nested(method("soft", calibrate=False), oof, truth, splits, groups)
    assert judged.agreed == pytest.approx(oof.mean(0), abs=1e-6)
    assert judged.blended == pytest.approx(pool(oof.mean(0), groups), abs=1e-6)
    assert (judged.plain == judged.blended).all()  # nothing is calibrated


def test_a_model_that_shouts_is_calibrated_before_it_votes() -> None:
    """One model is sure of its mistakes; a plain mean believes it, a calibrated one does not."""
    rng = np.random.default_rng(6)
    truth, splits = rng.integers(0, 4, 1000), np.arange(1000) % 5
    modest = rng.normal(size=(1000, 4)) + 1.5 * np.eye(4)[truth]
    shouting = 12 * (rng.normal(size=(1000, 4)) + 0.5 * np.eye(4)[truth])
    shares = np.exp(np.stack([modest, shouting]))
    oof = (shares / shares.sum(2, keepdims=True)).astype(np.float32)
    plain, mended = (
        nested(method("soft", calibrate=calibrate), oof, truth, splits)
        for calibrate in (False, True)
    )
    gained = macro_f1(truth, mended.plain.argmax(1)) - macro_f1(truth, plain.plain.argmax(1))
    assert gained > 0.1
    temperatures = fit_blend(method("soft"), oof, truth).temperatures
    assert temperatures[1] > 8 * temperatures[0]


def test_of_one_run_a_soft_blend_without_calibration_is_the_run_to_the_bit() -> None:
    oof, truth, splits = noise(1, 50, 3, seed=7)
    judged = nested(method("soft", calibrate=False), oof, truth, splits)
    assert (judged.plain == oof[0]).all()
    blend = fit_blend(method("soft", calibrate=False), oof, truth)
    finish = fit_finish(oof[0], truth, offsets=False, calibrate=False)
    assert (finish(blend(oof)) == oof[0]).all()


def test_the_weights_are_those_of_the_vote_and_none_where_it_has_none() -> None:
    oof, truth, _ = noise(3, 60, 3, seed=8)
    weights = fit_blend(method("greedy"), oof, truth).vote.weights
    assert weights is not None
    assert sum(weights) == pytest.approx(1)
    assert fit_blend(method("soft"), oof, truth).vote.weights is None


def test_sets_of_members_are_blended_alone() -> None:
    oof, truth, splits = noise(4, 80, 3, seed=9)
    sets = [(1,), (0, 3), (2, 3)]
    judged = nested(method("greedy"), oof, truth, splits, sets=sets)
    for chosen in sets:
        alone = nested(method("greedy"), oof[list(chosen)], truth, splits)
        assert (judged.sets[chosen] == alone.blended.argmax(1)).all()


@pytest.mark.parametrize(
    ("vote", "said"),
    [
        (lambda members: members[0] * 2, "gives no rows of probabilities"),
        (lambda members: members[0] * np.nan, "gives no rows of probabilities"),
        (lambda members: members, "gives no rows of probabilities"),
        (lambda members: members / [], "failed: ValueError"),
    ],
)
def test_a_strangers_voter_is_named_where_it_fails(vote: Any, said: str) -> None:
    class Voter:
        def fit(self, oof: Any, truth: Any) -> Any:
            return vote

    oof, truth, splits = noise(2, 30, 3)
    broken = Method(bound_alone(Component("voter", "broken", Voter, "broken")))
    with pytest.raises(ArtcliError, match=f"broken.*{said}"):
        nested(broken, oof, truth, splits)
