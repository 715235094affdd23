"""Files that a user named, read only if they are files: a pipe or a device may never end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def is_there(path: Path) -> bool:
    """Whether there is anything of this name: a link that leads nowhere is no absence."""
    return os.path.lexists(path)


def require_plain(path: Path) -> None:
    """Errors: `OSError` where `path` is a pipe, a socket or a device, or cannot be looked up."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a file", str(path))


def read_plain(path: Path) -> bytes:
    """All bytes of a file. Errors: `OSError`, as `require_plain` too."""
    require_plain(path)
    return path.read_bytes()
