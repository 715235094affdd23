"""Siblings found among pieces of painted textures."""

from __future__ import annotations

import time

import numpy as np
import pytest
from painted_pieces import paintings_of, pieces_of, texture, together

import artcli.predicting.siblings.finding as finding
from artcli.predicting.siblings.evidence import LIMIT, Evidence
from artcli.predicting.siblings.finding import group_known, group_unknown
from artcli.predicting.siblings.measures import group_sizes, pair_quality

SIZES = [(200, 160), (160, 200)]


def gallery(start: int, count: int, palette: int | None = None):
    return {f"{n}": texture(n, *SIZES[n % 2], palette) for n in range(start, start + count)}


@pytest.fixture(scope="module")
def known():
    """Sixteen paintings of two sizes; what is found on them, and what is learnt from them."""
    pieces = pieces_of(gallery(0, 16))
    paintings = paintings_of(pieces)
    splits = np.array([int(key) // 4 for key in paintings])
    return pieces, paintings, splits, group_known(pieces, paintings, splits * 0, splits)


def test_pieces_cut_from_textures_are_grouped_as_they_were_cut(known):
    _, paintings, _, (found, evidence) = known
    assert pair_quality(found.groups, paintings).precision == 1
    assert pair_quality(found.groups, paintings).recall == 1
    unseen = pieces_of(gallery(100, 12), count=4)
    groups = group_unknown(unseen, evidence).groups
    assert group_sizes(groups) == {4: 12}
    assert pair_quality(groups, paintings_of(unseen)).right == 12 * 6


def test_pieces_without_siblings_stay_alone_even_of_one_palette(known):
    evidence = known[3][1]
    one_artist = {f"{n}": texture(n, palette=7) for n in range(300, 340)}
    groups = group_unknown(pieces_of(one_artist, count=1), evidence).groups
    assert group_sizes(groups) == {1: 40}


def test_paintings_of_one_texture_that_differ_in_what_they_show_are_not_welded(known):
    evidence = known[3][1]
    ground = texture(500).astype(float)
    alike = {  # the same ground, on which each shows another picture of its own
        f"{n}": (0.5 * ground + 0.5 * texture(n, palette=500)).astype(np.uint8)
        for n in range(501, 505)
    }
    pieces = pieces_of(alike)
    groups = group_unknown(pieces, evidence).groups
    assert pair_quality(groups, paintings_of(pieces)).precision == 1


def test_groups_are_as_large_as_the_data_have_them_and_never_of_two_sizes(known):
    evidence = known[3][1]
    mixed = together(
        pieces_of(gallery(600, 4), count=1),
        pieces_of(gallery(610, 4), count=2),
        pieces_of(gallery(620, 2), count=9),
    )
    found = group_unknown(mixed, evidence)
    assert group_sizes(found.groups) == {1: 4, 2: 4, 9: 2}
    for number in np.unique(found.groups):
        assert len(np.unique(mixed.sizes[found.groups == number], axis=0)) == 1


def test_what_judges_a_pair_has_learnt_from_no_painting_of_its_splits(known, monkeypatch):
    pieces, paintings, splits, _ = known
    split_of = dict(zip(range(len(paintings)), splits.tolist(), strict=True))
    taught: list[set[int]] = []
    judged: list[tuple[set[int], set[int]]] = []

    class Spy:
        """Learns nothing but from whom it learnt, and tells whom it judges."""

        def __init__(self, splits: set[int]) -> None:
            self.splits = splits

        @classmethod
        def fit(cls, likeness, _same):
            # The first two numbers of the likeness are, here, the rows of the pair.
            rows = set(likeness[:, :2].astype(int).ravel().tolist())
            taught.append({split_of[row] for row in rows})
            return cls(taught[-1])

        def log_odds(self, likeness):
            rows = set(likeness[:, :2].astype(int).ravel().tolist())
            judged.append((self.splits, {split_of[row] for row in rows}))
            return np.full(len(likeness), -1.0)

    def rows_alone(_pictures, _histograms, pairs):
        return np.column_stack([pairs, np.zeros((len(pairs), 4))])

    monkeypatch.setattr(finding, "Evidence", Spy)
    monkeypatch.setattr(finding, "likenesses", rows_alone)
    group_known(pieces, paintings, splits * 0, splits)
    assert judged
    assert all(learnt.isdisjoint(asked) for learnt, asked in judged)
    assert taught[-1] == set(splits.tolist())  # for the test, from all


def test_groups_lie_in_one_fold_each():
    pieces = pieces_of({"a": texture(1), "b": texture(2)})
    fold_of_piece = [0, 0, 1, 1, 1] * 2
    search = finding._Search.among(pieces, np.array(fold_of_piece))
    found = search.group(lambda compared: np.full(len(compared.pairs), 8.0))[0]  # all are akin
    assert group_sizes(found.groups) == {4: 1, 6: 1}


def test_where_there_is_too_little_to_learn_from_all_are_alone():
    pieces = pieces_of({"a": texture(1), "b": texture(2)})
    found, evidence = group_known(pieces, paintings_of(pieces), [0] * 10, [0] * 5 + [1] * 5)
    assert evidence is None
    assert group_sizes(found.groups) == {1: 10}
    assert group_sizes(group_unknown(pieces, evidence).groups) == {1: 10}


def test_pictures_of_one_colour_say_nothing(known):
    plain = {f"{n}": np.full((160, 200, 3), 120, np.uint8) for n in range(12)}
    groups = group_unknown(pieces_of(plain, count=1), known[3][1]).groups
    assert group_sizes(groups) == {1: 12}


def test_the_same_again_and_in_any_order_of_the_pieces(known):
    evidence = known[3][1]
    pieces = pieces_of(gallery(800, 6))
    found, again = group_unknown(pieces, evidence), group_unknown(pieces, evidence)
    assert (again.groups == found.groups).all()
    assert (again.log_odds == found.log_odds).all()
    order = np.random.default_rng(0).permutation(len(pieces))
    shuffled = finding.Pieces(
        tuple(pieces.names[row] for row in order), pieces.pictures[order], pieces.sizes[order], ()
    )
    groups = group_unknown(shuffled, evidence).groups
    assert pair_quality(groups, found.groups[order]) == pair_quality(found.groups, found.groups)


def test_no_pieces_no_groups(known):
    nothing = finding.Pieces.of(())
    assert len(group_unknown(nothing, known[3][1]).groups) == 0


def test_a_hundred_pieces_take_seconds(known):
    pieces = pieces_of({f"{n}": texture(n) for n in range(700, 720)})  # all of one size
    begun = time.process_time()
    groups = group_unknown(pieces, known[3][1]).groups
    assert time.process_time() - begun < 10  # some 1,200 pairs; alone on a core, under one
    assert pair_quality(groups, paintings_of(pieces)).precision == 1


def test_evidence_speaks_for_what_it_was_taught():
    rng = np.random.default_rng(0)
    same = np.arange(400) % 2 == 0
    likeness = rng.normal(size=(400, 3)) + same[:, None]
    evidence = Evidence.fit(likeness, same)
    assert evidence is not None
    odds = evidence.log_odds(likeness)
    assert odds[same].mean() > 1 > -1 > odds[~same].mean()
    sure = odds > 1
    assert abs(same[sure].mean() - (1 / (1 + np.exp(-odds[sure]))).mean()) < 0.05
    assert abs(evidence.log_odds(1000 * likeness)).max() == LIMIT
