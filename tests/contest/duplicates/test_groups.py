"""Paintings that show the same become one group, by whatever way they are connected."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from small_contests import bare_contest, write_picture

from artcli.contest.duplicates.groups import groups_of
from artcli.contest.duplicates.records import Match
from artcli.contest.splits import find_groups
from artcli.contest.survey.records import SIDE, Measures, Survey
from artcli.workspace.files import write_text


def survey_of(train: int, test: int) -> Survey:
    contest = bare_contest(
        ("Ada",), {f"{row}": "Ada" for row in range(train)}, [f"t{row}" for row in range(test)]
    )
    count = train + test
    thumbs = np.zeros((count, SIDE, SIDE, 3), np.uint8)
    paintings = (*contest.train, *contest.test)
    return Survey(paintings, (Measures(),) * count, thumbs, np.zeros((count, 1), np.float32))


def test_chains_are_followed_also_through_pictures_of_the_test() -> None:
    matches = [
        Match(3, 4, "near", 0.9),
        Match(0, 6, "part", 0.9, whole=0),
        Match(2, 6, "near", 0.9),
        Match(0, 5, "mirrored", 0.9),
    ]
    assert groups_of(survey_of(6, 2), matches) == {
        "0": "same as 0",
        "2": "same as 0",
        "3": "same as 3",
        "4": "same as 3",
        "5": "same as 0",
    }


def test_a_painting_that_only_the_test_shows_again_is_in_no_group() -> None:
    assert groups_of(survey_of(2, 1), [Match(0, 2, "part", 0.9, whole=0)]) == {}


def test_the_folds_read_the_groups_as_they_are(tmp_path: Path) -> None:
    seen = survey_of(4, 0)
    groups = groups_of(seen, [Match(1, 3, "near", 0.9)])
    lines = [f"{key},{group}" for key, group in groups.items()]
    write_text(tmp_path / "groups.csv", "\n".join(["id,group", *lines, ""]))
    paintings = [
        replace(painting, path=write_picture(tmp_path / f"{row}.jpg", row, size=(24, 18 + row)))
        for row, painting in enumerate(seen.paintings)
    ]
    assert find_groups(paintings, tmp_path / "groups.csv") == {"1": "1", "3": "1"}
