"""The pixel cache: every picture decoded once, squashed to a square, and mapped into memory.

`PixelSource`s go in, `Pixels` come out: one `(N, side, side, 3)` uint8 array on disk, shared by
all folds, runs, epochs and loader workers, of which only the rows in use occupy memory. Rows whose
source has not changed are carried over when others have.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from artcli.contest.pixel_rows import (
    Decoded,
    Job,
    PixelSource,
    as_test_piece,
    decode_into_place,
)
from artcli.contest.pixel_store import (
    Facts,
    Rows,
    Store,
    begin,
    close_gaps,
    commit,
    read_store,
    row_bytes,
)
from artcli.contest.workers import hash_files, work
from artcli.errors import ArtcliError, Problems
from artcli.workspace.locks import hold

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Joined", "PixelSource", "Pixels", "as_test_piece", "open_pixels"]

_NEVER = -2  # the time of no file: such a source is tried again at every opening


def _no_sizes() -> NDArray[np.int64]:
    return np.zeros((0, 2), np.int64)


@dataclass(frozen=True)
class Pixels:
    """The kept pixels: `array[i]` is the picture `keys[i]`, in the order of the sources.

    `sizes` `(N, 2)` holds each picture's width and height before it was squashed. `decoded`
    counts the files that were decoded to open it (none when the cache was complete); `bad` gives
    the reason for each source left out, `sha256` that of each other source's file. Pickles as a
    path, not as pixels: workers map one file.
    """

    path: Path
    side: int
    keys: tuple[str, ...]
    sizes: NDArray[np.int64] = field(default_factory=_no_sizes, repr=False, compare=False)
    decoded: int = 0
    bad: Mapping[str, str] = field(default_factory=dict)
    sha256: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    sums: tuple[str, ...] = field(default=(), repr=False, compare=False)

    @cached_property
    def array(self) -> Rows:
        """`(N, side, side, 3)` uint8 RGB, read-only, mapped into memory; each row is checked
        against its sha256 (`sums`) when it is first read."""
        return Rows(self.path, self.side, self.keys, self.sums)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {key: row for row, key in enumerate(self.keys)}

    def square(self, row: int) -> NDArray[np.uint8]:
        """The picture in a row: `(side, side, 3)` uint8 RGB."""
        picture: NDArray[np.uint8] = self.array[row]
        return picture

    def row(self, key: str) -> int:
        return self._rows[key]

    def __len__(self) -> int:
        return len(self.keys)

    def __getstate__(self) -> dict[str, Any]:
        return {one.name: self.__dict__[one.name] for one in fields(self)}


@dataclass(frozen=True)
class Joined:
    """Caches of one side as one: the rows of each after those of the one before it."""

    parts: tuple[Pixels, ...]

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """`(N, 2)`: as those of `Pixels`."""
        return np.concatenate([part.sizes for part in self.parts])

    @cached_property
    def _ends(self) -> NDArray[np.intp]:
        return np.cumsum([len(part) for part in self.parts])

    def square(self, row: int) -> NDArray[np.uint8]:
        """The picture in a row: `(side, side, 3)` uint8 RGB."""
        number = int(np.searchsorted(self._ends, row, side="right"))
        part = self.parts[number]
        return part.square(row - int(self._ends[number]) + len(part))


def open_pixels(
    cache: Path, sources: Sequence[PixelSource], side: int, *, label: str, skip_bad: bool = False
) -> Pixels:
    """The pixels of `sources` at `side` x `side`, decoding only what the cache lacks.

    `label` names the set (`train`, `test`, …): the cache holds one set of sources for each label
    and side, and another set under the same label replaces it. An unchanged file is known by
    size and time, else by content. When two processes open one cache, the second waits.

    Errors: `Problems` that lists all the bad images at once (the good ones are kept for the
    next try), unless `skip_bad`, which leaves them out; `ArtcliError` when the disk is too full.
    """
    if len({source.key for source in sources}) < len(sources):
        raise ValueError("two sources have one key")
    manifest = cache / "pixels" / f"{label}-{side}.json"
    if not sources:
        return Pixels(manifest, side, ())
    kept, decoded = read_store(manifest, side), 0
    if kept is None or not _fits(kept, sources):
        with hold(manifest.with_suffix(".lock"), f"the pixel cache {manifest.stem}", wait=True):
            kept = read_store(manifest, side)  # the one waited for may have finished it
            if kept is None or not _fits(kept, sources):
                kept, decoded = _renew(manifest, kept, sources, side)
    bad = {key: facts.problem for key, facts in kept.facts.items() if facts.problem}
    if bad and not skip_bad:
        raise Problems(
            f"{len(bad)} of {len(sources)} images cannot be used",
            list(bad.values()),
            "replace these files or remove their rows from the table; the others are kept ready",
        )
    keys = tuple(key for source in sources if source.key not in bad for key in source.keys)
    sizes = np.array([size for facts in kept.facts.values() for size in facts.sizes], np.int64)
    sums = {key: facts.sha256 for key, facts in kept.facts.items() if not facts.problem}
    rows = tuple(one for facts in kept.facts.values() for one in facts.sums)
    pixels = Pixels(kept.path, side, keys, sizes.reshape(-1, 2), decoded, bad, sums, rows)
    _ = pixels.array  # mapped by now: nobody can remove it any more
    return pixels


def _fits(kept: Store, sources: Sequence[PixelSource]) -> bool:
    """Whether the cache holds just these sources, in this order, none of them changed on disk."""
    return [source.key for source in sources] == list(kept.facts) and all(
        _is_made(old) and _wanted(source) == _asked(old, source)
        for source, old in zip(sources, kept.facts.values(), strict=True)
    )


def _is_made(facts: Facts) -> bool:
    return bool(facts.sha256 or facts.problem)


def _wanted(source: PixelSource) -> Facts:
    """The facts of a source before it is decoded."""
    size = mtime = -1
    with suppress(OSError):  # a missing file is reported with all others, by its decoding
        status = source.path.stat()
        size, mtime = status.st_size, status.st_mtime_ns
    boxes = hashlib.sha256(repr(source.boxes).encode()).hexdigest() if source.boxes else ""
    return Facts(str(source.path), size, mtime, boxes, len(source.keys))


def _asked(made: Facts, source: PixelSource) -> Facts:
    """What `made` was before it was made."""
    return replace(made, rows=len(source.keys), sizes=(), sums=(), sha256="", problem="")


def _renew(
    manifest: Path, kept: Store | None, sources: Sequence[PixelSource], side: int
) -> tuple[Store, int]:
    """A new cache of former rows and newly decoded ones, and how many files were decoded."""
    former = _unchanged(kept, sources) if kept else {}
    facts = {source.key: former.get(source.key) or _wanted(source) for source in sources}
    if kept and list(kept.facts) == list(former) == list(facts):
        commit(manifest, side, kept.path, facts)  # only times or places have changed
        return replace(kept, facts=facts), 0
    path = begin(manifest, facts, side, kept, same=former.keys())
    made = dict(former)
    try:
        jobs = _jobs(sources, facts, former, path, side)
        with closing(work(decode_into_place, jobs, f"Reading pictures ({manifest.stem})")) as found:
            for job, decoded in zip(jobs, found, strict=True):
                made[job.source.key] = _after(facts[job.source.key], decoded)
    finally:  # interrupted, or stopped by a full disk: what is done need not be done again
        if made:
            finished = {key: made.get(key, replace(facts[key], rows=0)) for key in facts}
            close_gaps(path, facts, finished, side)
            commit(manifest, side, path, finished)
        else:
            path.unlink()
    renewed = read_store(manifest, side)
    if renewed is None:
        raise ArtcliError(f"{path} cannot be read back", "is the disk in order?")
    return renewed, len(jobs)


def _unchanged(kept: Store, sources: Sequence[PixelSource]) -> dict[str, Facts]:
    """The facts of the sources that need no decoding, by their keys."""
    former: dict[str, Facts] = {}
    doubtful: list[str] = []
    for source in sources:
        old, now = kept.facts.get(source.key), _wanted(source)
        if old is None or not _is_made(old) or (old.boxes, old.size) != (now.boxes, now.size):
            continue
        same = replace(old, path=now.path, mtime_ns=now.mtime_ns)
        if same == old:
            former[source.key] = old
        elif old.sha256:  # another time or place, the same size: the content decides
            former[source.key] = same
            doubtful.append(source.key)
    if doubtful:
        paths = [former[key].path for key in doubtful]
        for key, found in zip(doubtful, hash_files(paths), strict=True):
            if found != former[key].sha256:
                del former[key]
    return former


def _jobs(
    sources: Sequence[PixelSource],
    facts: Mapping[str, Facts],
    former: Mapping[str, Facts],
    into: Path,
    side: int,
) -> list[Job]:
    jobs, place = [], 0
    for source in sources:
        if source.key not in former:
            jobs.append(Job(source, side, into, place))
        place += facts[source.key].rows * row_bytes(side)
    return jobs


def _after(wanted: Facts, found: Decoded) -> Facts:
    """The facts once the source has been decoded, or found bad."""
    if found.problem:
        mark = wanted.mtime_ns if found.lasting else _NEVER
        return replace(wanted, rows=0, problem=found.problem, mtime_ns=mark)
    return replace(wanted, sizes=found.sizes, sums=found.sums, sha256=found.sha256)
