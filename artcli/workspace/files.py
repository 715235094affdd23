"""Files written whole or not at all.

Every file that artcli writes is first written beside its place, flushed to disk, then renamed into
it, so that a command that stops half-way leaves what was there.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import IO, Any

from artcli.errors import ArtcliError

_SEAL = "seal"  # the key, or the last line's, of what says that the rest is as it was written
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_ROOM = "free some space, or move the workspace to a larger disk"


@contextmanager
def replacing(path: Path, size: int | None = None) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it replaces `path`, on failure it goes.

    Errors: `ArtcliError` when the folder cannot be written or the disk is full, which tells of
    the `size` in bytes, if known.
    """
    part = path.with_name(f".{path.name}.{os.urandom(4).hex()}.part")
    try:  # before it is there: a signal may come at any moment
        with explained(path, size):
            make_folder(path.parent)
            part.touch(0o600, exist_ok=False)
            yield part
            sync_file(part)
            part.chmod(0o666 & ~_umask())
            part.replace(path)
            sync_folder(path.parent)
    finally:
        with suppress(OSError):  # most often it is not there
            part.unlink()


def write_bytes(path: Path, data: bytes) -> None:
    with replacing(path, len(data)) as part:
        part.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, allow_nan=True) + "\n")


def write_sealed(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON document that `read_json` refuses once anything in it, or its file's name, has
    changed."""
    write_json(path, sealed(value, path.name))


def sealed(value: dict[str, Any], name: str = "") -> dict[str, Any]:
    """`value` with its seal, in a file of this name; it must be as JSON gives it back."""
    return {**value, _SEAL: _sha256_of(value, name)}


def _sha256_of(value: Any, name: str) -> str:
    return hashlib.sha256(json.dumps([name, value]).encode()).hexdigest()


def read_json(path: Path) -> Any:
    """The JSON document at `path`, without its seal.

    Errors: `ArtcliError` when it is missing or damaged, or is not what was sealed.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ArtcliError(f"{path} is missing") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ArtcliError(f"{path} cannot be read: {error}", "restore it from a copy") from error
    try:
        return unsealed(found, path.name)
    except ValueError as error:
        raise _unsealed(path, f'the entry "{_SEAL}"') from error


def unsealed(found: Any, name: str = "") -> Any:
    """What JSON gave back, without its seal. Errors: `ValueError` where that does not fit."""
    if isinstance(found, dict) and _SEAL in found and found.pop(_SEAL) != _sha256_of(found, name):
        raise ValueError("its seal differs")
    return found


def sealed_lines(text: str) -> str:
    """`text` with its seal as a comment (of TOML) before it: what is cut short has one, too."""
    return f'# {_SEAL} = "{hashlib.sha256(text.encode()).hexdigest()}"\n{text}'


def require_seal(path: Path, data: bytes) -> None:
    """Errors: `ArtcliError` where `data`, read from `path`, is not what `sealed_lines` sealed;
    what was never sealed may be anything."""
    data = data.replace(b"\r\n", b"\n")  # as an editor or git may have made of it
    first, _, text = data.partition(b"\n")
    marked = first.startswith(f"# {_SEAL} = ".encode())
    if marked and data != sealed_lines(text.decode(errors="replace")).encode():
        raise _unsealed(path, "the first line")


def _unsealed(path: Path, seal: str) -> ArtcliError:
    return ArtcliError(
        f"{path} is not the file that was written (its seal differs)",
        f"restore it; if it was changed on purpose, remove its seal, {seal}",
    )


def sha256_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove_tree(path: Path) -> None:
    """Remove a folder; renamed first, so that a half-removed one never passes for a whole one.

    Of a link to a folder the link alone: what is elsewhere stays.
    """
    if path.exists():
        with explained(path):
            doomed = path.with_name(f".{path.name}.removed")
            if doomed.is_symlink():
                doomed.unlink()
            shutil.rmtree(doomed, ignore_errors=True)
            path.rename(doomed)
            if doomed.is_symlink():
                doomed.unlink()
            else:
                shutil.rmtree(doomed)


def remove_parts(folder: Path) -> None:
    """Remove what killed processes left half-made in a folder; for whoever alone writes there."""
    for left in folder.glob(".*.part"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


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
def explained(path: Path, size: int | None = None) -> Iterator[None]:
    """Errors of the operating system while writing `path`, as one line for its owner; where the
    disk is full that tells of the `size` in bytes, if known."""
    try:
        yield
    except PermissionError as error:
        raise ArtcliError(f"no permission to write {path}", "check the folder's owner") from error
    except OSError as error:
        if error.errno in _FULL:
            needs = f"it needs {size:,} bytes, " if size else ""
            raise ArtcliError(
                f"cannot write {path}: {error.strerror}; {needs}{_free(path):,} bytes are free",
                _ROOM,
            ) from error
        hint = "a disk that may be written is needed" if error.errno == errno.EROFS else None
        raise ArtcliError(f"cannot write {path}: {error.strerror or error}", hint) from error


def need_room(folder: Path, size: int, what: str, hint: str = _ROOM) -> None:
    """Errors: `ArtcliError` where `folder` cannot be made or written, or its disk has no room for
    `what` of `size` bytes. Nothing is left there: what is refused has not begun."""
    place = next(one for one in (folder, *folder.parents) if one.exists())
    with explained(folder):
        tempfile.TemporaryFile(dir=place).close()  # it has no name that a signal could leave
        free = shutil.disk_usage(place).free
    if free < size:
        raise ArtcliError(
            f"no room for {what} in {folder}: {size:,} bytes are needed, {free:,} are free", hint
        )


def allocate(file: IO[bytes], size: int) -> None:
    """Make a new file `size` bytes long, on a disk that then has them: no later write into it,
    nor into a map of it, finds the disk full. Errors: `OSError`."""
    if hasattr(os, "posix_fallocate") and size:
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            if error.errno not in {errno.EOPNOTSUPP, errno.EINVAL}:
                raise
    file.truncate(size)


def as_os_error(error: Exception) -> OSError:
    """What the operating system said, of an error of safetensors that holds it as text."""
    found = re.search(r"os error (\d+)", str(error))
    return OSError(int(found[1]), os.strerror(int(found[1]))) if found else OSError(str(error))


def _free(path: Path) -> int:
    return shutil.disk_usage(next(one for one in path.parents if one.exists())).free
