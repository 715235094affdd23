"""How alike two pieces are, in the few numbers that `evidence` weighs.

Registration says how well they agree where they overlap; the colours of that overlap, which must be
the same but for the noise of JPEG, say whether to believe it; and all colours of both say whether
they can be of one painting at all.

Source: Lin 1989, "A Concordance Correlation Coefficient to Evaluate Reproducibility";
Bhattacharyya 1943 (the likeness of two histograms).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import cv2
import numpy as np

from artcli import console
from artcli.contest.workers import cores
from artcli.predicting.siblings.registration import SIDE, Registration, prepare, register

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Pairs = NDArray[np.intp]

NAMES = ("agreement", "share", "lead", "difference", "concordance", "colours")
BLOCK = 1024  # pairs of which the spectra are in memory together: at most 0.4 GB
BINS = 8  # of each of red, green and blue
NOISE = 6.0  # grey levels squared, of colours


def colours(pictures: NDArray[np.uint8]) -> Floats:
    """`(N, 512)`: the square roots of each picture's colour histogram, of which the product of two
    is their Bhattacharyya coefficient (1: the same colours). pictures: `(N, S, S, 3)` uint8."""
    found = np.empty((len(pictures), BINS**3), np.float32)
    for row, picture in enumerate(pictures):
        red, green, blue = np.moveaxis(picture.astype(np.intp) * BINS // 256, -1, 0)
        number = (red * BINS + green) * BINS + blue
        found[row] = np.bincount(number.ravel(), minlength=BINS**3) / number.size
    return np.sqrt(found)


def likenesses(pictures: NDArray[np.uint8], histograms: Floats, pairs: Pairs) -> Floats:
    """`(P, 6)`, in the order of `NAMES`, of `pairs` `(P, 2)` of rows.

    pictures: `(N, SIDE, SIDE, 3)` uint8 RGB; histograms: their `colours`. Threads share the work;
    what each pair gets does not depend on the others, nor on their number.
    """
    found = np.empty((len(pairs), len(NAMES)), np.float32)
    if not len(pairs):
        return found
    grey = np.stack([cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in pictures])
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    blocks = np.array_split(order, -(-len(order) // BLOCK))

    def fill(block: NDArray[np.intp]) -> int:
        found[block] = _block(pictures, grey, histograms, pairs[block])
        return len(block)

    with (
        console.progress("Comparing pieces", len(pairs)) as advance,
        ThreadPoolExecutor(cores(), "siblings") as threads,
    ):
        try:
            for count in threads.map(fill, blocks):
                advance(count)
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise
    return found


def _block(
    pictures: NDArray[np.uint8], grey: NDArray[np.uint8], histograms: Floats, pairs: Pairs
) -> Floats:
    """Those of `pairs`, which are sorted by their first rows."""
    rows, local = np.unique(pairs, return_inverse=True)
    local = local.reshape(pairs.shape)
    spectra = prepare(grey[rows])
    planes = np.ascontiguousarray(np.moveaxis(pictures[rows], -1, 1))
    starts = np.flatnonzero(np.diff(local[:, 0], prepend=-1))
    parts = []
    for some in np.split(np.arange(len(pairs)), starts[1:]):
        first, others = int(local[some[0], 0]), local[some, 1]
        laid = register(spectra, first, others)
        parts.append(_numbers(laid, planes[first], planes[others]))
    alike = np.einsum("pc,pc->p", histograms[pairs[:, 0]], histograms[pairs[:, 1]])
    return np.column_stack([np.concatenate(parts), np.log(1.01 - alike)]).astype(np.float32)


def _numbers(
    laid: Registration, picture: NDArray[np.uint8], others: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """All but the last of `NAMES`; logs, so that equal steps mean the same everywhere."""
    in_colour = [
        _colour(*overlap(picture, other, int(down), int(across)))
        for other, down, across in zip(others, laid.down, laid.across, strict=True)
    ]
    difference, concordance = np.transpose(in_colour)
    return np.column_stack(
        [
            np.log1p(laid.agreement),
            np.log(laid.share),
            laid.agreement / np.maximum(laid.rival, 1),
            np.log1p(difference),
            np.arctanh(np.clip(concordance, -0.99, 0.999)),
        ]
    )


def overlap(
    first: NDArray[np.uint8], second: NDArray[np.uint8], down: int, across: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The parts of both `(…, SIDE, SIDE)` that show the same, the second's corner being there."""
    high, wide = SIDE - abs(down), SIDE - abs(across)
    y, x = max(0, down), max(0, across)
    v, u = max(0, -down), max(0, -across)
    return first[..., y : y + high, x : x + wide], second[..., v : v + high, u : u + wide]


def _colour(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> tuple[float, float]:
    """Of colours `(3, h, w)`: the mean squared difference, and Lin's concordance over all three."""
    ours, theirs = (part.reshape(3, -1).astype(np.float32) - 128 for part in (one, other))
    apart = ours - theirs
    difference = float(np.vdot(apart, apart)) / ours.size
    means = ours.mean(1), theirs.mean(1)
    power = float(np.vdot(ours, ours) + np.vdot(theirs, theirs)) / ours.size
    spread = power - float((means[0] ** 2 + means[1] ** 2).mean())
    between = float(((means[0] - means[1]) ** 2).mean())
    # The squared difference is the spread of both less twice what they share, and the means' gap.
    return difference, (spread + between - difference) / (spread + between + NOISE)
