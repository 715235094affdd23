"""A figure in a page and on paper: colours of the scheme, harmless names, always the same."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from artcli.reporting.eda.drawing import (
    ACCENT,
    FAINT,
    HUES,
    INK,
    QUIET,
    accent_ramp,
    as_svg,
    hues,
    label,
    new_figure,
    style,
    write_png,
)
from artcli.reporting.eda.report import Drawn

SCRIPT = "<script>alert('x')</script>"


def drawn(name: str = "bars", alt: str = "Two bars.") -> Drawn:
    with style():
        figure = new_figure(2)
        axes = figure.add_subplot()
        axes.barh([0, 1], [3, 2], color=[ACCENT, HUES[0]])
        axes.set_yticks([0, 1], [label(SCRIPT), 'a "quoted" $x$ id="here"'])
        axes.scatter([1, 2], [0, 1], color=INK, marker="x", rasterized=True)
    return Drawn(name, "Bars", alt, "How to read them.", figure)


def texts(svg: str) -> list[str | None]:
    return [node.text for node in ET.fromstring(svg).iter() if node.tag.endswith("text")]


def test_an_svg_takes_its_colours_from_the_page_and_keeps_those_of_the_data() -> None:
    svg = as_svg(drawn())
    assert f"fill: var(--accent, {ACCENT})" in svg
    assert f"var(--faint, {FAINT})" in svg
    assert f"fill: {HUES[0]}" in svg
    assert svg.count(ACCENT) == svg.count(f"var(--accent, {ACCENT})")


def test_text_stays_text_and_names_are_escaped() -> None:
    svg = as_svg(drawn())
    assert SCRIPT in texts(svg)
    assert 'a "quoted" $x$ id="here"' in texts(svg)
    assert "<script" not in svg
    assert "DejaVu" not in svg


def test_an_svg_says_what_it_shows_in_one_label() -> None:
    root = ET.fromstring(as_svg(drawn(alt='Bars, "a" < b & more.')))
    assert root.get("role") == "img"
    assert root.get("aria-label") == 'Bars, "a" < b & more.'


def test_ids_begin_with_the_figures_name_and_every_reference_finds_its_own() -> None:
    svg = as_svg(drawn("first"))
    ids = {node.get("id") for node in ET.fromstring(svg).iter() if node.get("id")}
    used = {part.split(")")[0].split('"')[0] for part in svg.split("#") if part.startswith("first")}
    assert ids
    assert used == ids
    assert "<style" not in svg  # it would be that of the whole page


def test_a_figure_is_always_the_same_in_whatever_order_it_is_written(tmp_path: Path) -> None:
    first, second = drawn(), drawn()
    svg = as_svg(first)
    write_png(first, tmp_path / "first.png")
    write_png(second, tmp_path / "second.png")
    assert as_svg(second) == svg
    assert (tmp_path / "first.png").read_bytes() == (tmp_path / "second.png").read_bytes()


def test_a_png_shows_the_colours_themselves_on_white(tmp_path: Path) -> None:
    write_png(drawn(), tmp_path / "bars.png")
    pixels = np.asarray(Image.open(tmp_path / "bars.png").convert("RGB"))
    seen = {f"#{r:02x}{g:02x}{b:02x}" for r, g, b in pixels.reshape(-1, 3)[::7]}
    assert {"#ffffff", ACCENT, HUES[0]} <= seen
    assert pixels.shape[:2] == (300, 1110)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ada Stone", "Ada Stone"),
        ("Ada\n\tStone\x00\u2028", "Ada Stone"),
        ("김환기", "김환기"),
        ("x" * 300, "x" * 29 + "…"),
        ("\ud800Ada", "Ada"),
    ],
)
def test_a_name_is_one_line_that_fits(name: str, shown: str) -> None:
    assert label(name) == shown


def test_letters_that_no_font_has_draw_no_warning(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    with style():
        figure = new_figure(1)
        figure.add_subplot().set_title("김환기 葛飾北斎 \U0001f5bc")
    write_png(Drawn("name", "", "", "", figure), tmp_path / "name.png")
    assert "김환기 葛飾北斎 \U0001f5bc" in texts(as_svg(Drawn("name", "", "", "", figure)))
    assert not list(recwarn)


def test_colours_of_kinds_can_be_seen_on_a_light_page_and_on_a_dark_one() -> None:
    for colour in HUES:
        assert contrast(colour, "#fdfdfb") >= 3
        assert contrast(colour, "#18191b") >= 3
    assert contrast(FAINT, "#fdfdfb") >= 4.5


def test_the_foremost_names_have_colours_and_the_others_are_quiet() -> None:
    found = hues(["a", "b", "a", *"cdefghij"])
    assert (found["a"], found["c"]) == (HUES[0], HUES[2])
    assert (found["i"], found["j"]) == (QUIET, QUIET)


def test_the_ramp_lets_the_ground_shine_through_where_there_is_nothing() -> None:
    ramp = accent_ramp()
    assert ramp(0.0)[3] == 0
    assert ramp(1.0)[3] == 1


def contrast(one: str, other: str) -> float:
    """WCAG 2.1's contrast ratio of two colours."""
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
