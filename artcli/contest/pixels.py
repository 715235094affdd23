"""The pixel cache: every picture decoded once, squashed to a square, and mapped into memory.

`PixelSource`s go in, `Pixels` come out: one `(N, side, side, 3)` uint8 array on disk, shared by
all folds, runs, epochs and loader workers, of which only the rows in use occupy memory. A cache is
a `.npy` file and a JSON manifest that says what each row was made from. The manifest is replaced
last and names its `.npy`, so that a build that stops half-way leaves the former cache whole; rows
whose source has not changed are carried over.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.format import open_memmap

from artcli.contest.crops import Box, cut
from artcli.contest.images import (
    DECODER_VERSION,
    BadImage,
    decode_image,
    encode_jpeg,
    resize,
)
from artcli.contest.workers import work
from artcli.errors import ArtcliError, Problems
from artcli.workspace.files import read_json, sha256_file, write_json
from artcli.workspace.locks import hold

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIECE_QUALITY = 95  # of the JPEG that a piece goes through, as the contest's test pieces did
FORMAT = 1  # of the manifest


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
class Pixels:
    """The kept pixels: `array[i]` is the picture `keys[i]`, in the order of the sources.

    Pickles as a path, not as pixels: workers map the same file. `decoded` counts the files that
    were decoded to open it (none when the cache was complete).
    """

    path: Path
    side: int
    keys: tuple[str, ...]
    decoded: int = 0

    @cached_property
    def array(self) -> NDArray[np.uint8]:
        """`(N, side, side, 3)` uint8 RGB, read-only, mapped into memory."""
        if not self.keys:
            return np.zeros((0, self.side, self.side, 3), np.uint8)
        return _map(self.path, len(self.keys), self.side)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {key: row for row, key in enumerate(self.keys)}

    def row(self, key: str) -> int:
        return self._rows[key]

    def __len__(self) -> int:
        return len(self.keys)

    def __getstate__(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in ("path", "side", "keys", "decoded")}


@dataclass(frozen=True)
class _Facts:
    """What the rows of one source were made from; no `sha256`: they are yet to be made."""

    path: str
    size: int
    mtime_ns: int
    boxes: str
    rows: int
    sha256: str = ""


@dataclass(frozen=True)
class _Cache:
    """A manifest and the array it names; `facts` are in the order of the array's rows."""

    array: NDArray[np.uint8]
    path: Path
    facts: Mapping[str, _Facts]


def open_pixels(cache: Path, sources: Sequence[PixelSource], side: int, *, label: str) -> Pixels:
    """The pixels of `sources` at `side` x `side`, decoding only what the cache lacks.

    `label` names the set (`train`, `test`, …): the cache holds one set of sources for each label
    and side, and another set under the same label replaces it. An unchanged file is known by
    size and time, else by content. When two processes open one cache, the second waits.

    Errors: `Problems` that lists all the bad images at once (the good ones are kept for the
    next try); `ArtcliError` when the disk is too full.
    """
    if len({source.key for source in sources}) < len(sources):
        raise ValueError("two sources have one key")
    manifest = cache / "pixels" / f"{label}-{side}.json"
    keys = tuple(key for source in sources for key in source.keys)
    if not keys:
        return Pixels(manifest, side, ())
    kept, decoded = _read(manifest, side), 0
    if kept is None or not _fits(kept, sources):
        with hold(manifest.with_suffix(".lock"), f"the pixel cache {manifest.stem}", wait=True):
            kept = _read(manifest, side)  # the one waited for may have finished it
            if kept is None or not _fits(kept, sources):
                kept, decoded = _renew(manifest, kept, sources, side)
    pixels = Pixels(kept.path, side, keys, decoded)
    pixels.__dict__["array"] = kept.array
    return pixels


def _fits(kept: _Cache, sources: Sequence[PixelSource]) -> bool:
    """Whether the cache holds just these sources, in this order, none of them changed on disk."""
    return [source.key for source in sources] == list(kept.facts) and all(
        old.sha256 and old == replace(_facts(source), sha256=old.sha256)
        for source, old in zip(sources, kept.facts.values(), strict=True)
    )


