"""A disk that forgets: logged file operations, and what may be left of them when power is lost.

What was flushed stays. Of what was not, anything may: a file's bytes all, in part, or as zeros; a
folder's new, renamed and removed entries all, none, the first few, or any of them. (After Pillai et
al. 2014, "All File Systems Are Not Created Equal", who replay system calls in the same way.)
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from traced import run_traced

_LOGGED = (
    "openat,close,lseek,write,pwrite64,ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,"
    "unlinkat,mkdir,rmdir,link,linkat,mkdirat,writev"  # the last four are not expected
)
_REARRANGING = {"mkdir", "rmdir", "unlink", "unlinkat", "rename", "renameat", "renameat2"}
_CALL = re.compile(r"(\w+)\((.*)\)\s+= (\d+)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass
class File:
    now: bytes = b""
    flushed: bytes = b""

    def flush(self) -> None:
        self.flushed = self.now

    def after_crash(self, rng: np.random.Generator) -> bytes:
        if self.now == self.flushed:
            return self.now
        kept = self.flushed if self.now.startswith(self.flushed) else b""
        length = int(rng.integers(len(kept), len(self.now) + 1))
        zeros = kept + bytes(len(self.now) - len(kept))
        states = (self.flushed, self.now, self.now[:length], zeros)
        return states[rng.integers(len(states))]


@dataclass
class Handle:
    """An open file or folder, and where in it is written next."""

    of: File | Folder
    place: int = 0

    def write(self, data: bytes, place: int | None = None) -> None:
        assert isinstance(self.of, File)
        start = self.place if place is None else place
        before = self.of.now.ljust(start, b"\0")
        self.of.now = before[:start] + data + before[start + len(data) :]
        if place is None:
            self.place = start + len(data)

    def cut(self, size: int) -> None:
        assert isinstance(self.of, File)
        self.of.now = self.of.now[:size].ljust(size, b"\0")

    def flush(self) -> None:
        self.of.flush()


Change = dict[str, "File | Folder | None"]  # None: the entry goes


@dataclass
class Folder:
    now: dict[str, File | Folder] = field(default_factory=dict)
    flushed: dict[str, File | Folder] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)  # since then; each of them whole or not

    def change(self, change: Change) -> None:
        self.now = _changed(self.now, [change])
        self.changes.append(change)

    def flush(self) -> None:
        self.flushed, self.changes = dict(self.now), []

    def after_crash(self, rng: np.random.Generator, kept: str) -> dict[str, File | Folder]:
        done: Sequence[Change] = {"all": self.changes, "none": []}.get(kept, self.changes)
        if kept == "first":
            done = self.changes[: rng.integers(len(self.changes) + 1)]
        elif kept == "any":
            done = [change for change in self.changes if rng.random() < 0.5]
        return _changed(self.flushed, done)


def _changed(
    entries: dict[str, File | Folder], changes: Sequence[Change]
) -> dict[str, File | Folder]:
    entries = dict(entries)
    for change in changes:
        for name, entry in change.items():
            if entry is None:
                entries.pop(name, None)
            else:
                entries[name] = entry
    return entries


def log_of(work: Callable[[], object], root: Path, log: Path) -> Iterator[tuple[Folder, str]]:
    """Do `work`, then replay what it did under `root`: the folder as it was after each operation,
    and the name of the last folder that was made in `root/done` (none is part of the replay).

    `root/done` must be there, and is how `work` reports what it takes for saved.
    """
    tree = _read(root)
    words = ("-xx", "-y", "-s", "100000000", "-e", f"trace={_LOGGED}", "-o", str(log))
    assert run_traced(work, *words) == 0
    said = ""
    handles: dict[int, Handle] = {}
    for line in log.read_text().splitlines():
        call = _CALL.match(line)
        if call is None:
            continue  # it failed
        name, given, result = call[1], call[2], int(call[3])
        texts = [bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(given)]
        if name == "openat" or name in _REARRANGING:
            places = [_full(given, text) for text in texts]
            if not all(place.is_relative_to(root) for place in places):
                continue
            if places[0].parent == root / "done":
                said = places[0].name
            elif name == "openat":
                handles[result] = _opened(tree, root, places[0], given)
            else:
                _rearrange(tree, root, name, places)
        else:
            handle = handles.get(int(re.match(r"\d+", given)[0]))  # type: ignore[index]
            if handle is None:
                continue  # of a file elsewhere
            last = given.rpartition(", ")[2]
            if name == "lseek":
                handle.place = result
            elif name == "write":
                handle.write(texts[-1])
            elif name == "pwrite64":
                handle.write(texts[-1], int(last))
            elif name == "ftruncate":
                handle.cut(int(last))
            elif name == "close":
                del handles[int(re.match(r"\d+", given)[0])]  # type: ignore[index]
            else:
                assert name in {"fsync", "fdatasync"}, f"{name} is not replayed"
                handle.flush()
        yield tree, said
    assert _now(tree) == _now(_read(root)), "the replay is not what happened"


def states_after_crash(
    tree: Folder, rng: np.random.Generator, count: int
) -> Iterator[dict[str, object]]:
    """What may be on disk if power is lost now, as nested mappings of bytes."""

    def left(folder: Folder, kept: str) -> dict[str, object]:
        return {
            name: entry.after_crash(rng) if isinstance(entry, File) else left(entry, kept)
            for name, entry in folder.after_crash(rng, kept).items()
        }

    for _ in range(count):
        yield left(tree, ("all", "none", "first", "any")[rng.integers(4)])


def write_tree(tree: dict[str, object], place: Path) -> None:
    place.mkdir()
    for name, entry in tree.items():
        if isinstance(entry, bytes):
            (place / name).write_bytes(entry)
        else:
            write_tree(entry, place / name)  # type: ignore[arg-type]


def _read(place: Path) -> Folder:
    """What is there now, all of it flushed."""
    entries: dict[str, File | Folder] = {}
    for path in place.iterdir():
        if path.name == "done":
            continue
        if path.is_dir():
            entries[path.name] = _read(path)
        else:
            entries[path.name] = File(path.read_bytes(), path.read_bytes())
    return Folder(dict(entries), dict(entries))


def _now(folder: Folder) -> dict[str, object]:
    return {
        name: entry.now if isinstance(entry, File) else _now(entry)
        for name, entry in folder.now.items()
    }


def _full(given: str, path: bytes) -> Path:
    """A call's path; one within an open folder is relative to it."""
    text = os.fsdecode(path)
    within = re.match(r"(?:\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2})*)>", given)
    if text.startswith("/") or within is None:
        return Path(text)
    return Path(os.fsdecode(bytes.fromhex(within[1].replace("\\x", "")))) / text


