"""Which pictures may show a part of which others: half its width and half its height, anywhere.

Small pictures go in; pairs worth a closer look come out, with the place where the part seems to
lie. Every part is held against every window of every whole of fitting shape, as products of
matrices; the few that come nearest are then looked at in finer detail.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from artcli.contest.duplicates.hashes import CHUNK, STRETCH
from artcli.contest.duplicates.laying import relief
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
NEAREST = 8  # wholes that are looked at closely for each part
ROUGH = 2.0  # pixels: the detail that agrees even where parts are not yet aligned
ROUGHLY, CLOSELY = 0.5, 0.3  # the least correlation of cells, then of detail
AROUND = 3  # pixels about a window in which the part is looked for
WHOLES = 64  # with which a chunk of parts is compared at a time, in 5 MB


def guess_parts(
    greys: NDArray[np.uint8], shapes: Floats, parts: Rows, wholes: Rows
) -> Iterator[list[Guess]]:
    """Guesses for each of `parts` among `wholes`, at most `NEAREST` for each; `CHUNK` at a time.

    greys: `(N, SIDE, SIDE)` uint8, each squashed to a square; shapes: `(N,)`, the log of width by
    height before that. Threads share the work; the order does not depend on them.
    """
    parts, wholes = (rows[shapes[rows].argsort(kind="stable")] for rows in (parts, wholes))
    windows, details = _prepared(greys, wholes)

    def guesses(some: Rows) -> list[Guess]:
        low = shapes[wholes].searchsorted(shapes[some[0]] - STRETCH)
        high = shapes[wholes].searchsorted(shapes[some[-1]] + STRETCH, "right")
        near = wholes[low:high, None]
        fits = (abs(shapes[near] - shapes[some]) <= STRETCH) & (near != some)
        small = [shrunk(grey) for grey in greys[some]]
        cells = _unit(_cells(np.stack(small)))
        found = []
        for row, columns in enumerate(_nearest(windows[low:high], cells, fits)):
            detail = relief(small[row], ROUGH)
            for whole in low + columns:
                place = int((windows[whole] @ cells[row]).argmax())
                likeness, left, top = _closer(detail, details[whole], place)
                if likeness >= CLOSELY:
                    found.append(Guess(int(some[row]), int(wholes[whole]), "part", left, top))
        return found

    chunks = [parts[start : start + CHUNK] for start in range(0, len(parts), CHUNK)]
    return in_threads(guesses, chunks)


def shrunk(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`(SIDE, SIDE)` at half its size: as large as it is in the whole."""
    return np.asarray(cv2.resize(grey, (HALF, HALF), interpolation=cv2.INTER_AREA), np.uint8)


def _nearest(windows: Floats, cells: Floats, fits: NDArray[np.bool_]) -> Iterator[Rows]:
    """For each row of `cells` the rows of the nearest `windows` that `fits` `(windows, cells)`
    allows, in order."""
    scores = np.empty(fits.shape, np.float32)
    for start in range(0, len(windows), WHOLES):
        some = windows[start : start + WHOLES]
        products = some.reshape(-1, some.shape[-1]) @ cells.T
        scores[start : start + WHOLES] = products.reshape(*some.shape[:2], -1).max(1)
    scores[~fits] = -1
    for column in scores.T:
        rows = (-column).argsort(kind="stable")[:NEAREST]
        yield np.sort(rows[column[rows] >= ROUGHLY])


def _closer(part: Floats, whole: NDArray[np.float16], place: int) -> tuple[float, int, int]:
    """The best correlation of detail about a window, and where: likeness, left, top."""
    row, column = divmod(place, PLACES)
    top, left = max(0, row * STEP - AROUND), max(0, column * STEP - AROUND)
    region = whole[top : row * STEP + AROUND + HALF, left : column * STEP + AROUND + HALF]
    found = cv2.matchTemplate(region.astype(np.float32), part, cv2.TM_CCORR_NORMED)
    down, across = divmod(int(found.argmax()), found.shape[1])
    return float(found[down, across]), left + across, top + down


def _prepared(greys: NDArray[np.uint8], wholes: Rows) -> tuple[Floats, NDArray[np.float16]]:
    """The windows of each whole, row by row, as `_unit` gives them, and its detail."""
    windows = np.empty((len(wholes), PLACES**2, CELLS**2), np.float32)
    details = np.empty((len(wholes), SIDE, SIDE), np.float16)
    for number, grey in enumerate(greys[wholes]):
        views = sliding_window_view(_cells(grey[None])[0], (CELLS, CELLS))
        windows[number] = _unit(views.reshape(-1, CELLS, CELLS))
        details[number] = relief(grey, ROUGH)
    return windows, details


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
