"""Which pictures may show a part of which others: half its width and half its height, anywhere.

Small pictures go in; pairs worth a closer look come out, with the place where the part seems to
lie. Every part is held against every window of every whole of fitting shape, as products of
matrices; the few that come nearest are then looked at in finer detail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from artcli.contest.duplicates.hashes import CHUNK, STRETCH, TURNS, shape
from artcli.contest.duplicates.laying import ROUGH, relief
from artcli.contest.duplicates.records import Guess
from artcli.contest.duplicates.threads import in_threads
from artcli.contest.survey.records import SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Rows = NDArray[np.intp]

HALF = SIDE // 2
CELLS = 8  # along each side of a window: means of so many by so many cells describe it
STEP = HALF // CELLS  # pixels from a window to the next one
PLACES = HALF // STEP + 1  # of windows along each side
NEAREST = 8  # wholes, in one turn or another, that are looked at closely for each part
ROUGHLY, CLOSELY = 0.5, 0.3  # the least correlation of cells, then of detail
AROUND = 3  # pixels about a window in which the part is looked for
WHOLES = 64  # with which a chunk of parts is compared at a time, in 5 MB


@dataclass(frozen=True, eq=False)
class _Wholes:
    """Pictures in order of their `shapes`: their numbers, the windows of each `(W, PLACES ** 2,
    CELLS ** 2)`, row by row, as `_unit` gives them, and the detail of each `(W, SIDE, SIDE)`."""

    rows: Rows
    shapes: Floats
    windows: Floats
    details: NDArray[np.float16]


def guess_parts(
    greys: NDArray[np.uint8], shapes: Floats, parts: Rows, wholes: Rows
) -> Iterator[list[Guess]]:
    """Guesses for each of `parts` among `wholes`, at most `NEAREST` for each; `CHUNK` at a time.

    greys: `(N, SIDE, SIDE)` uint8, each squashed to a square; shapes: `(N,)`, the log of width by
    height before that. Threads share the work; the order does not depend on them.
    """
    parts, wholes = (rows[shapes[rows].argsort(kind="stable")] for rows in (parts, wholes))
    prepared = _prepared(greys, shapes, wholes)
    chunks = [parts[start : start + CHUNK] for start in range(0, len(parts), CHUNK)]
    return in_threads(lambda some: _guesses(greys, shapes, some, prepared), chunks)


def _guesses(greys: NDArray[np.uint8], shapes: Floats, parts: Rows, wholes: _Wholes) -> list[Guess]:
    small = np.stack(
        [[shrunk(np.rot90(grey, turned)) for grey in greys[parts]] for turned in TURNS]
    )
    cells = _unit(_cells(small.reshape(-1, HALF, HALF))).reshape(len(TURNS), len(parts), -1)
    nearest = [
        _nearest(wholes, cells[turned], parts, shape(shapes[parts], turned)) for turned in TURNS
    ]
    found = []
    for row, part in enumerate(parts.tolist()):
        turns = [
            (score, turned, number)
            for turned, of_parts in enumerate(nearest)
            for score, number in of_parts[row]
        ]
        for _, turned, number in sorted(turns, reverse=True)[:NEAREST]:
            place = int((wholes.windows[number] @ cells[turned, row]).argmax())
            detail = relief(small[turned, row], ROUGH)
            likeness, left, top = _closer(detail, wholes.details[number], place)
            if likeness >= CLOSELY:
                other = int(wholes.rows[number])
                found.append(Guess(part, other, "part", turned, left, top))
    return found


def shrunk(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`(SIDE, SIDE)` at half its size: as large as it is in the whole."""
    return np.asarray(cv2.resize(grey, (HALF, HALF), interpolation=cv2.INTER_AREA), np.uint8)


def _nearest(
    wholes: _Wholes, cells: Floats, parts: Rows, shapes: Floats
) -> list[list[tuple[float, int]]]:
    """For each of `parts` `(m,)`, which are in order of their `shapes` one way or the other, the
    scores and numbers of the wholes of fitting shape that come nearest."""
    low = wholes.shapes.searchsorted(shapes.min() - STRETCH)
    high = wholes.shapes.searchsorted(shapes.max() + STRETCH, "right")
    if low == high:
        return [[] for _ in parts]
    scores = np.empty((high - low, len(parts)), np.float32)
    for start in range(low, high, WHOLES):
        some = wholes.windows[start : min(start + WHOLES, high)]
        products = some.reshape(-1, some.shape[-1]) @ cells.T
        scores[start - low : start - low + len(some)] = products.reshape(*some.shape[:2], -1).max(1)
    scores[abs(wholes.shapes[low:high, None] - shapes) > STRETCH] = -1
    scores[wholes.rows[low:high, None] == parts] = -1
    most = min(NEAREST, len(scores))
    best = np.argpartition(-scores, most - 1, axis=0)[:most]
    return [
        [
            (float(scores[number, row]), int(low + number))
            for number in column
            if scores[number, row] >= ROUGHLY
        ]
        for row, column in enumerate(best.T)
    ]


def _closer(part: Floats, whole: NDArray[np.float16], place: int) -> tuple[float, int, int]:
    """The best correlation of detail about a window, and where: likeness, left, top."""
    row, column = divmod(place, PLACES)
    top, left = max(0, row * STEP - AROUND), max(0, column * STEP - AROUND)
    region = whole[top : row * STEP + AROUND + HALF, left : column * STEP + AROUND + HALF]
    found = cv2.matchTemplate(region.astype(np.float32), part, cv2.TM_CCORR_NORMED)
    down, across = divmod(int(found.argmax()), found.shape[1])
    return float(found[down, across]), left + across, top + down


def _prepared(greys: NDArray[np.uint8], shapes: Floats, wholes: Rows) -> _Wholes:
    windows = np.empty((len(wholes), PLACES**2, CELLS**2), np.float32)
    details = np.empty((len(wholes), SIDE, SIDE), np.float16)
    for number, row in enumerate(wholes):
        views = sliding_window_view(_cells(greys[row][None])[0], (CELLS, CELLS))
        windows[number] = _unit(views.reshape(-1, CELLS, CELLS))
        details[number] = relief(greys[row], ROUGH)
    return _Wholes(wholes, shapes[wholes], windows, details)


def _cells(greys: NDArray[np.uint8]) -> Floats:
    """`(N, S, S)` uint8 as means of `STEP` by `STEP` pixels."""
    count, side = len(greys), greys.shape[1] // STEP
    means = greys.reshape(count, side, STEP, side, STEP).mean((2, 4), dtype=np.float32)
    return np.asarray(means, np.float32)


def _unit(cells: Floats) -> Floats:
    """`(…, CELLS, CELLS)` as vectors of mean 0 and length 1 (0 where nothing varies)."""
    flat = cells.reshape(*cells.shape[:-2], -1)
    flat = flat - flat.mean(-1, keepdims=True)
    lengths = np.linalg.norm(flat, axis=-1, keepdims=True)
    return np.asarray(flat / np.maximum(lengths, 1), np.float32)
