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

    Floats = NDArray[np.float32]
    Rows = NDArray[np.intp]

BITS = 14  # of 64, in which the hashes of two pictures of one painting may differ
STRETCH = 0.1  # the most that the logs of two aspect ratios may differ
CHUNK = 256  # pictures that are compared with all others at a time
TURNS = range(4)  # quarter turns: abstract paintings are published whatever way up


def guess_whole(
    survey: Survey, shapes: Floats, firsts: Rows, seconds: Rows
) -> Iterator[list[Guess]]:
    """Guesses for `CHUNK` of `firsts` at a time, each of them with those of `seconds` after it.

    shapes: `(N,)`, the log of each picture's width by its height.
    """
    plain = np.array([measures.phash for measures in survey.measures], np.uint64)
    mirrored = np.array([measures.mirrored for measures in survey.measures], np.uint64)
    ways: list[tuple[How, int, NDArray[np.uint64]]] = [
        *(("near", turned, _turned(plain, turned)) for turned in TURNS),
        ("mirrored", 0, mirrored),
    ]
    for start in range(0, len(firsts), CHUNK):
        some = firsts[start : start + CHUNK]
        found = []
        for how, turned, hashes in ways:
            fits = abs(shapes[some, None] - shape(shapes[seconds], turned)) <= STRETCH
            fits &= some[:, None] < seconds
            fits &= np.bitwise_count(plain[some, None] ^ hashes[seconds]) <= BITS
            for row, column in np.argwhere(fits).tolist():
                found.append(Guess(int(seconds[column]), int(some[row]), how, turned))
        yield found


def shape(shapes: Floats, turned: int) -> Floats:
    """The log of width by height after so many quarter turns."""
    return -shapes if turned % 2 else shapes


def _turned(hashes: NDArray[np.uint64], turned: int) -> NDArray[np.uint64]:
    """The hashes of pictures after so many quarter turns, anticlockwise, but for a bit or two.

    Their bits say which of 8 x 8 cosines stand out. Of a picture turned upside down all cosines
    that are odd one way change their signs; of one laid on its side they change places.
    """
    places = np.arange(64, dtype=np.uint64).reshape(8, 8)[::-1, ::-1]  # the first is the highest
    bits = (hashes[:, None, None] >> places) & np.uint64(1)
    for _ in range(turned):
        bits = bits.swapaxes(1, 2).copy()
        bits[:, 1::2] ^= np.uint64(1)
    return np.asarray((bits << places).sum((1, 2)), np.uint64)
