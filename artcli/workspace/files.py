"""Files written whole or not at all.

Every file that artcli writes is first written beside its place, flushed to disk, then renamed into
it, so that a command that stops half-way leaves what was there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import Any

from artcli.errors import ArtcliError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it replaces `path`, on failure it goes.

    Errors: `ArtcliError` when the folder cannot be written or the disk is full.
    """
    with explained(path):
        make_folder(path.parent)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        os.close(handle)
    part = Path(name)
    try:
        with explained(path):
            yield part
            sync_file(part)
            part.chmod(0o666 & ~_umask())
            part.replace(path)
            sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    with replacing(path) as part:
        part.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, allow_nan=True) + "\n")


def read_json(path: Path) -> Any:
    """The JSON document at `path`; `ArtcliError` when it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ArtcliError(f"{path} is missing") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ArtcliError(f"{path} cannot be read: {error}") from error


def sha256_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove_tree(path: Path) -> None:
    """Remove a folder; renamed first, so that a half-removed one never passes for a whole one."""
    if path.exists():
        with explained(path):
            doomed = path.with_name(f".{path.name}.removed")
            shutil.rmtree(doomed, ignore_errors=True)
            path.rename(doomed)
            shutil.rmtree(doomed)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, so that a loss of power takes none of them away."""
    new = list(takewhile(lambda place: not place.exists(), (folder, *folder.parents)))
    folder.mkdir(parents=True, exist_ok=True)
    for place in new:
        sync_folder(place.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, where the system can (Windows cannot)."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sync_file(path: Path) -> None:
    """Flush a file's content to disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Errors of the operating system while writing `path`, as one line for its owner."""
    try:
        yield
    except PermissionError as error:
        raise ArtcliError(f"no permission to write {path}", "check the folder's owner") from error
    except OSError as error:
        raise ArtcliError(f"cannot write {path}: {error.strerror or error}") from error
