"""What people are told of pictures that show the same, and how grave it is."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from small_contests import bare_contest

from artcli.contest.duplicates.records import Match
from artcli.contest.duplicates.told import duplicate_findings
from artcli.contest.findings import Finding
from artcli.contest.splits import Folds
from artcli.contest.survey.records import SIDE, Measures, Survey

ARTISTS = {"a": "Ada", "b": "Ada", "c": "Ben\nWood", "d": "Ben\nWood"}
APART = Folds(2, {"a": 0, "b": 1, "c": 0, "d": 0})
TOGETHER = Folds(2, {"a": 0, "b": 0, "c": 1, "d": 0})
SAME_ARTIST = Match(0, 1, "near", 0.912)


def told(matches: Iterable[Match], folds: dict[int, Folds] | None = None) -> dict[str, Finding]:
    contest = bare_contest(("Ada", "Ben\nWood"), ARTISTS, ("t", "u"))
    thumbs = np.zeros((6, SIDE, SIDE, 3), np.uint8)
    styles = np.zeros((6, 1), np.float32)
    seen = Survey((*contest.train, *contest.test), (Measures(),) * 6, thumbs, styles)
    return {finding.code: finding for finding in duplicate_findings(seen, matches, folds or {})}


def test_nothing_is_told_of_nothing() -> None:
    assert told([], {2: APART}) == {}


def test_each_pair_is_told_where_it_belongs_with_all_that_is_known_of_it() -> None:
    found = told(
        [
            SAME_ARTIST,
            Match(0, 2, "mirrored", 0.8),
            Match(2, 3, "file", 1.0),
            Match(3, 4, "part", 0.95, whole=3, turned=2),
            Match(4, 5, "pixels", 1.0),
        ]
    )
    assert {code: finding.details for code, finding in found.items()} == {
        "duplicate-paintings": (
            "a (Ada) and b (Ada) show the same (likeness 0.91)",
            "c (Ben Wood) and d (Ben Wood) are the same file",
        ),
        "duplicates-across-artists": (
            "a (Ada) and c (Ben Wood) show the same, one mirrored (likeness 0.80)",
        ),
        "duplicates-in-test": ("t shows a part of d (Ben Wood), upside down (likeness 0.95)",),
        "duplicates-within-test": ("t and u have the same pixels",),
    }
    assert found["duplicates-in-test"].ids == (("train", "d"), ("test", "t"))
    assert found["duplicate-paintings"].title.endswith("2 pairs")
    assert found["duplicates-within-test"].severity == "note"
    assert found["duplicates-across-artists"].severity == "warning"


def test_copies_in_different_folds_are_a_warning_that_says_how_to_mend_it() -> None:
    found = told([SAME_ARTIST], {2: APART})
    torn = found["duplicates-straddle-folds"]
    assert torn.details == ("a in fold 0, b in fold 1",)
    assert torn.severity == found["duplicate-paintings"].severity == "warning"
    for step in ("artcli eda --fix", "artcli init --repair", "remove folds-2.csv"):
        assert step in torn.advice


def test_copies_that_no_folds_tear_apart_are_a_note() -> None:
    found = told([SAME_ARTIST], {2: TOGETHER})
    assert list(found) == ["duplicate-paintings"]
    assert found["duplicate-paintings"].severity == "note"


def test_copies_are_a_warning_while_no_folds_are_made() -> None:
    assert told([SAME_ARTIST])["duplicate-paintings"].severity == "warning"
