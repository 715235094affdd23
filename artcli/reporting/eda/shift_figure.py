"""Train against test as a picture: one small chart for each measure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from artcli.reporting.eda.distributions import draw_distributions, plain_ticks, sides_legend
from artcli.reporting.eda.drawing import ACCENT, FAINT, new_figure, style
from artcli.reporting.eda.report import Drawn, EdaReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from artcli.contest.shift import Shift

_COLUMNS, _HEIGHT = 3, 1.5  # charts side by side; inches of each
_LOGARITHMIC = ("width", "height", "aspect", "density", "detail")
_TOLD_BY_SIDES = "area"
_BINS = 28


def shift_figures(report: EdaReport) -> list[Drawn]:
    """Of the measures that are numbers; none where there is nothing to compare."""
    charts = [shift for shift in report.shift if shift.numeric and shift.name != _TOLD_BY_SIDES]
    if not charts:
        return []
    rows = math.ceil(len(charts) / _COLUMNS)
    with style():
        figure = new_figure(0.4 + _HEIGHT * rows)
        for place, shift in enumerate(charts):
            _chart(figure.add_subplot(rows, _COLUMNS, place + 1), shift)
        cut_up = any(shift.pieces is not None for shift in charts)
        sides_legend(figure, pieces=cut_up)
    apart = sorted(charts, key=lambda shift: -shift.unexplained)
    told = ", ".join(f"{shift.what} {shift.unexplained:.2f}" for shift in apart[:3])
    return [
        Drawn(
            "train-and-test", "The test beside what there is to learn from",
            f"{len(charts)} small charts of how measures spread in training and in test. The"
            f" largest distances{' from pieces' if cut_up else ''}: {told}.",
            "D is the largest difference of the two distributions, from 0, alike, to 1, nothing in"
            " common"
            + ("; where pieces of the paintings to learn from are drawn, the test's distance from"
               " them" if cut_up else "")
            + f". Chance alone stays below {charts[0].chance:.2f}; what lies above 0.10 and chance"
            " is in colour.",
            figure,
        )
    ]  # fmt: skip


def _chart(axes: Axes, shift: Shift) -> None:
    log = shift.name in _LOGARITHMIC and min(shift.train.min(), shift.test.min()) > 0
    draw_distributions(axes, shift.train, shift.test, shift.pieces, log=log, bins=_BINS)
    if log:
        plain_ticks(axes)
    axes.set_title(shift.what)
    axes.set_title(
        f"D {shift.unexplained:.2f}", loc="right", fontsize=8,
        color=ACCENT if shift.stands_out else FAINT,
    )  # fmt: skip
