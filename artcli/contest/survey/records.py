"""What is known of a picture once it has been read: figures of the file, and of what it shows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from artcli.contest.tables import Kind, Painting

SIDE = 64  # of the small pictures that a survey keeps


@dataclass(frozen=True)
class Measures:
    """One picture. What a file that cannot be read does not tell is "", 0, None or NaN.

    `problem`: why it cannot be used, "" where it can. `bytes` and `sha256` are of the file;
    `format`, `mode`, `frames`, `orientation` (EXIF's, 1 to 8) of its header; `width` and `height`
    in pixels, as the picture is shown; `quality`: JPEG's, 1 to 100, estimated from its tables, and
    `tables`, a short mark of those and of the chroma's size; `pixels`: a hash of what is shown.

    `grey`: no colour anywhere; `lightness` mean L* 0..100, `contrast` its standard deviation,
    `chroma` mean C*ab, `colour` the mean colour as sRGB 0..255, `sharpness`: the mean square of
    the Laplacian by the variance of the grey values, at the picture's own size (0: a blur).

    `phash` and `mirrored`: 64-bit perceptual hashes, of the picture and of its mirror image.
    """

    problem: str = ""
    bytes: int = 0
    sha256: str = ""
    format: str = ""
    mode: str = ""
    frames: int = 1
    orientation: int = 1
    width: int = 0
    height: int = 0
    quality: int | None = None
    tables: str = ""
    pixels: str = ""
    grey: bool = False
    lightness: float = math.nan
    contrast: float = math.nan
    chroma: float = math.nan
    colour: tuple[int, int, int] = (0, 0, 0)
    sharpness: float = math.nan
    phash: int = 0
    mirrored: int = 0


@dataclass(frozen=True, eq=False)
class Survey:
    """N pictures, those to learn from first, then those of the test, each in its table's order.

    `thumbs` `(N, SIDE, SIDE, 3)` uint8 RGB, squashed to a square (zeros of a bad one), mapped into
    memory; `styles` `(N, D)` float32: statistics of colour and texture, by which pictures that look
    alike lie near each other. `measured`: how many were read anew to make it.
    """

    paintings: tuple[Painting, ...]
    measures: tuple[Measures, ...]
    thumbs: NDArray[np.uint8]
    styles: NDArray[np.float32]
    measured: int = 0

    def __len__(self) -> int:
        return len(self.paintings)

    def usable(self, kind: Kind) -> list[int]:
        """The numbers of the pictures of `kind` that can be read."""
        return [
            row
            for row, (painting, one) in enumerate(zip(self.paintings, self.measures, strict=True))
            if painting.kind == kind and not one.problem
        ]

    def works(self) -> dict[str, list[int]]:
        """artist -> the numbers of those of his paintings to learn from that can be read; without
        artists who have none."""
        found: dict[str, list[int]] = {}
        for row in self.usable("train"):
            found.setdefault(str(self.paintings[row].artist), []).append(row)
        return found
