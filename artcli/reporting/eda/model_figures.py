"""What a run's out-of-fold predictions tell, as figures: who is taken for whom, and how surely.

A report goes in; figures come out, none where no run was audited but the map of the paintings.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from artcli.reporting.eda.drawing import (
    ACCENT,
    FAINT,
    HUES,
    INK,
    LINE,
    bare,
    counted,
    label,
    new_figure,
    percent,
    style,
)
from artcli.reporting.eda.map_figure import map_figures
from artcli.reporting.eda.placing import place_labels
from artcli.reporting.eda.report import Drawn, EdaReport
from artcli.reporting.figures import interval

if TYPE_CHECKING:
    from artcli.predicting.audit.records import ArtistScore, Audit

_FIGURES_UP_TO = 36  # artists in a matrix whose cells have room for a figure
_WRITTEN = 0.1  # the least share that is written into its cell
_WORST = 5  # artists in colour, at most


def model_figures(report: EdaReport) -> list[Drawn]:
    """The confusion matrix, F1 per artist and calibration of the audited run; the map."""
    drawn = []
    if report.audit is not None:
        with style():
            drawn = [
                _confusions(report.audit),
                _scores(report.audit),
                _calibration(report.audit),
            ]
    return [*drawn, *map_figures(report)]


def _confusions(audit: Audit) -> Drawn:
    """Cells as full as the square root of their share of the row, so that rare ones show, too."""
    from matplotlib.collections import PatchCollection
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Rectangle

    count = len(audit.order)
    shares = audit.matrix / np.maximum(1, audit.matrix.sum(axis=1, keepdims=True))
    size = 8.0 if count <= 20 else 7.0 if count <= _FIGURES_UP_TO else 5.8
    figure = new_figure(min(7.3, 2.2 + 0.5 * count))
    axes = bare(figure.add_subplot())
    cells = [(row, column) for row, column in np.argwhere(shares > 0).tolist()]
    axes.add_collection(
        PatchCollection(
            [Rectangle((column - 0.5, row - 0.5), 1, 1) for row, column in cells],
            facecolors=[
                to_rgba(HUES[0] if row == column else HUES[1], float(shares[row, column]) ** 0.5)
                for row, column in cells
            ],
            linewidths=0,
        )
    )
    if count <= _FIGURES_UP_TO:
        for row, column in cells:
            if shares[row, column] >= _WRITTEN:
                axes.text(
                    column, row, f"{100 * shares[row, column]:.0f}", fontsize=size - 1,
                    ha="center", va="center_baseline",
                )  # fmt: skip
    for at in range(count + 1):
        axes.axhline(at - 0.5, color=LINE, linewidth=0.3)
        axes.axvline(at - 0.5, color=LINE, linewidth=0.3)
    names = [label(name, 26) for name in audit.order]
    axes.set_xticks(range(count), names, rotation=90, fontsize=size, color=INK)
    axes.set_yticks(range(count), names, fontsize=size)
    axes.tick_params(length=0, top=False, bottom=False, labeltop=True, labelbottom=False)
    axes.set_xlim(-0.5, count - 0.5)
    axes.set_ylim(count - 0.5, -0.5)
    axes.set_aspect("equal")
    axes.set_ylabel("pieces by …")
    axes.set_title("… are named as", fontsize=8.5, color=FAINT, pad=4)
    worst = [
        f"{label(one.truth)} for {label(one.guess)} ({percent(one.share)})"
        for one in audit.confusions[:3]
    ]
    right = float(np.trace(audit.matrix) / max(1, audit.matrix.sum()))
    return Drawn(
        "confusion-matrix", "Who is taken for whom",
        f"A matrix of {counted(count, 'artist')}; {percent(right)} of the pieces are on its"
        f" diagonal, named rightly. Most often taken for another: {', '.join(worst) or 'none'}.",
        "Each row shares out the pieces of one artist, in per cent; the diagonal is right, all else"
        " is not. Artists who are taken for each other stand side by side.",
        figure,
    )  # fmt: skip


def _scores(audit: Audit) -> Drawn:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    by_f1 = sorted(audit.artists, key=lambda one: (one.f1, one.artist))
    works = np.array([max(1, one.works) for one in by_f1])
    worst = {one.artist for one in by_f1[: min(_WORST, len(by_f1) // 4)]}
    figure = new_figure(4.6)
    axes = bare(figure.add_subplot(), keep=("bottom",))
    axes.set_xscale("log")
    axes.set_xlim(works.min() / 1.15, works.max() * 1.3)
    axes.set_ylim(0, 1.02)
    axes.axhline(audit.f1, color=FAINT, linewidth=0.9, linestyle=(0, (2, 2)), zorder=1)
    axes.annotate(
        f"macro F1 {audit.f1:.3f}", (1, audit.f1), (0, 3), xycoords=("axes fraction", "data"),
        textcoords="offset points", ha="right", fontsize=8, color=FAINT,
    )  # fmt: skip
    axes.scatter(
        works, [one.f1 for one in by_f1], s=28, linewidth=0, zorder=2,
        color=[ACCENT if one.artist in worst else HUES[0] for one in by_f1],
    )  # fmt: skip
    axes.grid(axis="y")
    axes.tick_params(axis="y", labelcolor=FAINT, labelsize=8)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("paintings to learn from")
    axes.set_ylabel("F1 of the pieces")
    ends = _from_both_ends(list(range(len(by_f1))))
    place_labels(
        axes,
        [(float(works[at]), by_f1[at].f1) for at in ends],
        [label(by_f1[at].artist, 26) for at in ends],
    )
    return Drawn(
        "f1-by-works", "F1 per artist and number of works",
        f"Dots of F1 by number of works. {_known(by_f1[0])} is known worst,"
        f" {_known(by_f1[-1])} best; macro F1 is {audit.f1:.3f}"
        f" ({interval(audit.f1_low, audit.f1_high)}).",
        "Each dot is an artist, the least known in colour. An artist far below others with as many"
        " works is hard for another reason than their number.",
        figure,
    )  # fmt: skip


def _calibration(audit: Audit) -> Drawn:
    bins = audit.reliability.bins
    total = sum(one.pieces for one in bins)
    figure = new_figure(3.5)
    left, right = figure.subplots(1, 2)
    bare(left, keep=("bottom", "left"))
    said, found = [one.said for one in bins], [one.right for one in bins]
    left.plot([0, 1], [0, 1], color=FAINT, linewidth=0.9, linestyle=(0, (2, 2)))
    left.fill_between(said, said, found, color=ACCENT, alpha=0.15, linewidth=0)
    left.plot(said, found, color=ACCENT, linewidth=1.2)
    left.scatter(
        said, found, s=[14 + 160 * one.pieces / max(1, total) for one in bins], color=ACCENT,
        linewidth=0, zorder=3, clip_on=False,
    )  # fmt: skip
    left.set_xlim(0, 1)
    left.set_ylim(0, 1)
    left.set_aspect("equal")
    left.set_title("how often it is right")
    left.set_xlabel("how sure it says it is")
    bare(right, keep=("bottom",))
    for one in bins:
        right.bar(
            one.low, one.pieces / max(1, total), width=0.94 * (one.high - one.low), align="edge",
            color=HUES[0],
        )  # fmt: skip
    right.set_xlim(0, 1)
    right.set_title("how many pieces it is so sure of")
    right.set_xlabel("how sure it says it is")
    right.yaxis.set_major_formatter(lambda share, _: percent(share))
    for axes in (left, right):
        axes.grid(axis="y")
        axes.tick_params(axis="y", labelcolor=FAINT, labelsize=8)
        axes.xaxis.set_major_formatter(lambda share, _: percent(share))
    left.yaxis.set_major_formatter(lambda share, _: percent(share))
    mean_said = sum(one.said * one.pieces for one in bins) / max(1, total)
    mean_right = sum(one.right * one.pieces for one in bins) / max(1, total)
    return Drawn(
        "calibration", "Whether it is as sure as it is right",
        f"A curve of how often guesses are right by how sure they are: on average"
        f" {percent(mean_said)} sure and {percent(mean_right)} right.",
        f"On the dashed line it is right as often as it says; below it boasts, above it is too"
        f" modest. Expected calibration error {audit.reliability.error:.3f}.",
        figure,
    )  # fmt: skip


def _known(score: ArtistScore) -> str:
    return f"{label(score.artist)} ({score.f1:.2f}, {counted(score.works, 'work')})"


def _from_both_ends(numbers: list[int]) -> list[int]:
    """The first, the last, the second, the last but one, and so on."""
    pairs = itertools.zip_longest(numbers[: (len(numbers) + 1) // 2], reversed(numbers))
    return list(dict.fromkeys(at for pair in pairs for at in pair if at is not None))
