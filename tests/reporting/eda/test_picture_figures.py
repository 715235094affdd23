"""Figures of the pictures: what each tells in words, and that no name or picture breaks them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reporting.eda.fake_report import SCRIPT, fake_report

from artcli.contest.shift import find_shift
from artcli.contest.survey.records import SIDE, Measures, Survey
from artcli.contest.tables import Painting
from artcli.reporting.eda.colour_figures import colour_figures
from artcli.reporting.eda.drawing import as_svg, write_png
from artcli.reporting.eda.gallery_figures import gallery_figures
from artcli.reporting.eda.palettes import palette
from artcli.reporting.eda.picture_figures import picture_figures
from artcli.reporting.eda.report import Drawn, EdaReport

NAMES = [
    "sizes", "aspect-ratios", "file-sizes", "jpeg-quality", "brightness", "palettes",
    "colour-and-time", "grey-share", "train-and-test",
]  # fmt: skip


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> EdaReport:
    made = fake_report(tmp_path_factory.mktemp("pictures"))
    return replace(made, shift=find_shift(made.survey))


@pytest.fixture(scope="module")
def drawn(report: EdaReport) -> dict[str, Drawn]:
    return {figure.name: figure for figure in picture_figures(report)}


def test_every_figure_says_in_words_what_it_shows(drawn: dict[str, Drawn]) -> None:
    assert list(drawn) == NAMES
    assert "200 x 200 to learn from" in drawn["sizes"].alt
    assert "the commonest is 90 to learn from and 90 in the test" in drawn["jpeg-quality"].alt
    assert drawn["grey-share"].alt.startswith("Bars of the share of pictures without colour: ")
    assert "33 % are square" in drawn["aspect-ratios"].alt
    assert "Rank correlation with time: of lightness" in drawn["colour-and-time"].caption


def test_artists_of_one_time_have_no_correlation_with_it(report: EdaReport) -> None:
    artists = tuple(replace(artist, born=1850, died=1900) for artist in report.overview.artists)
    of_one_time = replace(report, overview=replace(report.overview, artists=artists))
    (drawn,) = (one for one in colour_figures(of_one_time) if one.name == "colour-and-time")
    assert drawn.caption.endswith("dark to light.")


def test_figures_are_written_as_svg_and_png_with_hostile_names_escaped(
    drawn: dict[str, Drawn], tmp_path: Path
) -> None:
    svg = as_svg(drawn["palettes"])
    assert "<script" not in svg
    assert "&lt;script&gt;" in svg
    assert SCRIPT.startswith("<script>")
    write_png(drawn["brightness"], tmp_path / "brightness.png")
    assert Image.open(tmp_path / "brightness.png").width > 1000


def test_dots_and_palettes_are_the_same_each_time(report: EdaReport) -> None:
    one, other = (list(map(as_svg, colour_figures(report))) for _ in range(2))
    assert one == other


def test_a_palette_is_the_colours_by_their_share_dark_to_light() -> None:
    thumb = np.zeros((1, SIDE, SIDE, 3), np.uint8)
    thumb[:, : SIDE // 4] = (200, 30, 30)
    survey = Survey((painting(0),), (Measures(),), thumb, np.zeros((1, 1), np.float32))
    colours, shares = palette(survey, "Ada", [0])
    assert colours.tolist() == [[0, 0, 0], [200, 30, 30]]
    assert shares == pytest.approx([0.75, 0.25], abs=0.02)


def test_a_palette_of_many_colours_has_six_that_lie_among_them() -> None:
    rng = np.random.default_rng(5)
    bright = np.array([[250, 40, 40], [40, 250, 40], [40, 40, 250], [250, 250, 250], [9, 9, 9],
                       [240, 240, 30]])  # fmt: skip
    picked = rng.integers(0, 6, (3, SIDE, SIDE))
    thumbs = np.clip(bright[picked] + rng.integers(-5, 6, (3, SIDE, SIDE, 3)), 0, 255)
    survey = Survey(tuple(map(painting, range(3))), (Measures(),) * 3, thumbs.astype(np.uint8),
                    np.zeros((3, 1), np.float32))  # fmt: skip
    colours, shares = palette(survey, "Ada", [0, 1, 2])
    assert shares.sum() == pytest.approx(1)
    off = np.abs(colours[:, None].astype(int) - bright[None]).max(2)
    assert sorted(off.argmin(1).tolist()) == [0, 1, 2, 3, 4, 5]
    assert off.min(1).max() <= 6


def test_a_contest_of_one_unreadable_picture_has_no_figures(report: EdaReport) -> None:
    bad = Survey((painting(0),), (Measures(problem="is empty"),),
                 np.zeros((1, SIDE, SIDE, 3), np.uint8), np.zeros((1, 1), np.float32))  # fmt: skip
    assert picture_figures(replace(report, survey=bad, shift=())) == []
    assert gallery_figures(replace(report, survey=bad)) == []


def test_a_contest_without_test_jpegs_colour_or_dates_draws_what_is_left(
    report: EdaReport,
) -> None:
    rows = [row for row, one in enumerate(report.survey.paintings) if one.kind == "train"]
    survey = replace(
        report.survey,
        paintings=report.survey.paintings[: len(rows)],
        measures=tuple(
            replace(one, quality=None, grey=False) for one in report.survey.measures[: len(rows)]
        ),
        thumbs=report.survey.thumbs[: len(rows)],
    )
    artists = tuple(replace(one, born=None, died=None) for one in report.overview.artists)
    who = replace(report.overview, artists=artists)
    plain = replace(report, survey=survey, overview=who, shift=())
    assert [one.name for one in picture_figures(plain)] == [
        "sizes", "aspect-ratios", "file-sizes", "brightness", "palettes",
    ]  # fmt: skip


def test_the_gallery_hangs_paintings_of_every_artist_and_pieces_of_three(
    report: EdaReport, tmp_path: Path
) -> None:
    shown = {figure.name: figure for figure in gallery_figures(report)}
    assert list(shown) == ["wall", "map-of-pictures", "quarters"]
    assert "each of 5 artists" in shown["wall"].alt
    assert shown["quarters"].alt.startswith("3 paintings, each with 5 frames")
    write_png(shown["wall"], tmp_path / "wall.png")
    pixels = np.asarray(Image.open(tmp_path / "wall.png").convert("RGB"))
    assert (pixels < 250).any(axis=2).mean() > 0.3


def test_pieces_of_a_painting_that_is_gone_are_left_out(report: EdaReport, tmp_path: Path) -> None:
    gone = tuple(replace(one, path=tmp_path / one.path.name) for one in report.survey.paintings)
    lost = replace(report, survey=replace(report.survey, paintings=gone))
    assert [one.name for one in gallery_figures(lost)] == ["wall", "map-of-pictures"]


def painting(number: int) -> Painting:
    return Painting(f"{number}", Path(f"{number}.jpg"), "Ada", number + 1, "train")
