"""Colours as pictures: how light, how grey and how colourful each artist's paintings are.

All comes from the survey's small pictures and measures; every colour shown is one of the paintings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from artcli.reporting.eda.bars import FRAME, ROW, label_rows, note_end
from artcli.reporting.eda.drawing import (
    FAINT,
    INK,
    QUIET,
    counted,
    label,
    new_figure,
    percent,
    style,
)
from artcli.reporting.eda.palettes import COLOURS, key_of, palette
from artcli.reporting.eda.report import Drawn, EdaReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from artcli.contest.overview import ArtistFacts
    from artcli.contest.survey.records import Survey

Works = Mapping[str, list[int]]

_HALF_LIFE = 30.0  # years


def colour_figures(report: EdaReport) -> list[Drawn]:
    """Of the artists with pictures that can be read; none where there are none."""
    if not (works := report.survey.works()):
        return []
    with style():
        drawn = [_lightness(report.survey, works), _palettes(report.survey, works)]
        dated = [artist for artist in report.overview.artists if _middle_of(artist) is not None]
        if any(artist.name in works for artist in dated):
            drawn.append(_through_time(report.survey, works, dated))
        if any(report.survey.measures[at].grey for rows in works.values() for at in rows):
            drawn.append(_grey(report.survey, works))
    return drawn


def _lightness(survey: Survey, works: Works) -> Drawn:
    """A dot for each painting, in its own mean colour, at its mean lightness."""
    light = {
        name: np.array([survey.measures[at].lightness for at in rows])
        for name, rows in works.items()
    }
    names = sorted(works, key=lambda name: (-float(np.median(light[name])), name))
    figure = new_figure(FRAME + 0.3 + ROW * len(names))
    axes = label_rows(figure, names)
    for place, name in enumerate(names):
        rng = np.random.default_rng(key_of(name))
        aside = place + rng.uniform(-0.28, 0.28, len(works[name]))
        colours = np.array([survey.measures[at].colour for at in works[name]]) / 255
        axes.scatter(
            light[name], aside, s=11, color=colours, edgecolor=QUIET, linewidth=0.25,
            rasterized=True,
        )  # fmt: skip
        middle = float(np.median(light[name]))
        axes.plot([middle, middle], [place - 0.42, place + 0.42], color=INK, linewidth=2)
    axes.set_xlim(0, 100)
    axes.set_xticks([0, 25, 50, 75, 100], ["black", "25", "50", "75", "white"])
    axes.grid(axis="x")
    axes.set_xlabel("mean lightness L* of a painting")
    ends = [(name, float(np.median(light[name]))) for name in (names[0], names[-1])]
    return Drawn(
        "brightness", "Brightness per artist",
        "Rows of dots, a row for each artist, from the lightest to the darkest:"
        f" {' to '.join(f'{label(name)} (median L* {middle:.0f})' for name, middle in ends)}.",
        "Each dot is a painting in its mean colour; the bar is the artist's median.",
        figure,
    )  # fmt: skip


def _palettes(survey: Survey, works: Works) -> Drawn:
    """By k-means in CIE L*a*b*, where distances are near those that people see."""
    found = {name: palette(survey, name, rows) for name, rows in works.items()}
    colourful = {
        name: float(np.mean([survey.measures[at].chroma for at in rows]))
        for name, rows in works.items()
    }
    names = sorted(works, key=lambda name: (-colourful[name], name))
    figure = new_figure(FRAME + ROW * 1.15 * len(names))
    axes = label_rows(figure, names)
    for place, name in enumerate(names):
        colours, parts = found[name]
        axes.barh(
            [place] * len(parts), parts, left=np.concatenate([[0], np.cumsum(parts)[:-1]]),
            height=0.9, color=colours / 255,
        )  # fmt: skip
        _note_right(axes, place, f"{colourful[name]:.0f}")
    axes.set_xlim(0, 1)
    return Drawn(
        "palettes", "Palettes",
        f"A bar of {COLOURS} colours for each artist, from the most colourful,"
        f" {label(names[0])} (mean chroma {colourful[names[0]]:.0f}), to the most muted,"
        f" {label(names[-1])} ({colourful[names[-1]]:.0f}).",
        f"The {COLOURS} colours that stand best for all of an artist's paintings, as wide as their"
        " share, from dark to light; most colourful on top, with the mean chroma C*.",
        figure,
    )  # fmt: skip


def _through_time(survey: Survey, works: Works, dated: list[ArtistFacts]) -> Drawn:
    """A band for each painting, in its mean colour, artists in the order of their lives."""
    from scipy.stats import spearmanr

    shown = sorted(
        (artist for artist in dated if artist.name in works),
        key=lambda artist: (_middle_of(artist), artist.name),
    )
    figure = new_figure(FRAME + ROW * 1.15 * len(shown))
    axes = label_rows(figure, [artist.name for artist in shown])
    for place, artist in enumerate(shown):
        rows = sorted(works[artist.name], key=lambda at: survey.measures[at].lightness)
        bands = np.array([[survey.measures[at].colour for at in rows]], np.uint8)
        axes.imshow(
            bands, extent=(0, 1, place + 0.45, place - 0.45), aspect="auto",
            interpolation="nearest",
        )  # fmt: skip
        _note_right(axes, place, f"{artist.born or ''}–{artist.died or ''}")
    axes.set_xlim(0, 1)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    with_time = {}
    times = [_middle_of(artist) for artist in shown]
    for name in ("lightness", "chroma"):
        means = [
            float(np.mean([getattr(survey.measures[at], name) for at in works[artist.name]]))
            for artist in shown
        ]
        if len(shown) > 2 and min(len(set(times)), len(set(means))) > 1:
            with_time[name] = spearmanr(times, means).statistic
    told = ", ".join(f"of {name} {value:+.2f}" for name, value in with_time.items())
    return Drawn(
        "colour-and-time", "Colour through time",
        f"A row of colour bands for each artist, from {label(shown[0].name)} to"
        f" {label(shown[-1].name)}, a band for each painting in its mean colour.",
        "Artists in the order of their lives; each painting is a band in its mean colour, dark to"
        " light." + (f" Rank correlation with time: {told}." if told else ""),
        figure,
    )  # fmt: skip


def _grey(survey: Survey, works: Works) -> Drawn:
    grey = {
        name: sum(survey.measures[at].grey for at in rows) / len(rows)
        for name, rows in works.items()
    }
    names = sorted((name for name in works if grey[name]), key=lambda name: (-grey[name], name))
    figure = new_figure(FRAME + 0.2 + ROW * len(names))
    axes = label_rows(figure, names)
    axes.barh(range(len(names)), [100 * grey[name] for name in names], height=0.72, color=FAINT)
    for place, name in enumerate(names):
        of = f"{round(grey[name] * len(works[name])):,} of {len(works[name]):,}"
        note_end(axes, place, round(100 * grey[name]), percent(grey[name]), of)
    axes.set_xlim(0, max(grey.values()) * 125)
    without = len(works) - len(names)
    return Drawn(
        "grey-share", "Grey pictures",
        f"Bars of the share of pictures without colour: {percent(grey[names[0]])} of"
        f" {label(names[0])}'s, the most.",
        "Pictures without any colour, as scans of prints and drawings are, or photographs of old"
        " catalogues. A net may take grey itself for a mark of the artist."
        + (f" {counted(without, 'artist')} without any are left out." if without else ""),
        figure,
    )  # fmt: skip


def _middle_of(artist: ArtistFacts) -> float | None:
    """The middle of a life; of one known by half, 30 years from the end that is known."""
    if artist.born is not None and artist.died is not None:
        return (artist.born + artist.died) / 2
    if artist.born is not None:
        return artist.born + _HALF_LIFE
    return None if artist.died is None else artist.died - _HALF_LIFE


def _note_right(axes: Axes, place: int, text: str) -> None:
    axes.annotate(
        text, (1, place), (5, 0), textcoords="offset points", va="center_baseline", fontsize=8,
        color=FAINT, annotation_clip=False,
    )  # fmt: skip