def _folder(tree: Folder, root: Path, place: Path) -> Folder:
    for part in place.relative_to(root).parts:
        found = tree.now[part]
        assert isinstance(found, Folder)
        tree = found
    return tree


def _opened(tree: Folder, root: Path, path: Path, given: str) -> Handle:
    if path == root:
        return Handle(tree)
    parent = _folder(tree, root, path.parent)
    there = parent.now.get(path.name)
    if there is None:
        there = File()
        parent.change({path.name: there})
    elif "O_TRUNC" in given and isinstance(there, File):
        there.now = b""
    appends = "O_APPEND" in given and isinstance(there, File)
    return Handle(there, len(there.now) if appends else 0)  # type: ignore[union-attr,arg-type]


def _rearrange(tree: Folder, root: Path, name: str, places: Sequence[Path]) -> None:
    first = places[0]
    parent = _folder(tree, root, first.parent)
    if name == "mkdir":
        parent.change({first.name: Folder()})
    elif name in {"unlink", "unlinkat", "rmdir"}:
        parent.change({first.name: None})
    else:
        moved, into = parent.now[first.name], _folder(tree, root, places[1].parent)
        if into is parent:
            parent.change({first.name: None, places[1].name: moved})
        else:
            into.change({places[1].name: moved})
            parent.change({first.name: None})