def _facts(source: PixelSource) -> _Facts:
    size = mtime = -1
    with suppress(OSError):  # a missing file is reported with all others, by its decoding
        status = source.path.stat()
        size, mtime = status.st_size, status.st_mtime_ns
    boxes = hashlib.sha256(repr(source.boxes).encode()).hexdigest() if source.boxes else ""
    return _Facts(str(source.path), size, mtime, boxes, len(source.keys))


def _renew(
    manifest: Path, kept: _Cache | None, sources: Sequence[PixelSource], side: int
) -> tuple[_Cache, int]:
    """A new cache of former rows and newly decoded ones, and how many files were decoded."""
    former = _unchanged(kept, sources) if kept else {}
    facts = {source.key: former.get(source.key) or _facts(source) for source in sources}
    if kept and list(kept.facts) == list(former) == list(facts):
        _write(manifest, side, kept.path, facts)  # only times or places have changed
        return _Cache(kept.array, kept.path, facts), 0
    shape = (sum(source.rows for source in facts.values()), side, side, 3)
    _require_space(manifest.parent, math.prod(shape))
    path = manifest.with_name(f"{manifest.stem}-{os.urandom(4).hex()}.npy")
    bad: list[str] = []
    decoded = 0
    try:
        with _explained(path):
            start = _allocate(path, shape)
            if kept:
                _carry_over(kept, former, path, start, facts)
        jobs = _jobs(sources, former, path, start, side)
        answers = work(_decode_into_place, jobs, f"Reading pictures ({manifest.stem})")
        for job, (sha256, problem) in zip(jobs, answers, strict=True):
            decoded += 1
            if problem:
                bad.append(problem)
            else:
                facts[job.source.key] = replace(facts[job.source.key], sha256=sha256)
    finally:  # interrupted, or stopped by a full disk: what is done need not be done again
        with _explained(path):
            if decoded or former:
                _commit(manifest, side, path, facts)
            else:
                path.unlink(missing_ok=True)
    if bad:
        raise Problems(
            f"{len(bad)} of {len(sources)} images cannot be used",
            bad,
            "replace these files or remove their rows from the table; the others are kept ready",
        )
    made = _read(manifest, side)
    if made is None:
        raise ArtcliError(f"{path} cannot be read back", "is the disk in order?")
    return made, decoded


def _unchanged(kept: _Cache, sources: Sequence[PixelSource]) -> dict[str, _Facts]:
    """The facts of the sources whose rows can be carried over, by their keys."""
    former: dict[str, _Facts] = {}
    doubtful: list[tuple[str, _Facts]] = []
    for source in sources:
        old, now = kept.facts.get(source.key), _facts(source)
        if old is None or not old.sha256 or (old.boxes, old.size) != (now.boxes, now.size):
            continue
        former[source.key] = replace(now, sha256=old.sha256)
        if former[source.key] != old:
            doubtful.append((source.key, now))
    if doubtful:  # another time or place, the same size: the content decides
        paths = [now.path for _, now in doubtful]
        hashes = work(_sha256, paths, "Comparing pictures", alone_below=200, chunk=64)
        for (key, _), found in zip(doubtful, hashes, strict=True):
            if found != former[key].sha256:
                del former[key]
    return former


def _sha256(path: str) -> str:
    try:
        return sha256_file(Path(path))
    except OSError:
        return ""


@dataclass(frozen=True)
class _Job:
    """Decode `source` and write its rows into the file `into`, from byte `place` on."""

    source: PixelSource
    side: int
    into: Path
    place: int


def _jobs(
    sources: Sequence[PixelSource], former: Mapping[str, _Facts], into: Path, start: int, side: int
) -> list[_Job]:
    jobs, place = [], start
    for source in sources:
        if source.key not in former:
            jobs.append(_Job(source, side, into, place))
        place += len(source.keys) * side * side * 3
    return jobs


