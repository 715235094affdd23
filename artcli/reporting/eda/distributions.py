"""Two collections of numbers over each other: what there is to learn from, and the test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from artcli.reporting.eda.drawing import ACCENT, HUES, INK, bare

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

TRAIN, TEST, PIECES = HUES[0], ACCENT, INK
FILL = 0.4  # opacity of a filled shape
_BINS = 40
_MIDDLE = (0.5, 99.5)  # per cent that the bins span; what lies outside falls into the last ones


def draw_distributions(
    axes: Axes,
    train: NDArray[Any],
    test: NDArray[Any],
    pieces: NDArray[Any] | None = None,
    *,
    log: bool = False,
    bins: int = _BINS,
) -> None:
    """Shares of `train` as a filled shape, of `test` and of `pieces` as lines, in common bins."""
    edges = _edges([train, test, *([] if pieces is None else [pieces])], log, bins)
    bare(axes, keep=("bottom",))
    axes.stairs(_shares(train, edges), edges, fill=True, color=TRAIN, alpha=FILL)
    if pieces is not None:
        axes.stairs(
            _shares(pieces, edges),
            edges,
            baseline=None,
            color=PIECES,
            linewidth=1.0,
            linestyle=(0, (2, 1.5)),
        )
    if len(test):
        axes.stairs(_shares(test, edges), edges, baseline=None, color=TEST, linewidth=1.5)
    if log:
        axes.set_xscale("log")
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(bottom=0)
    axes.set_yticks([])


def sides_legend(figure: Figure, *, test: bool = True, pieces: bool = False) -> None:
    """What the shapes of `draw_distributions` stand for, above the figure."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [Patch(color=TRAIN, alpha=FILL, label="to learn from")]
    if pieces:
        handles.append(
            Line2D([], [], color=PIECES, linewidth=1.0, linestyle=(0, (2, 1.5)),
                   label="to learn from, cut into pieces")
        )  # fmt: skip
    if test:
        handles.append(Line2D([], [], color=TEST, linewidth=1.5, label="test"))
    figure.legend(handles=handles, loc="outside upper left", ncols=3)


def plain_ticks(axes: Axes) -> None:
    """A logarithmic axis labelled as people write numbers: 20, 50, 100."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _edges(many: list[NDArray[Any]], log: bool, bins: int) -> NDArray[Any]:
    ends = np.array([np.percentile(values, _MIDDLE) for values in many if len(values)])
    low, high = float(ends[:, 0].min()), float(ends[:, 1].max())
    if log:
        low = max(low, 1e-6)
        return np.geomspace(low, max(high, low * 1.2), bins + 1)
    if high <= low:  # all of one value: it stands in the middle
        low, high = low - 0.5 * (abs(low) or 1), high + 0.5 * (abs(high) or 1)
    step = (high - low) / bins  # the ends have a bin of their own, so that none is cut in half
    return np.linspace(low - step, high + step, bins + 3)


def _shares(values: NDArray[Any], edges: NDArray[Any]) -> NDArray[Any]:
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    return counts / max(1, len(values))
