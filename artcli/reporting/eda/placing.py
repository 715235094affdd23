"""Names beside the points of a figure, placed so that they cover neither points nor each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from artcli.reporting.eda.drawing import FAINT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Box: TypeAlias = tuple[float, float, float, float]  # left, low, right, high, in points

_WIDE, _HIGH = 0.58, 1.15  # of a letter, in sizes of the font
_SPOTS = (
    (1, 0), (-1, 0), (0, 1), (0, -1), (0.8, 0.8), (0.8, -0.8), (-0.8, 0.8), (-0.8, -0.8),
)  # fmt: skip


def place_labels(
    axes: Axes,
    points: Sequence[tuple[float, float]],
    names: Sequence[str],
    *,
    size: float = 7.5,
    dot: float = 3.5,
) -> int:
    """Write each name beside its point where there is room, the first ones first; how many were.

    The limits and scales of `axes` must be final. `size` is the font's, `dot` a point's radius; all
    lengths are in points, 1/72 inch.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()  # lays out the axes, so that their places are known
    scale = 72 / figure.dpi
    edges = [edge * scale for edge in axes.get_window_extent().extents]
    middles = (axes.transData.transform(list(points)) * scale).tolist()
    taken: list[Box] = [(x - dot, y - dot, x + dot, y + dot) for x, y in middles]
    written = 0
    for point, name, (x, y) in zip(points, names, middles, strict=True):
        wide, high = _WIDE * size * len(name), _HIGH * size
        for across, up in _SPOTS:
            left = x + across * (dot + 2) - wide * (1 - across / abs(across or 1)) / 2
            low = y + up * (dot + 1) - high * (1 - up / abs(up or 1)) / 2
            box = left, low, left + wide, low + high
            if _inside(box, edges) and not any(_meet(box, other) for other in taken):
                axes.annotate(
                    name, point, (left - x, low - y + high / 2), textcoords="offset points",
                    va="center_baseline", fontsize=size, color=FAINT,
                )  # fmt: skip
                taken.append(box)
                written += 1
                break
    return written


def _meet(one: Box, other: Box) -> bool:
    return (
        one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    )  # fmt: skip


def _inside(box: Box, edges: Sequence[float]) -> bool:
    return (
        box[0] >= edges[0] and box[1] >= edges[1] and box[2] <= edges[2] and box[3] <= edges[3]
    )  # fmt: skip
