"""The pixel cache on disk: rows of bytes in one file, and a JSON manifest of what they are.

The manifest names its rows' file and is replaced last, so that a build that stops half-way leaves
the former cache whole. Each source's `Facts` stand in the order of its rows, with their sha256.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from artcli.contest.images import DECODER_VERSION
from artcli.errors import ArtcliError
from artcli.workspace.files import allocate, explained, need_room, read_json, write_sealed

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = 3  # of the manifest


@dataclass(frozen=True)
class Facts:
    """What the rows of one source were made from, and what was found.

    Neither `sha256` nor `problem`: they are yet to be made. A source with a `problem` has no rows.
    """

    path: str
    size: int
    mtime_ns: int
    boxes: str  # a hash of the pieces wanted, "" for the whole picture
    rows: int
    sizes: tuple[tuple[int, int], ...] = ()  # (width, height) of each row's picture
    sums: tuple[str, ...] = ()  # the sha256 of each row's bytes
    sha256: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Store:
    """A manifest's facts, by the keys of their sources, and the rows it names."""

    path: Path
    array: NDArray[np.uint8]
    facts: Mapping[str, Facts]


def read_store(manifest: Path, side: int) -> Store | None:
    """The cache on disk; None when there is none, or it is damaged, or of another decoder."""
    with suppress(ArtcliError, OSError, ValueError, KeyError, TypeError, AttributeError):
        kept = read_json(manifest)
        if (kept["format"], kept["decoder"], kept["side"]) != (FORMAT, DECODER_VERSION, side):
            return None
        facts = {key: _facts(source) for key, source in kept["sources"].items()}
        path = manifest.with_name(kept["file"])
        return Store(path, map_rows(path, count_rows(facts), side), facts)
    return None


def _facts(source: Mapping[str, Any]) -> Facts:
    sizes = tuple((int(w), int(h)) for w, h in source["sizes"])
    return Facts(**{**source, "sizes": sizes, "sums": tuple(source["sums"])})


def count_rows(facts: Mapping[str, Facts]) -> int:
    return sum(source.rows for source in facts.values())


def map_rows(path: Path, rows: int, side: int) -> NDArray[np.uint8]:
    """The rows `(rows, side, side, 3)` of a cache file, read-only, mapped into memory."""
    shape = (rows, side, side, 3)
    if not rows:
        return np.zeros(shape, np.uint8)
    try:
        found = path.stat().st_size
        if found != rows * row_bytes(side):
            raise ArtcliError(f"{path} holds {found} bytes, not {rows} pictures of {side} x {side}")
        return np.memmap(path, np.uint8, mode="r", shape=shape)
    except OSError as error:
        why = error.strerror or error
        raise ArtcliError(f"{path} cannot be read: {why}", "was it removed meanwhile?") from error


class Rows:
    """The rows of a cache file, each checked when it is first read in this process.

    Read like an array `(N, side, side, 3)` uint8, by numbers of rows. Errors: `ArtcliError` that
    names the picture whose row is not what was written.
    """

    def __init__(self, path: Path, side: int, keys: Sequence[str], sums: Sequence[str]) -> None:
        self.mapped = map_rows(path, len(keys), side)
        self._path, self._keys, self._sums = path, keys, sums
        self._unread = np.ones(len(keys), bool)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.mapped.shape

    def __len__(self) -> int:
        return len(self.mapped)

    def __getitem__(self, chosen: Any) -> NDArray[np.uint8]:
        rows: NDArray[np.uint8] = self.mapped[chosen]
        wanted = np.atleast_1d(np.arange(len(self))[chosen])
        for row in wanted[self._unread[wanted]].tolist():
            self._check(row)
        return rows

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self[:], dtype, copy=copy)

    def _check(self, row: int) -> None:
        if sum_of(self.mapped[row]) != self._sums[row]:
            raise ArtcliError(
                f"the pixels of {self._keys[row]} in {self._path} are not those that were written "
                "(their sha256 differs)",
                f"remove {self._path}: the pictures are then read again",
            )
        self._unread[row] = False


def sum_of(row: NDArray[np.uint8]) -> str:
    """The sha256 of a row's bytes."""
    return hashlib.sha256(np.ascontiguousarray(row).data).hexdigest()


def row_bytes(side: int) -> int:
    return side * side * 3


def begin(
    manifest: Path, wanted: Mapping[str, Facts], side: int, kept: Store | None, same: Set[str]
) -> Path:
    """A new file for the rows of `wanted`, those of the sources `same` copied from `kept`.

    Errors: `ArtcliError` when the disk is too full.
    """
    size = count_rows(wanted) * row_bytes(side)
    need_room(
        manifest.parent,
        size,
        f"the pixel cache {manifest.stem}",
        "free some space, move the workspace to a larger disk, or use a smaller image size",
    )
    path = manifest.with_name(f"{manifest.stem}-{os.urandom(4).hex()}.rgb")
    try:
        with explained(path, size), path.open("wb") as file:
            allocate(file, size)
            if kept:
                _carry_over(file, kept, wanted, same, side)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _carry_over(
    file: IO[bytes], kept: Store, wanted: Mapping[str, Facts], same: Set[str], side: int
) -> None:
    rows_of: dict[str, NDArray[np.uint8]] = {}
    row = 0
    for key, old in kept.facts.items():
        rows_of[key] = kept.array[row : row + old.rows]
        row += old.rows
    place = 0
    for key, now in wanted.items():
        if key in same and now.rows:
            file.seek(place)
            file.write(rows_of[key].data)
        place += now.rows * row_bytes(side)


def close_gaps(
    path: Path, wanted: Mapping[str, Facts], made: Mapping[str, Facts], side: int
) -> None:
    """Move rows up over those of the `wanted` sources that have none in `made`."""
    read = written = 0
    with explained(path), path.open("r+b") as file:
        for key, source in wanted.items():
            size = source.rows * row_bytes(side)
            if made[key].rows:
                if written < read:
                    file.seek(read)
                    rows = file.read(size)
                    file.seek(written)
                    file.write(rows)
                written += size
            read += size
        file.truncate(written)


def commit(manifest: Path, side: int, path: Path, facts: Mapping[str, Facts]) -> None:
    """Flush the rows, let the manifest name them, and remove the files that it does not name."""
    with explained(path), path.open("r+b") as file:
        os.fsync(file.fileno())
    head = {"format": FORMAT, "decoder": DECODER_VERSION, "side": side, "file": path.name}
    sources = {key: asdict(found) for key, found in facts.items()}
    write_sealed(manifest, {**head, "sources": sources})
    for other in manifest.parent.glob("*.rgb"):
        if re.fullmatch(rf"{re.escape(manifest.stem)}-[0-9a-f]{{8}}\.rgb", other.name):
            # Where it is still mapped by a running process the name goes and the pixels stay;
            # Windows refuses, and the next renewal tries again.
            with suppress(OSError):
                if other != path:
                    other.unlink()
