"""The ladder as a picture: for each row the slides' difference and ours, side by side."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from artcli.reporting.ladder import Ladder

# Two of Okabe and Ito's colours, told apart by the colour-blind, and by shape and filling too.
OURS, SLIDES = "#0072b2", "#d55e00"
INK, FAINT = "#222222", "#bbbbbb"
_ROW_INCHES, _FRAME_INCHES, _WIDTH_INCHES = 0.42, 1.5, 8.0
_APART = 0.16  # of a row's height, from its middle


def ladder_svg(ladder: Ladder) -> str:
    """An SVG document of the rows that are compared with another; always the same for one ladder.

    A hollow square is the slides' difference of F1, a disc ours, with its 95 % interval.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    compared = [(row.name, row.comparison) for row in ladder.rows if row.comparison]
    with mpl.rc_context(
        {"svg.hashsalt": "artcli", "svg.fonttype": "none", "text.parse_math": False}
    ):
        height = _FRAME_INCHES + _ROW_INCHES * max(1, len(compared))
        figure = Figure(figsize=(_WIDTH_INCHES, height), layout="constrained")
        axes = figure.add_subplot()
        axes.axvline(0, color=FAINT, linewidth=1, zorder=0)
        slides = [
            (found.slides_f1, place - _APART)
            for place, (_, found) in enumerate(compared)
            if found.slides_f1 is not None
        ]
        ours = [
            (found.ours, place + _APART)
            for place, (_, found) in enumerate(compared)
            if found.ours is not None
        ]
        axes.plot(
            [value for value, _ in slides], [place for _, place in slides],
            linestyle="none", marker="s", markersize=7, markerfacecolor="none",
            markeredgecolor=SLIDES, markeredgewidth=1.6, label="slides",
        )  # fmt: skip
        axes.errorbar(
            [estimate.value for estimate, _ in ours], [place for _, place in ours],
            xerr=[
                [estimate.value - estimate.low for estimate, _ in ours],
                [estimate.high - estimate.value for estimate, _ in ours],
            ],
            linestyle="none", marker="o", markersize=7, color=OURS, capsize=3,
            label="ours, with 95 % interval by painting",
        )  # fmt: skip
        axes.set_yticks(
            range(len(compared)), [f"{name}  on {found.base}" for name, found in compared]
        )
        axes.set_ylim(max(1, len(compared)) - 0.5, -0.5)  # the first row on top
        axes.set_xlabel("difference of macro F1 to the row that it is built on")
        axes.grid(axis="x", color=FAINT, alpha=0.4, linewidth=0.6)
        axes.tick_params(axis="y", length=0)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        figure.legend(loc="outside upper left", ncols=2, frameon=False)
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    return written.getvalue()