def _decode_into_place(job: _Job) -> tuple[str, str | None]:
    """The sha256 of the file decoded and, when it is bad, why."""
    source, side = job.source, job.side
    try:
        data = source.path.read_bytes()
        rows = _squashed(data, source, side)
    except BadImage as error:
        return "", error.message
    except FileNotFoundError:
        return "", f"{source.path} is missing"
    except OSError as error:
        return "", f"{source.path} cannot be read: {error.strerror or error}"
    # Written as a file, not through the map: a full disk is then an error, not a crash.
    with _explained(job.into), job.into.open("r+b") as file:
        file.seek(job.place)
        for row in rows:
            file.write(np.ascontiguousarray(row).data)
    return hashlib.sha256(data).hexdigest(), None


def _squashed(data: bytes, source: PixelSource, side: int) -> Iterator[NDArray[np.uint8]]:
    whole = decode_image(data, str(source.path))
    if not source.boxes:
        return iter([resize(whole, side, side)])
    return (resize(as_test_piece(cut(whole, box)), side, side) for box in source.boxes)


def as_test_piece(piece: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The piece after the JPEG that the contest's test pieces went through."""
    return decode_image(encode_jpeg(piece, PIECE_QUALITY), "a piece")


def _allocate(path: Path, shape: tuple[int, ...]) -> int:
    """Make an empty `.npy` file of `shape`; the byte at which its rows start."""
    array = open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    return int(array.offset)


def _carry_over(
    kept: _Cache, former: Mapping[str, _Facts], path: Path, start: int, facts: Mapping[str, _Facts]
) -> None:
    """Copy the rows of `former` from the cache `kept` to their places in the file `path`."""
    row_of: dict[str, int] = {}
    row = 0
    for key, old in kept.facts.items():
        row_of[key] = row
        row += old.rows
    with path.open("r+b") as file:
        place = start
        for key, now in facts.items():
            rows = kept.array[row_of[key] : row_of[key] + now.rows] if key in former else None
            if rows is not None:
                file.seek(place)
                file.write(rows.data)
            place += now.rows * math.prod(kept.array.shape[1:])


def _require_space(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size * 1.01:
        raise ArtcliError(
            f"the pixel cache needs {size / 1e9:.1f} GB in {folder}, where {free / 1e9:.1f} GB "
            "are free",
            "free some space, move the workspace to a larger disk, or use a smaller image size",
        )


def _commit(manifest: Path, side: int, path: Path, facts: Mapping[str, _Facts]) -> None:
    """Flush the array, let the manifest name it, and remove the arrays that it does not name."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())
    _write(manifest, side, path, facts)
    for other in manifest.parent.glob("*.npy"):
        if re.fullmatch(rf"{re.escape(manifest.stem)}-[0-9a-f]{{8}}\.npy", other.name):
            # Where it is still mapped by a running process the name goes and the pixels stay;
            # Windows refuses, and the next renewal tries again.
            with suppress(OSError):
                if other != path:
                    other.unlink()


def _write(manifest: Path, side: int, path: Path, facts: Mapping[str, _Facts]) -> None:
    sources = {key: asdict(source) for key, source in facts.items()}
    head = {"format": FORMAT, "decoder": DECODER_VERSION, "side": side, "file": path.name}
    write_json(manifest, {**head, "sources": sources})


def _read(manifest: Path, side: int) -> _Cache | None:
    """The cache on disk; None when there is none, or it is damaged, or of another decoder."""
    with suppress(ArtcliError, OSError, ValueError, KeyError, TypeError, AttributeError):
        kept = read_json(manifest)
        if (kept["format"], kept["decoder"], kept["side"]) != (FORMAT, DECODER_VERSION, side):
            return None
        facts = {key: _Facts(**source) for key, source in kept["sources"].items()}
        path = manifest.with_name(kept["file"])
        return _Cache(_map(path, sum(old.rows for old in facts.values()), side), path, facts)
    return None


def _map(path: Path, rows: int, side: int) -> NDArray[np.uint8]:
    try:
        array: NDArray[np.uint8] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ArtcliError(f"{path} cannot be read: {error}", "was it removed meanwhile?") from error
    if array.shape != (rows, side, side, 3) or array.dtype != np.uint8:
        raise ArtcliError(f"{path} is not the array that its manifest describes")
    return array


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArtcliError(f"cannot write {path}: {error.strerror or error}") from error
