"""A survey on disk: its rows in one file, and a JSON manifest of what each was made from.

The file holds all thumbs, then all styles. The manifest names it with its hash and is replaced
last, so that a survey that stops half-way leaves a whole one, where some rows may be yet to come.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np

from artcli.contest.images import DECODER_VERSION
from artcli.contest.survey.measure import MEASURES_VERSION
from artcli.contest.survey.records import SIDE, Measures
from artcli.contest.survey.styles import STYLE
from artcli.errors import ArtcliError
from artcli.workspace.files import (
    allocate,
    explained,
    need_room,
    read_json,
    sealed,
    sha256_file,
    sync_file,
    write_text,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_VERSION = [1, MEASURES_VERSION, DECODER_VERSION]  # of the manifest, and of what its rows hold
_MANIFEST, _ROWS = "survey.json", "rows-*.bin"
_THUMB, _STYLE = SIDE * SIDE * 3, STYLE * 4  # bytes


class Mark(NamedTuple):
    """A file as it stood when it was looked at; -1 and -1 where there was none."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Entry:
    """A picture by its place in the contest's folder; `measures` None: it is yet to be measured."""

    name: str
    mark: Mark
    measures: Measures | None = None


@dataclass(frozen=True, eq=False)
class Store:
    """N entries and their rows: `thumbs` `(N, SIDE, SIDE, 3)` uint8, `styles` `(N, STYLE)`
    float32, read-only, mapped into memory."""

    path: Path
    entries: tuple[Entry, ...]
    thumbs: NDArray[np.uint8]
    styles: NDArray[np.float32]


def read_store(folder: Path) -> Store | None:
    """The survey kept in `folder`; None where there is none, or a damaged one, or an older kind."""
    with suppress(ArtcliError, OSError, ValueError, KeyError, TypeError, AttributeError):
        kept = read_json(folder / _MANIFEST)
        path = folder / kept["file"]
        if kept["version"] != _VERSION or sha256_file(path) != kept["sha256"]:
            return None
        return _mapped(path, tuple(_entry(one) for one in kept["pictures"]))
    return None


def _mapped(path: Path, entries: tuple[Entry, ...]) -> Store:
    count = len(entries)
    thumbs, styles = np.zeros((0, SIDE, SIDE, 3), np.uint8), np.zeros((0, STYLE), np.float32)
    if count:
        thumbs = np.memmap(path, np.uint8, "r", shape=(count, SIDE, SIDE, 3))
        styles = np.memmap(path, np.float32, "r", count * _THUMB, (count, STYLE))
    return Store(path, entries, thumbs, styles)


def _entry(kept: Mapping[str, Any]) -> Entry:
    found = kept["measures"]
    measures = Measures(**{**found, "colour": tuple(found["colour"])}) if found else None
    return Entry(kept["name"], Mark(*kept["mark"]), measures)


@contextmanager
def new_rows(folder: Path, count: int) -> Iterator[IO[bytes]]:
    """A new file with room for `count` rows; the next `commit` names it, or removes it.

    Errors: `ArtcliError` when the disk is too full.
    """
    size = count * (_THUMB + _STYLE)
    need_room(folder, size, "the survey")
    path = folder / _ROWS.replace("*", os.urandom(4).hex())
    # Written as a file, not through a map: a full disk is then an error, not a crash.
    with explained(path, size), path.open("w+b") as file:
        allocate(file, size)
        yield file


def put(
    file: IO[bytes], count: int, row: int, thumb: NDArray[np.uint8], style: NDArray[np.float32]
) -> None:
    """Write one of `count` rows."""
    file.seek(row * _THUMB)
    file.write(thumb.tobytes())
    file.seek(count * _THUMB + row * _STYLE)
    file.write(style.tobytes())


def commit(path: Path, entries: Sequence[Entry]) -> Store:
    """Let the manifest name the rows in `path`, and remove all files that it does not name."""
    with explained(path):
        sync_file(path)
        sha256 = sha256_file(path)
    pictures = [
        {"name": one.name, "mark": one.mark, "measures": one.measures and vars(one.measures)}
        for one in entries
    ]
    head = {"version": _VERSION, "file": path.name, "sha256": sha256}
    write_text(
        path.with_name(_MANIFEST), json.dumps(sealed({**head, "pictures": pictures}, _MANIFEST))
    )
    for other in path.parent.glob(_ROWS):
        if other != path:
            # Where it is still mapped by a running process the name goes and the rows stay;
            # Windows refuses, and the next survey tries again.
            with suppress(OSError):
                other.unlink()
    return _mapped(path, tuple(entries))
