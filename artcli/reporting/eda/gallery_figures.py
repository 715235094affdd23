"""The paintings themselves as figures: a wall of them, all of them on the map, and pieces of a few.

A report goes in; figures come out that hold many pictures, so they are for PNG files: the page
hangs its own.
"""

from __future__ import annotations

import math
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from artcli.contest.crops import cut, piece_boxes
from artcli.contest.images import BadImage, read_image, resize
from artcli.reporting.eda.bars import label_rows
from artcli.reporting.eda.drawing import (
    HUES,
    WIDTH,
    bare,
    counted,
    label,
    new_figure,
    style,
)
from artcli.reporting.eda.report import Drawn, EdaReport

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.contest.survey.records import Survey
    from artcli.contest.tables import Painting

_STRIP = 900, 64  # pixels of an artist's row of the wall
_GAP, _WIDEST_GAP = 4, 12  # pixels between two paintings, the least and the most
_MAP = 1400  # pixels of the map's side
_SQUARES = 12, 60  # along it, the fewest and the most
_SHOWN, _PIECES, _LONGEST = 3, 5, 420  # paintings with pieces; pieces of each; pixels


def gallery_figures(report: EdaReport) -> list[Drawn]:
    """The wall, the map of pictures, and pieces beside their paintings, of pictures that can be
    read; none where there are none."""
    if not (good := report.survey.usable("train")):
        return []
    with style():
        drawn = [_wall(report.survey, good)]
        if report.painting_map.places:
            drawn.append(_mosaic(report))
        return drawn + _quarters(report.survey, good)


def _wall(survey: Survey, rows: list[int]) -> Drawn:
    """For each artist as many paintings, drawn by lot, as fill a row."""
    works: dict[str, list[int]] = defaultdict(list)
    for at in np.random.default_rng(0).permutation(rows).tolist():
        works[survey.paintings[at].artist or ""].append(at)
    names = sorted(works)
    height = (WIDTH - 1.7) * _STRIP[1] / _STRIP[0]
    figure = new_figure(0.1 + len(names) * height * 1.07)
    axes = label_rows(figure, names)
    for place, name in enumerate(names):
        axes.imshow(
            _strip(survey, works[name]), extent=(0, 1, place + 0.47, place - 0.47), aspect="auto",
        )  # fmt: skip
    axes.set_xlim(0, 1)
    axes.set_ylim(len(names) - 0.5, -0.5)
    return Drawn(
        "wall", "A wall of paintings",
        f"A row of small paintings by each of {counted(len(names), 'artist')}.",
        "Drawn by lot, each in its own form.",
        figure,
    )  # fmt: skip


def _strip(survey: Survey, rows: list[int]) -> NDArray[np.uint8]:
    """Paintings side by side `(H, W, 4)` RGBA, clear where nothing hangs."""
    width, height = _STRIP
    wide: dict[int, int] = {}
    for at in rows:
        one = survey.measures[at]
        needed = max(8, round(height * one.width / one.height))
        if sum(wide.values()) + len(wide) * _GAP + needed <= width:  # a narrower one may still fit
            wide[at] = needed
    gap = min(_WIDEST_GAP, (width - sum(wide.values())) / max(1, len(wide) - 1))
    strip = np.zeros((height, width, 4), np.uint8)
    left = 0.0
    for at, across in wide.items():
        place = slice(round(left), round(left) + across)
        strip[:, place, :3] = resize(np.array(survey.thumbs[at]), across, height)
        strip[:, place, 3] = 255
        left += across + gap
    return strip


