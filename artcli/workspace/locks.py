"""One writer at a time: a lock file beside what is written, which says who holds it."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from shlex import join

from artcli import console
from artcli.errors import ArtcliError
from artcli.workspace.files import explained, make_folder

_PATIENCE = 1.0  # seconds: who only looks whether a lock is held, holds it for a moment
_LOOK = 0.1  # seconds: two who only look would see each other
_LONGEST = 80  # characters of a command that are told


@contextmanager
def hold(path: Path, what: str, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock file `path` while the body runs.

    `what` names the thing locked, for people. When another process holds it: with `wait`, say so
    and wait; otherwise an `ArtcliError`. Both tell who that is. The system frees the lock when its
    process dies.
    """
    from filelock import FileLock, Timeout

    with explained(path):
        make_folder(path.parent)
        lock = FileLock(path)
        try:
            lock.acquire(timeout=_PATIENCE)
        except Timeout as error:
            who = told_holder(path)
            if not wait:
                raise ArtcliError(f"{what} is in use by {who}", "wait for it to end") from error
            console.note(f"waiting for {who} to finish {what}")
            lock.acquire()
    try:
        _sign(path, _mine())
        yield
    finally:
        _sign(path, "")
        lock.release()


def _sign(path: Path, holder: str) -> None:
    """Say in the lock file who holds it; whoever opens it to lock it leaves what it says."""
    with suppress(OSError):  # a full disk is no reason to go without the lock
        path.write_text(holder, encoding="utf-8")


def _mine() -> str:
    now = datetime.now().astimezone().isoformat(" ", "seconds")
    facts = {"pid": os.getpid(), "host": platform.node(), "command": _command(), "since": now}
    return json.dumps(facts)


def _command() -> str:
    program, *words = sys.argv or [""]
    name = Path(program).name
    told = join(["artcli" if name == "__main__.py" else name, *words])
    return told if len(told) <= _LONGEST else f"{told[: _LONGEST - 1]}…"


def told_holder(path: Path) -> str:
    """Who holds the lock, which is held, as far as its file says."""
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        pid, host, command = (holder[key] for key in ("pid", "host", "command"))
        since = datetime.fromisoformat(holder["since"])
    except (OSError, ValueError, KeyError, TypeError):  # it is being signed, or held by a stranger
        return "another process"
    place = "" if host == platform.node() else f" on {host}"
    return f"another process (pid {pid}{place}: {command}, since {since:%Y-%m-%d %H:%M:%S})"


def is_held(path: Path) -> bool:
    """Whether a process holds the lock file `path` at this moment."""
    from filelock import FileLock, Timeout

    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=_LOOK):
            return False
    except Timeout:
        return True
    except OSError:  # a workspace that only others may write
        return False
