"""Train against test: what cutting explains is told apart from what it does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ks_2samp

from artcli.contest.crops import cut, piece_boxes
from artcli.contest.shift import distance, find_shift, in_words, shares
from artcli.contest.shift_findings import shift_findings
from artcli.contest.survey.records import SIDE, Measures, Survey
from artcli.contest.tables import Painting

WHOLE = Measures(
    bytes=40_000, format="JPEG", width=400, height=500, quality=80, tables="a 4:2:0",
    lightness=50, contrast=20, chroma=15, sharpness=0.5,
)  # fmt: skip
PIECE = replace(WHOLE, bytes=10_000, width=200, height=250)


def test_pieces_cut_from_the_same_paintings_show_no_shift_beyond_their_size() -> None:
    found = {shift.name: shift for shift in find_shift(contest([WHOLE] * 60, [PIECE] * 300))}
    assert found["width"].distance == 1
    assert found["width"].unexplained == 0
    assert found["lightness"].unexplained < found["lightness"].distance
    assert not any(shift.stands_out for shift in found.values())
    told = shift_findings(list(found.values()))
    assert [one.code for one in told] == ["test-of-pieces"]
    assert "200 x 250" in told[0].title
    assert "300 of 300" in told[0].details[1]


def test_another_encoding_of_pieces_is_one_note_and_a_blur_a_warning() -> None:
    test = replace(PIECE, quality=95, tables="b 4:2:0", bytes=25_000, sharpness=0.1)
    told = shift_findings(find_shift(contest([WHOLE] * 60, [test] * 300)))
    assert [(one.code, one.severity) for one in told] == [
        ("test-of-pieces", "note"), ("shift-encoding", "note"), ("shift-detail", "warning"),
    ]  # fmt: skip
    assert told[1].details[:2] == (
        "JPEG quality, 95 against 80", "JPEG tables, b 4:2:0 100 % against a 4:2:0 100 %",
    )  # fmt: skip
    assert told[2].title == "Test and training differ in fine detail, 6.32 against 14.1"


def test_a_test_of_whole_paintings_is_compared_as_it_is() -> None:
    narrow = replace(WHOLE, width=300)
    found = find_shift(contest([WHOLE] * 50, [narrow] * 50, cut_up=False))
    assert all(shift.pieces is None and not shift.expected for shift in found)
    told = shift_findings(found)
    assert {one.code for one in told} >= {"shift-width", "shift-area", "shift-aspect"}
    assert all(one.severity == "warning" for one in told)


def test_bad_pictures_and_measures_that_are_not_known_are_left_out() -> None:
    bad = Measures(problem="is truncated")
    png = replace(WHOLE, format="PNG", quality=None, tables="")
    survey = contest([replace(WHOLE, width=401), png, bad], [PIECE, bad])
    found = {shift.name: shift for shift in find_shift(survey)}
    assert found["quality"].train.tolist() == [80]
    assert found["tables"].train.tolist() == ["a 4:2:0", "none"]
    assert found["width"].pieces is not None
    assert found["width"].pieces.tolist() == [200, 200]
    assert len(found["width"].test) == 1
    assert find_shift(contest([WHOLE], [])) == ()
    assert find_shift(contest([WHOLE], [bad])) == ()
    assert shift_findings(()) == []


def test_a_contest_without_jpegs_has_no_quality_to_compare() -> None:
    png = replace(WHOLE, format="PNG", quality=None, tables="")
    assert "quality" not in {shift.name for shift in find_shift(contest([png], [png]))}


def test_distances_are_scipys_and_total_variation() -> None:
    rng = np.random.default_rng(3)
    one, other = rng.normal(size=83).round(1), rng.normal(0.4, size=211).round(1)
    assert distance(one, other) == pytest.approx(ks_2samp(one, other).statistic)
    kinds, others = np.array(["a"] * 3 + ["b"]), np.array(["b", "c"])
    assert distance(kinds, others) == pytest.approx(0.75)
    assert shares(kinds) == {"a": 0.75, "b": 0.25}


def test_values_are_told_by_median_and_quartiles_or_by_their_commonest_kinds() -> None:
    assert in_words(np.array([1000.0, 1204.0, 1500.0])) == "1,204 (1,102–1,352)"
    assert in_words(np.array([0.4171, 0.4171])) == "0.417"
    assert in_words(np.array(["a", "a", "b", "c", "d", "a"])) == "a 50 %, b 17 %, c 17 % and 1 more"


def contest(train: Sequence[Measures], test: Sequence[Measures], *, cut_up: bool = True) -> Survey:
    """A survey of made-up pictures; those of the test are pieces of the others where `cut_up`."""
    rng = np.random.default_rng(0)
    steps = rng.integers(0, 256, (len(train), 8, 8, 3), np.uint8)
    wholes = steps.repeat(SIDE // 8, axis=1).repeat(SIDE // 8, axis=2)
    shown = [
        cut(wholes[at % len(train)], box).repeat(2, axis=0).repeat(2, axis=1)
        if cut_up
        else wholes[at % len(train)]
        for at, box in enumerate(piece_boxes("test", len(test)))
    ]
    paintings = [
        *(Painting(f"{at}", Path(f"{at}.jpg"), "Ada", at, "train") for at in range(len(train))),
        *(Painting(f"T{at}", Path(f"T{at}.jpg"), None, at, "test") for at in range(len(test))),
    ]
    thumbs = np.concatenate([wholes, np.array(shown, np.uint8).reshape(-1, SIDE, SIDE, 3)])
    styles = np.zeros((len(paintings), 1), np.float32)
    return Survey(tuple(paintings), (*train, *test), thumbs, styles)
