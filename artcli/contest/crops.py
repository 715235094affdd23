"""Pieces of paintings: boxes as fractions, and their exact cutting.

The contest's test images are pieces of half the width and half the height of a painting, anywhere
in it. `piece_boxes` gives the pieces that stand for a painting in validation; they depend on its
id alone, so that every run, machine and Python cuts the same ones.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

from artcli.host.records import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PIECE = 0.5  # of the width and of the height
_STEPS = 1 << 24  # offsets are multiples of 2**-25, so that `left + PIECE` is exact
WHOLE = Box(0.0, 0.0, 1.0, 1.0)


def piece_boxes(painting_id: str, pieces: int = 5) -> tuple[Box, ...]:
    """`pieces` boxes of half width and half height, uniform over the painting.

    More pieces begin with the same ones: `piece_boxes(id, 3) == piece_boxes(id, 5)[:3]`.
    """
    return tuple(_piece_box(painting_id, number) for number in range(pieces))


def _piece_box(painting_id: str, number: int) -> Box:
    digest = hashlib.sha256(f"piece {number} of {painting_id}".encode()).digest()
    across = int.from_bytes(digest[:8], "big") % (_STEPS + 1)
    down = int.from_bytes(digest[8:16], "big") % (_STEPS + 1)
    left, top = across / _STEPS * (1 - PIECE), down / _STEPS * (1 - PIECE)
    return Box(left, top, left + PIECE, top + PIECE)


def cut(array: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """The part of `array` `(H, W, …)` inside `box`, a view of it.

    Its size depends on the box's size alone (rounded down, at least one pixel), not on where it
    lies: all pieces of a W x H painting measure exactly W // 2 x H // 2.
    """
    height, width = array.shape[:2]
    x, across = _span(box.left, box.right, width)
    y, down = _span(box.top, box.bottom, height)
    return array[y : y + down, x : x + across]


def _span(low: float, high: float, length: int) -> tuple[int, int]:
    """First pixel and number of pixels of the part low..high of `length` pixels."""
    size = min(length, max(1, math.floor((high - low) * length + 1e-9)))
    return min(math.floor(low * length + 0.5), length - size), size
