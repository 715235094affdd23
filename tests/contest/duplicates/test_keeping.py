"""Pairs are looked for once, and again where a picture has changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from artcli.contest.duplicates import keeping
from artcli.contest.duplicates.keeping import matches_of
from artcli.contest.duplicates.records import Match
from artcli.contest.survey.records import SIDE, Measures, Survey
from artcli.contest.tables import Painting

FOUND = (Match(0, 1, "part", 0.75, whole=0, turned=2),)


@pytest.fixture
def survey() -> Survey:
    paintings = tuple(Painting(str(n), Path(f"{n}.jpg"), "Ada Stone", n, "train") for n in range(2))
    measures = (Measures(pixels="a"), Measures(pixels="b"))
    thumbs = np.zeros((2, SIDE, SIDE, 3), np.uint8)
    return Survey(paintings, measures, thumbs, np.zeros((2, 3), np.float32))


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[Survey]:
    made: list[Survey] = []
    monkeypatch.setattr(keeping, "find_matches", lambda seen: made.append(seen) or FOUND)
    return made


def test_they_are_looked_for_once(tmp_path: Path, survey: Survey, searches: list[Survey]) -> None:
    assert matches_of(tmp_path, survey) == FOUND
    assert matches_of(tmp_path, survey) == FOUND
    assert len(searches) == 1


def test_another_picture_has_them_looked_for_again(
    tmp_path: Path, survey: Survey, searches: list[Survey]
) -> None:
    matches_of(tmp_path, survey)
    matches_of(tmp_path, replace(survey, measures=(Measures(pixels="a"), Measures(pixels="c"))))
    assert len(searches) == 2


@pytest.mark.parametrize("damage", ["", "[]", '{"of": 3}', '{"of": "MARK", "matches": [{}]}'])
def test_what_is_damaged_is_made_anew(
    tmp_path: Path, survey: Survey, searches: list[Survey], damage: str
) -> None:
    matches_of(tmp_path, survey)
    file = tmp_path / "survey" / "matches.json"
    mark = keeping._mark(survey)
    file.write_text(damage.replace("MARK", mark))
    assert matches_of(tmp_path, survey) == FOUND
    assert len(searches) == 2
