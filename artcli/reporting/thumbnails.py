"""Small pictures for a page that needs no other file."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST = 96  # pixels


def thumbnail(picture: NDArray[np.uint8], width: int, height: int) -> str:
    """A `data:` address of a JPEG: `picture` `(S, S, 3)` uint8 RGB, in the form of `width` x
    `height`, which it had before it was squashed."""
    scale = LONGEST / max(width, height)
    form = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(picture, form, interpolation=cv2.INTER_AREA)
    bgr = np.ascontiguousarray(small[..., ::-1])
    data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}"
