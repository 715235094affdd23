"""From the certainty of pairs to groups."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from artcli.predicting.siblings.candidates import NEAREST, candidate_pairs, friends_of_friends
from artcli.predicting.siblings.grouping import group
from artcli.predicting.siblings.measures import Quality, group_sizes, pair_quality


def grouped(count: int, odds: dict[tuple[int, int], float], others: int = 1) -> list[int]:
    pairs = np.array(list(odds), np.intp).reshape(-1, 2)
    return group(pairs, np.array(list(odds.values())), np.full(count, others)).tolist()


def within(*groups: range, odds: float = 6.0) -> dict[tuple[int, int], float]:
    return {(a, b): odds for own in groups for a in own for b in own if a < b}


def test_sure_pairs_are_joined_and_weak_ones_are_not():
    assert grouped(5, {(0, 1): 5.0, (2, 3): 1.5}) == [0, 0, 1, 2, 3]
    assert grouped(3, {}) == [0, 1, 2]


def test_among_many_others_a_pair_must_be_surer_but_a_group_not_in_each_of_its_pairs():
    assert grouped(2, {(0, 1): 5.0}, others=12) == [0, 0]
    assert grouped(2, {(0, 1): 5.0}, others=24) == [0, 1]
    odds = within(range(3), odds=8.0) | {(n, 3): 3.5 for n in range(3)}
    assert grouped(4, odds, others=24) == [0, 0, 0, 0]


def test_one_false_link_cannot_weld_two_paintings():
    odds = within(range(5), range(5, 10))
    odds |= {(a, b): -6.0 for a in range(5) for b in range(5, 10)}
    odds[2, 7] = 12.0
    assert grouped(10, odds) == [0] * 5 + [1] * 5


def test_a_link_between_pieces_whose_siblings_were_never_compared_cannot_either():
    assert grouped(6, within(range(3), range(3, 6)) | {(2, 3): 11.9}) == [0, 0, 0, 1, 1, 1]


def test_a_blurred_pair_does_not_divide_a_painting():
    odds = within(range(4))
    odds[0, 3] = -3.0  # they hardly overlap, and the others hold them together
    assert grouped(4, odds) == [0, 0, 0, 0]


@given(st.integers(0, 2**32 - 1))
def test_the_order_of_pairs_and_of_pieces_is_of_no_account(seed):
    rng = np.random.default_rng(seed)
    pairs = np.column_stack(np.triu_indices(9, 1))
    odds = rng.uniform(-8, 8, len(pairs))
    few = np.ones(9, np.intp)
    found = group(pairs, odds, few)
    order = rng.permutation(len(pairs))
    assert (group(pairs[order], odds[order], few) == found).all()
    renamed = rng.permutation(9)
    other = group(renamed[pairs], odds, few)[renamed]
    assert pair_quality(other, found) == pair_quality(found, found)


def test_only_pieces_of_one_kind_are_paired():
    alike = np.ones((6, 1), np.float32)
    pairs = candidate_pairs(alike, [[1, 2], [1, 2], [2, 1], [1, 2], [2, 1], [9, 9]])
    assert pairs.tolist() == [[0, 1], [0, 3], [1, 3], [2, 4]]
    assert candidate_pairs(alike[:0], np.zeros((0, 2))).shape == (0, 2)


def test_of_many_the_nearest_by_colour_are_compared():
    angle = np.linspace(0, 1, 100)
    alike = np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    pairs = candidate_pairs(alike, np.zeros(100))
    assert (pairs[:, 0] < pairs[:, 1]).all()
    assert len(np.unique(pairs, axis=0)) == len(pairs)
    assert np.diff(pairs, axis=1).max() == NEAREST  # the first's and the last's
    assert len(pairs) < 100 * NEAREST


def test_friends_of_friends_are_looked_at_too():
    pairs = np.array([[0, 1], [1, 2], [2, 3], [4, 5]])
    likely = np.array([True, True, False, True])
    assert friends_of_friends(pairs, likely).tolist() == [[0, 2]]
    assert friends_of_friends(pairs[:0], likely[:0]).shape == (0, 2)


def test_precision_and_recall_of_pairs_by_hand():
    quality = pair_quality([0, 0, 0, 1, 2], ["a", "a", "b", "b", "b"])
    assert quality == Quality(true=4, found=3, right=1)
    assert (quality.precision, quality.recall) == (1 / 3, 1 / 4)
    assert np.isnan(pair_quality([0, 1], ["a", "b"]).precision)
    assert group_sizes([5, 5, 7, 8, 8, 8]) == {1: 1, 2: 1, 3: 1}
