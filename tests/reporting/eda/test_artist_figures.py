"""The artists' figures: which there are, what they say, and that no name breaks them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from small_contests import bare_contest

from artcli.contest.overview import overview
from artcli.contest.tables import Contest
from artcli.reporting.eda.artist_figures import artist_figures
from artcli.reporting.eda.drawing import HUES, as_svg, write_png
from artcli.reporting.eda.report import Drawn, EdaReport

LONG = "Maria " + "Theresia " * 40
WORKS = {
    "Vincent van Gogh": 6,
    "<script>alert(1)</script>": 3,
    "김환기": 2,
    LONG: 2,
    "J. Pollock": 1,
}
INFOS = [
    'Vincent van Gogh,1853 - 1890,"Impressionism,Japonism,Realism",Dutch',
    '<script>alert(1)</script>,1525-,Realism,"Swiss,French"',
    "김환기,1913 - 1974,추상,Korean",
    f"{LONG},,Realism,",
    "J. Pollock,1912 - 1956,<b>Action</b>,American",
]


def contest(works: Mapping[str, int], data: Path) -> Contest:
    painted = [artist for artist, count in works.items() for _ in range(count)]
    train = {str(number): artist for number, artist in enumerate(painted)}
    return bare_contest(sorted(works), train, data=data)


def figures(works: Mapping[str, int], data: Path) -> dict[str, Drawn]:
    who = overview(contest(works, data))
    report = cast(EdaReport, SimpleNamespace(overview=who))
    return {drawn.name: drawn for drawn in artist_figures(report)}


def write_infos(data: Path, rows: list[str]) -> None:
    (data / "artists_info.csv").write_text(
        "\n".join(["name,years,genre,nationality", *rows, ""]), encoding="utf-8"
    )


def texts(drawn: Drawn) -> list[str]:
    nodes: Any = ET.fromstring(as_svg(drawn)).iter()
    return [node.text for node in nodes if node.tag.endswith("text")]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Drawn]:
    data = tmp_path_factory.mktemp("contest")
    write_infos(data, INFOS)
    return figures(WORKS, data)


def test_every_figure_is_there_and_can_be_written(drawn: dict[str, Drawn], tmp_path: Path) -> None:
    assert list(drawn) == [
        "works-per-artist", "cumulative-share", "works-per-genre", "artist-and-genre",
        "several-genres", "life-spans", "nationality",
    ]  # fmt: skip
    for name, one in drawn.items():
        write_png(one, tmp_path / f"{name}.png")
        assert "<script" not in as_svg(one)
        assert one.alt.endswith(".")
        assert one.caption.endswith(".")
        assert len(one.alt) < 400


def test_works_per_artist_tells_counts_and_shares_most_first(drawn: dict[str, Drawn]) -> None:
    shown = texts(drawn["works-per-artist"])
    assert shown[:2] == ["Vincent van Gogh", "<script>alert(1)</script>"]
    assert shown[-2:] == ["1", "7.1 %"]
    assert "42.9 %" in shown
    assert "from 6 by Vincent van Gogh to 1 by J. Pollock" in drawn["works-per-artist"].alt
    assert "3 artists hold 79 % of all works" in drawn["works-per-artist"].alt


def test_the_spread_is_told_in_figures(drawn: dict[str, Drawn]) -> None:
    assert "half of all works: 2 artists" in texts(drawn["cumulative-share"])
    assert "Ratio of the largest class to the smallest: 6.0" in drawn["cumulative-share"].caption


def test_works_of_an_artist_count_in_each_genre(drawn: dict[str, Drawn]) -> None:
    shown = texts(drawn["works-per-genre"])
    assert shown[shown.index("11") + 1] == "3 artists"  # Realism: 6 + 3 + 2
    assert "Realism leads with 11 works by 3 artists" in drawn["works-per-genre"].alt


def test_artists_with_several_genres_are_named_with_them(drawn: dict[str, Drawn]) -> None:
    shown = texts(drawn["several-genres"])
    assert shown == ["Vincent van Gogh", "Impressionism, Japonism, Realism"]
    assert "1 artist of 5 worked in more than one genre" in drawn["several-genres"].alt


def test_lives_are_sorted_by_birth_and_coloured_by_the_first_nationality(
    drawn: dict[str, Drawn],
) -> None:
    shown = [text for text in texts(drawn["life-spans"]) if not text.isdecimal()]
    assert [text for text in shown if text in WORKS] == [
        "<script>alert(1)</script>", "Vincent van Gogh", "J. Pollock", "김환기",
    ]  # fmt: skip
    assert {"Dutch", "Swiss", "Korean", "American"} <= set(shown)
    assert "French" not in shown  # named second
    assert {"1600", "1700", "1900"} <= set(texts(drawn["life-spans"]))
    assert f"stroke: {HUES[0]}" in as_svg(drawn["life-spans"])


def test_without_artists_info_two_figures_remain(tmp_path: Path) -> None:
    assert list(figures({"Ada": 1, "Ben": 1}, tmp_path)) == ["works-per-artist", "cumulative-share"]


def test_no_artists_no_figures(tmp_path: Path) -> None:
    assert figures({}, tmp_path) == {}


def test_sixty_artists_have_a_row_each(tmp_path: Path) -> None:
    works = {f"Painter {number}": 60 - number for number in range(60)}
    one = figures(works, tmp_path)["works-per-artist"]
    assert one.figure.get_size_inches()[1] == pytest.approx(12.5)
    assert len(texts(one)) == 180