def _mosaic(report: EdaReport) -> Drawn:
    """Each square of a grid shows the painting nearest to its middle, of those that lie in it."""
    places = report.painting_map.places
    name = "t-SNE" if "t-SNE" in places else next(iter(places))
    count = int(np.clip(1.3 * math.sqrt(len(places[name])), *_SQUARES))
    side = _MAP // count
    scaled = count * np.stack([places[name][:, 0], 1 - places[name][:, 1]], axis=1)
    square = np.clip(scaled.astype(np.intp), 0, count - 1)
    off = np.abs(scaled - square - 0.5).max(axis=1)
    grid = np.zeros((count, side, count, side, 4), np.uint8)
    shown = {}
    for at in np.argsort(-off, kind="stable").tolist():
        shown[tuple(square[at].tolist())] = int(report.painting_map.rows[at])
    for (column, row), at in shown.items():
        grid[row, :, column, :, :3] = resize(_middle(report.survey, at), side, side)
        grid[row, :, column, :, 3] = 255
    figure = new_figure(WIDTH)
    axes = bare(figure.add_subplot())
    axes.imshow(grid.reshape(count * side, count * side, 4))
    axes.set_axis_off()
    return Drawn(
        "map-of-pictures", "The map, in pictures",
        f"{counted(len(shown), 'small painting')} laid out by {name} of {report.painting_map.of}.",
        "Where several paintings would lie on each other, one is shown.",
        figure,
    )  # fmt: skip


def _middle(survey: Survey, at: int) -> NDArray[np.uint8]:
    """The middle of a painting, square, of its small picture, which is squashed to a square."""
    thumb, one = np.array(survey.thumbs[at]), survey.measures[at]
    side = thumb.shape[0]
    across = max(8, round(side * min(1.0, one.height / one.width)))
    down = max(8, round(side * min(1.0, one.width / one.height)))
    left, top = (side - across) // 2, (side - down) // 2
    return thumb[top : top + down, left : left + across]


def _quarters(survey: Survey, rows: list[int]) -> list[Drawn]:
    """Paintings read at their own size, each with the pieces that stand for it in validation."""
    from matplotlib.patches import Rectangle

    shown: list[tuple[Painting, NDArray[np.uint8]]] = []
    artists: set[str | None] = set()
    for at in np.random.default_rng(1).permutation(rows).tolist():
        painting = survey.paintings[at]
        if len(shown) == _SHOWN:
            break
        if painting.artist not in artists:
            with suppress(BadImage):  # it may be gone since the survey
                shown.append((painting, read_image(painting.path)))
                artists.add(painting.artist)
    if not shown:
        return []
    figure = new_figure(2.1 * len(shown))
    grid = figure.add_gridspec(len(shown), 1 + _PIECES, width_ratios=(2.0, *[1.0] * _PIECES))
    for row, (painting, picture) in enumerate(shown):
        whole = bare(figure.add_subplot(grid[row, 0]))
        whole.imshow(_small(picture))
        whole.set_title(label(painting.artist or ""), fontsize=8.5)
        down, across = _small(picture).shape[:2]
        for column, box in enumerate(piece_boxes(painting.id, _PIECES)):
            whole.add_patch(
                Rectangle(
                    (box.left * across, box.top * down), (box.right - box.left) * across,
                    (box.bottom - box.top) * down, fill=False, edgecolor=HUES[column],
                    linewidth=1.6,
                )
            )  # fmt: skip
            piece = figure.add_subplot(grid[row, 1 + column])
            piece.imshow(_small(cut(picture, box)))
            for edge in piece.spines.values():
                edge.set(visible=True, color=HUES[column], linewidth=2)
            piece.set(xticks=[], yticks=[])
        whole.set(xticks=[], yticks=[])
    return [
        Drawn(
            "quarters", "Pieces beside their paintings",
            f"{counted(len(shown), 'painting')}, each with {_PIECES} frames on it, and beside it"
            " the pieces inside these.",
            "Pieces of half the width and half the height, as the test's are, cut where artcli cuts"
            " them to judge a model.",
            figure,
        )
    ]  # fmt: skip


def _small(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """No side longer than a figure can show."""
    height, width = picture.shape[:2]
    scale = min(1.0, _LONGEST / max(height, width))
    return resize(picture, max(1, round(scale * width)), max(1, round(scale * height)))
