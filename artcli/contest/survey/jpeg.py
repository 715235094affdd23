"""What a JPEG's quantisation tables tell: the quality it was saved with, and by what kind of hand.

Most programs scale the two tables of the standard (ITU-T T.81, annex K) by a quality of 1 to 100,
as the Independent JPEG Group's library does; of others the nearest such quality is told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BRIGHTNESS = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_COLOUR = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)


def jpeg_quality(quantization: Sequence[Sequence[int]]) -> int:
    """The quality, 1 to 100, whose standard tables are nearest to these (each 64 steps, in rows).

    The first table is of the brightness, a second one of the colour.
    """
    found = np.asarray(quantization[:2], np.float64)
    standard = _standard_tables()[:, : len(found)]
    # Logarithms: a step of 2 for 1 is as far as one of 200 for 100.
    distances = np.abs(np.log(standard) - np.log(np.maximum(found, 1))).sum(axis=(1, 2))
    return int(np.argmin(distances)) + 1


def tables_mark(quantization: Sequence[Sequence[int]], sampling: str) -> str:
    """A short name of the tables and the colour's size: `standard 95, 4:2:0` or `3f2a9c01, 4:4:4`.

    Two JPEGs of one mark were saved with the same settings, most likely by the same program.
    """
    quality = jpeg_quality(quantization)
    tables = np.asarray(quantization)
    standard = _standard_tables()[quality - 1, : len(tables)]
    if standard.shape == tables.shape and (standard == tables).all():
        name = f"standard {quality}"
    else:
        name = hashlib.sha256(repr(tables.tolist()).encode()).hexdigest()[:8]
    return f"{name}, {sampling or 'other'}"


@cache
def _standard_tables() -> NDArray[np.int64]:
    """`(100, 2, 64)`: the tables for the qualities 1 to 100, as libjpeg scales them."""
    base = np.array([_BRIGHTNESS, _COLOUR]).reshape(2, 64)
    qualities = np.arange(1, 101)
    scales = np.where(qualities < 50, 5000 // qualities, 200 - 2 * qualities)
    tables: NDArray[np.int64] = np.clip((base * scales[:, None, None] + 50) // 100, 1, 255)
    return tables
