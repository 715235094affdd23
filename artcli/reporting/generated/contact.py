"""The contact sheet as a figure: each work in a row with what it was made of and what is nearest.

Works come in; a figure for a PNG file goes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from artcli.contest.images import BadImage, read_image, resize
from artcli.reporting.eda.drawing import (
    ACCENT,
    FAINT,
    INK,
    LINE,
    WIDTH,
    counted,
    label,
    new_figure,
    percent,
    style,
)
from artcli.reporting.eda.report import Drawn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from artcli.reporting.generated.records import ShownWork

MOST = 40  # works on a sheet
_STYLES = 2  # paintings of style beside a work, at most
_SIDE, _GAP = 1.0, 0.06  # inches of a picture's place, and between two of them
_CAPTION, _HEAD = 0.44, 0.42  # inches under a row, and above all of them
_PIXELS = 220  # of a picture's longest side


def contact_sheet(works: Sequence[ShownWork], name: str, of: int) -> Drawn:
    """`works`, of the `of` that the set `name` has, side by side in two columns or more."""
    kinds = _kinds(works)
    cell = len(kinds) * (_SIDE + _GAP) + 0.2
    across = max(1, min(len(works), int((WIDTH * 1.35 + 0.2) // cell)))
    down = -(-len(works) // across)
    width, height = across * cell, down * (_SIDE + _CAPTION) + _HEAD
    with style():
        figure = new_figure(height, width)
        figure.set_layout_engine("none")
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_xlim(0, width)
        axes.set_ylim(height, 0)
        axes.set_axis_off()
        for column in range(across):
            for place, kind in enumerate(kinds):
                left = column * cell + place * (_SIDE + _GAP) + 0.1
                axes.text(left, _HEAD - 0.1, kind, color=FAINT, fontsize=8)
        for number, shown in enumerate(works):
            row, column = divmod(number, across)
            _hang(axes, shown, kinds, column * cell + 0.1, _HEAD + row * (_SIDE + _CAPTION))
    return Drawn(
        "sheet",
        f"{name}: {counted(of, 'new work')}",
        f"{counted(len(works), 'new work')} of {of:,}, each beside "
        + ", ".join(kind for kind in kinds if kind != "work"),
        "Beneath each work: its artist, and how much it is like the nearest real painting.",
        figure,
    )


def _kinds(works: Sequence[ShownWork]) -> list[str]:
    """What is beside each other in a row."""
    styles = min(_STYLES, max((len(shown.styles) for shown in works), default=0))
    kinds = ["content"] if any(shown.content for shown in works) else []
    kinds += ["style", "and style"][:styles]
    kinds.append("work")
    elsewhere = any(shown.nearest and not shown.is_content for shown in works)
    return kinds + (["nearest"] if elsewhere else [])


def _hang(axes: Axes, shown: ShownWork, kinds: Sequence[str], left: float, top: float) -> None:
    near = shown.neighbour
    beside = {"content": shown.content, "nearest": None if shown.is_content else shown.nearest}
    beside |= dict(zip(("style", "and style"), shown.styles, strict=False))
    paths = {
        kind: one.painting.path if one.painting else None for kind, one in beside.items() if one
    }
    paths["work"] = shown.work.path
    for place, kind in enumerate(kinds):
        if kind in paths:
            edge = ACCENT if kind == "nearest" and shown.is_copy else None
            _picture(axes, paths[kind], left + place * (_SIDE + _GAP), top, edge)
    words = f"{shown.work.id}  {label(shown.work.artist, 22)}"
    axes.text(left, top + _SIDE + 0.13, words, fontsize=7.5, color=INK)
    if near is not None:
        which = "its content" if shown.is_content else "the nearest"
        alike = f"{'copy, ' if shown.is_copy else ''}{percent(near.likeness)} like {which}"
        colour = ACCENT if shown.is_copy else FAINT
        axes.text(left, top + _SIDE + 0.27, alike, fontsize=7.5, color=colour)


def _picture(axes: Axes, path: Path | None, left: float, top: float, edge: str | None) -> None:
    """A picture in the middle of its place, an empty frame where it cannot be read."""
    from matplotlib.patches import Rectangle

    array = _read(path) if path else None
    if array is None:
        axes.add_patch(
            Rectangle((left, top), _SIDE, _SIDE, fill=False, edgecolor=LINE, linewidth=0.8)
        )
        return
    down, across = (side / max(array.shape[:2]) * _SIDE for side in array.shape[:2])
    x, y = left + (_SIDE - across) / 2, top + (_SIDE - down) / 2
    axes.imshow(array, extent=(x, x + across, y + down, y), aspect="auto", interpolation="none")
    if edge:
        axes.add_patch(Rectangle((x, y), across, down, fill=False, edgecolor=edge, linewidth=1.6))


def _read(path: Path) -> NDArray[np.uint8] | None:
    try:
        array = read_image(path)
    except BadImage:
        return None
    height, width = array.shape[:2]
    scale = min(1.0, _PIXELS / max(height, width))
    return resize(array, max(1, round(width * scale)), max(1, round(height * scale)))
