"""The files as pictures: sizes, forms, weights and JPEG quality, of training and of test."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from artcli.reporting.eda.distributions import (
    FILL,
    TEST,
    TRAIN,
    draw_distributions,
    plain_ticks,
    sides_legend,
)
from artcli.reporting.eda.drawing import FAINT, LINE, bare, counted, new_figure, percent, style
from artcli.reporting.eda.report import Drawn, EdaReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from artcli.contest.survey.records import Measures

Sides: TypeAlias = "dict[str, list[Measures]]"

_FORMS = {"1:2": 1 / 2, "2:3": 2 / 3, "3:4": 3 / 4, "1:1": 1, "4:3": 4 / 3, "3:2": 3 / 2, "2:1": 2}
_SQUARE = 1.03  # wider than high by less, or higher than wide, is square
_LARGEST_DOT = 150  # square points, of the commonest size
_BAR = 0.42  # of a bar's width, where the step from one quality to the next is 1
_KB = 1000


def file_figures(report: EdaReport) -> list[Drawn]:
    """Of the pictures that can be read; none where none to learn from can."""
    survey = report.survey
    sides: Sides = {
        kind: [survey.measures[at] for at in survey.usable(kind)] for kind in ("train", "test")
    }
    if not sides["train"]:
        return []
    with style():
        drawn = [_sizes(sides), _forms(sides), _weights(sides)]
        if any(one.quality for side in sides.values() for one in side):
            drawn.append(_qualities(sides))
    return drawn


def _sizes(sides: Sides) -> Drawn:
    """Dots as large as there are pictures of that size, and how widths and heights spread."""
    figure = new_figure(5.8)
    grid = figure.add_gridspec(
        2, 2, width_ratios=(8, 1), height_ratios=(1, 7), wspace=0.01, hspace=0.01
    )
    axes = bare(figure.add_subplot(grid[1, 0]), keep=("bottom", "left"))
    longest = 1.04 * max(max(one.width, one.height) for side in sides.values() for one in side)
    for wide, high, name in ((1, 1, "square"), (3, 2, "3:2"), (2, 3, "2:3")):
        reach = longest / max(wide, high)
        axes.plot([0, wide * reach], [0, high * reach], color=LINE, linewidth=0.8, zorder=0)
        axes.annotate(
            name, (wide * reach, high * reach), (2, 2), textcoords="offset points",
            fontsize=7.5, color=FAINT, annotation_clip=False,
        )  # fmt: skip
    for kind, colour in (("train", TRAIN), ("test", TEST)):
        sizes = Counter((one.width, one.height) for one in sides[kind])
        most = max(sizes.values(), default=1)
        axes.scatter(
            [width for width, _ in sizes], [height for _, height in sizes],
            s=[max(4.0, _LARGEST_DOT * count / most) for count in sizes.values()],
            color=colour, alpha=0.4, linewidth=0, rasterized=True,
        )  # fmt: skip
    axes.set_xlim(0, longest)
    axes.set_ylim(0, longest)
    axes.set_xlabel("width, pixels")
    axes.set_ylabel("height, pixels")
    axes.tick_params(axis="y", labelcolor=FAINT, labelsize=8)
    _margin(figure.add_subplot(grid[0, 0], sharex=axes), sides, "width", longest)
    _margin(figure.add_subplot(grid[1, 1], sharey=axes), sides, "height", longest)
    sides_legend(figure, test=bool(sides["test"]))
    medians = " and ".join(
        f"{_middle(sides[kind], 'width'):,.0f} x {_middle(sides[kind], 'height'):,.0f} {of}"
        for kind, of in (("train", "to learn from"), ("test", "in the test"))
        if sides[kind]
    )
    return Drawn(
        "sizes", "Picture sizes",
        f"Dots of width by height in pixels; the median size is {medians}.",
        "Each dot is a size, the larger, the more pictures have it; above and beside it how widths"
        " and heights spread. Pictures on a line have its form.",
        figure,
    )  # fmt: skip


def _margin(axes: Axes, sides: Sides, side: str, longest: float) -> None:
    edges = np.linspace(0, longest, 61)
    for kind, colour in (("train", TRAIN), ("test", TEST)):
        counts, _ = np.histogram([getattr(one, side) for one in sides[kind]], edges)
        axes.stairs(
            counts / max(1, len(sides[kind])), edges, fill=True, color=colour, alpha=FILL,
            orientation="vertical" if side == "width" else "horizontal",
        )  # fmt: skip
    bare(axes).tick_params(bottom=False, labelbottom=False, left=False, labelleft=False)


def _forms(sides: Sides) -> Drawn:
    ratio = {
        kind: np.array([one.width / one.height for one in side]) for kind, side in sides.items()
    }
    figure = new_figure(2.6)
    axes = figure.add_subplot()
    draw_distributions(axes, ratio["train"], ratio["test"], log=True, bins=60)
    low, high = axes.get_xlim()
    shown = {name: value for name, value in _FORMS.items() if low <= value <= high}
    axes.set_xticks(list(shown.values()), list(shown), minor=False)
    axes.set_xticks([], minor=True)
    axes.grid(axis="x")
    axes.set_xlabel("width : height")
    sides_legend(figure, test=len(ratio["test"]) > 0)
    tall, wide = (ratio["train"] < 1 / _SQUARE).mean(), (ratio["train"] > _SQUARE).mean()
    spread = (
        f"{percent(tall)} of the paintings to learn from are upright, {percent(wide)} lie on their"
        f" side, and {percent(1 - tall - wide)} are square"
    )
    return Drawn(
        "aspect-ratios", "Forms",
        f"Distributions of width by height. {spread}.",
        f"{spread}, to 3 %. A net is shown squares: what is far from one is squeezed or cropped.",
        figure,
    )  # fmt: skip


def _weights(sides: Sides) -> Drawn:
    figure = new_figure(2.6)
    left, right = figure.subplots(1, 2)
    sizes = _both(sides, lambda one: one.bytes / _KB)
    density = _both(sides, lambda one: one.bytes / (one.width * one.height))
    draw_distributions(left, *sizes, log=True)
    draw_distributions(right, *density, log=True)
    for axes, title in ((left, "file size, kB"), (right, "bytes per pixel")):
        axes.set_title(title)
        plain_ticks(axes)
    sides_legend(figure, test=bool(sides["test"]))
    total = sum(one.bytes for side in sides.values() for one in side) / _KB**2
    return Drawn(
        "file-sizes", "File sizes",
        f"Distributions of file sizes, with a median of {np.median(sizes[0]):,.0f} kB to learn"
        f" from, and of bytes per pixel, with a median of {np.median(density[0]):.2f}.",
        f"{total:,.0f} MB in all. Few bytes for a pixel mean strong compression, or little detail.",
        figure,
    )  # fmt: skip


def _qualities(sides: Sides) -> Drawn:
    figure = new_figure(2.4)
    axes = bare(figure.add_subplot(), keep=("bottom",))
    told = {kind: [one.quality for one in side if one.quality] for kind, side in sides.items()}
    for kind, colour, aside in (("train", TRAIN, -_BAR / 2), ("test", TEST, _BAR / 2)):
        counts = Counter(told[kind])
        axes.bar(
            [quality + aside for quality in counts],
            [count / len(told[kind]) for count in counts.values()],
            width=_BAR, color=colour, alpha=0.8,
        )  # fmt: skip
    lowest = min(quality for side in told.values() for quality in side)
    axes.set_xlim(min(lowest - 2, 70), 101)
    axes.yaxis.set_major_formatter(lambda share, _: percent(share))
    axes.grid(axis="y")
    axes.tick_params(axis="y", labelcolor=FAINT, labelsize=8)
    axes.set_xlabel("JPEG quality, estimated from the files' tables")
    sides_legend(figure, test=bool(sides["test"]))
    commonest = " and ".join(
        f"{Counter(told[kind]).most_common(1)[0][0]} {of}"
        for kind, of in (("train", "to learn from"), ("test", "in the test"))
        if told[kind]
    )
    others = sum(one.quality is None for side in sides.values() for one in side)
    return Drawn(
        "jpeg-quality", "JPEG quality",
        f"Bars of the share of pictures by JPEG quality; the commonest is {commonest}.",
        "Below about 70 blocks and rings can be seen, and a net can see traces of much less."
        + (f" {counted(others, 'picture')} in other formats are left out." if others else ""),
        figure,
    )  # fmt: skip


def _both(
    sides: Sides, of: Callable[[Measures], float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    train, test = (np.array([of(one) for one in sides[kind]]) for kind in ("train", "test"))
    return train, test


def _middle(measures: list[Measures], side: str) -> float:
    return float(np.median([getattr(one, side) for one in measures]))
