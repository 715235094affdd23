"""Figures in rows: a name at the left, a bar or dots beside it, what they amount to at its end."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from artcli.contest.overview import Overview, Tally
from artcli.reporting.eda.drawing import FAINT, PAPER, QUIET, bare, counted, label, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW, FRAME = 0.2, 0.5  # inches of a row of a figure, and of what stands around the rows


def tally_bars(tallies: tuple[Tally, ...], who: Overview, colours: dict[str, str]) -> Figure:
    """A bar of works for each of `tallies`, cut where the works of its next artist begin."""
    works = {artist.name: artist.works for artist in who.artists}
    figure = new_figure(FRAME + ROW * len(tallies))
    axes = label_rows(figure, [tally.name for tally in tallies])
    for place, tally in enumerate(tallies):
        ends = list(accumulate(works[name] for name in tally.artists))
        axes.barh(
            [place] * len(ends), [works[name] for name in tally.artists],
            left=[0, *ends[:-1]], height=0.72, color=colours.get(tally.name, QUIET),
            edgecolor=PAPER, linewidth=0.8,
        )  # fmt: skip
        one = label(tally.artists[0], 40)
        note = one if len(tally.artists) == 1 else counted(len(tally.artists), "artist")
        note_end(axes, place, tally.works, f"{tally.works:,}", note)
    axes.set_xlim(0, max(tally.works for tally in tallies) * 1.4)
    return figure


def label_rows(figure: Figure, names: list[str]) -> Axes:
    """Axes with a row for each of `names`, the first on top, and nothing else around them."""
    axes = bare(figure.add_subplot())
    axes.set_yticks(range(len(names)), [label(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xticks([])
    return axes


def note_end(axes: Axes, place: int, value: float, text: str, note: str) -> None:
    """What is written at the end of a bar: its value, and a lesser note."""
    offset: Any = {"textcoords": "offset points", "va": "center_baseline", "in_layout": False}
    amount = axes.annotate(text, (value, place), (4, 0), fontsize=8.5, **offset)
    axes.annotate(
        note, (1, place), (5, 0), xycoords=(amount, "data"), fontsize=8, color=FAINT, **offset
    )
