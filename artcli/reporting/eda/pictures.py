"""Pictures for the page: chosen paintings, and pieces of them, as small JPEGs in `data:` addresses.

Each file is read once, in several processes; one that cannot be read has no pictures.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from artcli.contest.crops import WHOLE, cut
from artcli.contest.images import BadImage, encode_jpeg, read_image, resize
from artcli.contest.workers import work

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from artcli.host.records import Box

LONGEST = 200  # pixels
PIECE_LONGEST = 150
_QUALITY = 82

Job = tuple[Path, tuple["Box", ...]]


@dataclass(frozen=True)
class Picture:
    """An address for an `<img>`, and the picture's own size in pixels."""

    address: str
    width: int
    height: int


def read_pictures(
    paths: Iterable[Path], pieces: Mapping[Path, tuple[Box, ...]], workers: int | None = None
) -> dict[Path, tuple[Picture, ...]]:
    """Each path's picture, then those of its `pieces`; an empty tuple where it cannot be read."""
    jobs = [(path, pieces.get(path, ())) for path in dict.fromkeys([*paths, *pieces])]
    read = work(_read, jobs, "Reading pictures for the page", workers=workers, alone_below=48)
    return {path: pictures for (path, _), pictures in zip(jobs, read, strict=True)}


def _read(job: Job) -> tuple[Picture, ...]:
    path, boxes = job
    try:
        array = read_image(path)
    except BadImage:
        return ()
    whole = picture_of(array, LONGEST)
    return (whole, *(picture_of(cut(array, box), PIECE_LONGEST) for box in boxes if box != WHOLE))


def picture_of(array: NDArray[np.uint8], longest: int) -> Picture:
    """`array` `(H, W, 3)` uint8 RGB, no side longer than `longest` pixels."""
    height, width = array.shape[:2]
    scale = min(1.0, longest / max(width, height))
    form = max(1, round(width * scale)), max(1, round(height * scale))
    data = base64.b64encode(encode_jpeg(resize(array, *form), _QUALITY)).decode()
    return Picture(f"data:image/jpeg;base64,{data}", *form)
