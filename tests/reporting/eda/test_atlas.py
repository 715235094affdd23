"""The map's thumbnails lie where its script looks for them, and its colours tell groups apart."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from reporting.eda.fake_report import fake_report

from artcli.contest.overview import ArtistFacts
from artcli.contest.survey.records import SIDE
from artcli.reporting.eda.atlas import ACROSS, map_data, pack
from artcli.reporting.eda.drawing import HUES
from artcli.reporting.eda.lives import century, lived


def pixels(address: str) -> NDArray[np.uint8]:
    data = base64.b64decode(address.removeprefix("data:image/webp;base64,"))
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_a_thumbnail_lies_at_its_number_from_left_to_right_then_down() -> None:
    count = ACROSS * ACROSS + ACROSS + 2
    colours = np.random.default_rng(3).integers(0, 256, (count, 1, 1, 3))
    thumbs = np.broadcast_to(colours, (count, SIDE, SIDE, 3)).astype(np.uint8)
    thumbs[:, SIDE // 2 :, SIDE // 4 :] = 0  # so that its left and its top are known
    rows = list(range(count))[::-1]
    sheets = pack(thumbs, rows)
    assert [pixels(sheet).shape[:2] for sheet in sheets] == [
        (ACROSS * SIDE, ACROSS * SIDE), (2 * SIDE, ACROSS * SIDE),
    ]  # fmt: skip
    for place in (0, 1, ACROSS, ACROSS * ACROSS - 1, ACROSS * ACROSS, count - 1):
        sheet, at = divmod(place, ACROSS * ACROSS)
        down, along = divmod(at, ACROSS)
        shown = pixels(sheets[sheet])[down * SIDE :, along * SIDE :].astype(int)
        assert np.abs(shown[SIDE // 4, SIDE // 2] - colours[rows[place], 0, 0]).max() < 12
        assert shown[SIDE * 3 // 4, SIDE * 3 // 4].max() < 12


def test_many_thumbnails_are_kept_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    coarse = rng.integers(0, 256, (64, 16, 16, 3), np.uint8)
    thumbs = coarse.repeat(4, 1).repeat(4, 2)
    ample = sum(map(len, pack(thumbs, range(64))))
    monkeypatch.setattr("artcli.reporting.eda.atlas.BUDGET", ample * 2 // 5)
    assert sum(map(len, pack(thumbs, range(64)))) < ample * 2 // 3


def test_groups_differ_by_colour_then_by_shape(tmp_path: Path) -> None:
    numbers = map_data(fake_report(tmp_path))
    assert numbers is not None
    artists = numbers["groups"]["artist"]
    assert artists["colours"] == list(HUES[:5])
    assert numbers["groups"]["genre"]["of"][1] == [1, 0]  # cubism first: it colours him
    assert numbers["groups"]["century"]["of"][4] == []  # nothing is known of his years
    assert len(numbers["points"]) == 39  # one cannot be read
    assert numbers["points"][0] == [0, "0", 1.333]
    assert len(numbers["places"]["PCA"]) == 2 * 39


@pytest.mark.parametrize(
    ("born", "died", "of"),
    [
        (1525, 1569, "16th century"),
        (1866, 1944, "20th century"),
        (1471, 1528, "16th century"),
        (990, None, "11th century"),
        (None, 1322, "13th century"),
        (2001, None, "21st century"),
        (None, None, ""),
    ],
)
def test_an_artist_is_of_the_century_of_his_working_life(
    born: int | None, died: int | None, of: str
) -> None:
    artist = ArtistFacts("Ada", 1, 1.0, years="written so", born=born, died=died)
    assert century(artist) == of
    assert lived(artist) == (f"{born}–{died}" if born and died else "written so")
