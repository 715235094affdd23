"""Pictures as rows of the pixel cache: which ones to keep, and their decoding into place.

A `PixelSource` says what to keep of a file; a `Job` says where its rows go; `decode_into_place`
does it, in whatever process, and answers with what was found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from artcli.contest.crops import cut
from artcli.contest.images import BadImage, decode_image, encode_jpeg, resize
from artcli.contest.pixel_store import sum_of
from artcli.host.records import Box
from artcli.workspace.files import explained
from artcli.workspace.plain_files import read_plain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PIECE_QUALITY = 95  # of the JPEG that a piece goes through, as the contest's test pieces did


@dataclass(frozen=True)
class PixelSource:
    """A picture to keep. With `boxes`: instead of the whole, each box as a test piece.

    Such a piece is cut at the picture's own resolution, encoded as JPEG, decoded and resized.
    """

    key: str
    path: Path
    boxes: tuple[Box, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its rows: its own, or with boxes `KEY#0`, `KEY#1`, …"""
        if not self.boxes:
            return (self.key,)
        return tuple(f"{self.key}#{number}" for number in range(len(self.boxes)))


@dataclass(frozen=True)
class Job:
    """Decode `source` and write its rows into the file `into`, from byte `place` on."""

    source: PixelSource
    side: int
    into: Path
    place: int


@dataclass(frozen=True)
class Decoded:
    """What a job found: the hashes of the file and of each row, and the (width, height) of each
    row's picture, or why not.

    `lasting`: the file itself is bad, and need not be tried again until it changes.
    """

    sha256: str = ""
    sizes: tuple[tuple[int, int], ...] = ()
    sums: tuple[str, ...] = ()
    problem: str = ""
    lasting: bool = True


def decode_into_place(job: Job) -> Decoded:
    """Do `job`. A bad image is an answer; a disk that cannot be written is an `ArtcliError`."""
    source, side = job.source, job.side
    try:
        data = read_plain(source.path)
        pictures = list(_pictures(data, source))
    except BadImage as error:
        return Decoded(problem=error.message)
    except FileNotFoundError:
        return Decoded(problem=f"{source.path} is missing")
    except IsADirectoryError:
        return Decoded(problem=f"{source.path} is a folder, not an image")
    except OSError as error:
        reason = f"{source.path} cannot be read: {error.strerror or error}"
        return Decoded(problem=reason, lasting=False)
    rows = [resize(picture, side, side) for picture in pictures]
    # Written as a file, not through a map: a full disk is then an error, not a crash.
    with explained(job.into), job.into.open("r+b") as file:
        file.seek(job.place)
        for row in rows:
            file.write(row.tobytes())
    sizes = tuple((picture.shape[1], picture.shape[0]) for picture in pictures)
    return Decoded(hashlib.sha256(data).hexdigest(), sizes, tuple(map(sum_of, rows)))


def _pictures(data: bytes, source: PixelSource) -> Iterator[NDArray[np.uint8]]:
    whole = decode_image(data, str(source.path))
    if not source.boxes:
        yield whole
    for box in source.boxes:
        yield as_test_piece(cut(whole, box))


def as_test_piece(piece: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The piece after the JPEG that the contest's test pieces went through."""
    return decode_image(encode_jpeg(piece, PIECE_QUALITY), "a piece")
