"""Which whole pictures may be the same, or the same in a mirror: those of like perceptual hashes.

Source: Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from artcli.contest.duplicates.records import Guess, How

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.contest.survey.records import Survey

    Rows = NDArray[np.intp]

BITS = 14  # of 64, in which the hashes of two pictures of one painting may differ
STRETCH = 0.1  # the most that the logs of two aspect ratios may differ
CHUNK = 256  # pictures that are compared with all others at a time


def guess_whole(
    survey: Survey, shapes: NDArray[np.float32], ones: Rows, others: Rows
) -> Iterator[list[Guess]]:
    """Guesses for `CHUNK` of `ones` at a time, each of them with those of `others` after it.

    shapes: `(N,)`, the log of each picture's width by its height.
    """
    plain = np.array([measures.phash for measures in survey.measures], np.uint64)
    mirrored = np.array([measures.mirrored for measures in survey.measures], np.uint64)
    ways: tuple[tuple[How, NDArray[np.uint64]], ...] = (("near", plain), ("mirrored", mirrored))
    for start in range(0, len(ones), CHUNK):
        some = ones[start : start + CHUNK]
        fits = abs(shapes[some, None] - shapes[others]) <= STRETCH
        fits &= some[:, None] < others
        rows, columns = fits.nonzero()
        first, second = some[rows], others[columns]
        yield [
            Guess(one, other, how)
            for how, hashes in ways
            for one, other in zip(*_alike(plain, hashes, first, second), strict=True)
        ]


def _alike(
    plain: NDArray[np.uint64], hashes: NDArray[np.uint64], first: Rows, second: Rows
) -> tuple[list[int], list[int]]:
    alike = np.bitwise_count(plain[first] ^ hashes[second]) <= BITS
    return first[alike].tolist(), second[alike].tolist()
