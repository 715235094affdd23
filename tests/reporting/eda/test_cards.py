"""What is shown as pictures: the gravest pairs first, walls of what can be read, likely rivals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from reporting.eda.fake_report import ARTISTS, SCRIPT, fake_report

from artcli.contest.duplicates.records import Match
from artcli.reporting.eda import cards as made
from artcli.reporting.eda.cards import HUNG, choose_cards, nearest
from artcli.reporting.eda.report import EdaReport


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> EdaReport:
    return fake_report(tmp_path_factory.mktemp("pictures"))


def test_a_wall_has_some_paintings_of_each_artist_that_can_be_read(report: EdaReport) -> None:
    walls = choose_cards(report).walls
    assert [wall.artist for wall in walls] == list(ARTISTS)
    for wall in walls:
        assert len(set(wall.rows)) == HUNG
        names = {report.survey.paintings[row].artist for row in wall.rows}
        assert names == {wall.artist.name}
        assert 7 not in wall.rows


def test_what_two_artists_share_comes_first_then_what_the_test_shows(report: EdaReport) -> None:
    same = choose_cards(report).same
    assert [(card.row, card.others, card.between, card.grave) for card in same] == [
        (2, ((15, "the same file", 1.0),), "two artists", True),
        (3, ((40, "a part of it", 0.91), (41, "a part of it, upside down", 0.88)),
         "training and test", True),
        (0, ((1, "the same painting", 0.97),), "one artist", False),
    ]  # fmt: skip


def test_the_whole_stands_before_its_parts(report: EdaReport) -> None:
    part = replace(report, matches=(Match(4, 9, "part", 0.9, whole=9),))
    (card,) = choose_cards(part).same
    assert (card.row, card.others[0][0]) == (9, 4)


def test_beside_a_suspect_hang_the_likest_by_either_artist(report: EdaReport) -> None:
    doubt = choose_cards(report).doubts[0]
    paintings, styles = report.survey.paintings, report.survey.styles
    assert {paintings[row].artist for row in doubt.by_given} == {"Ada Stone"}
    assert {paintings[row].artist for row in doubt.by_suggested} == {SCRIPT}
    assert doubt.row not in doubt.by_given
    by_suggested = [row for row, one in enumerate(paintings) if one.artist == SCRIPT]
    far = np.linalg.norm(styles[by_suggested] - styles[doubt.row], axis=1)
    assert doubt.by_suggested[0] == by_suggested[int(far.argmin())]
    assert nearest(report.survey, 0, []) == ()


def test_a_large_report_shows_a_limited_number(
    report: EdaReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = tuple(Match(row, row + 1, "near", 0.9) for row in range(10))
    parts = tuple(Match(0, row, "part", 0.9, whole=0) for row in range(1, 12))
    many = replace(report, matches=(*pairs, *parts))
    monkeypatch.setattr(made, "SAME", 4)
    assert len(choose_cards(many).same) == 4
    (one,) = choose_cards(replace(report, matches=parts)).same
    assert (len(one.others), one.more) == (made.BESIDE, 2)
    monkeypatch.setattr(made, "SUSPECTS", 1)
    assert len(choose_cards(many).doubts) == 1


def test_the_same_paintings_are_chosen_each_time(report: EdaReport, tmp_path: Path) -> None:
    assert choose_cards(report) == choose_cards(fake_report(tmp_path))
