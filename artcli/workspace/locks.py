"""One writer at a time: a lock file beside what is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from artcli import console
from artcli.errors import ArtcliError
from artcli.workspace.files import explained, make_folder

_PATIENCE = 1.0  # seconds: who only looks whether a lock is held, holds it for a moment


@contextmanager
def hold(path: Path, what: str, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock file `path` while the body runs.

    `what` names the thing locked, for people. When another process holds it: with `wait`, say so
    and wait; otherwise an `ArtcliError`. The system frees the lock when its process dies.
    """
    from filelock import FileLock, Timeout

    with explained(path):
        make_folder(path.parent)
        lock = FileLock(path)
        try:
            lock.acquire(timeout=_PATIENCE)
        except Timeout as error:
            if not wait:
                raise ArtcliError(
                    f"{what} is in use by another artcli process", "wait for it to end"
                ) from error
            console.note(f"waiting for another artcli process to finish {what}")
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


def is_held(path: Path) -> bool:
    """Whether a process holds the lock file `path` at this moment."""
    from filelock import FileLock, Timeout

    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # a workspace that only others may write
        return False
