"""A disk of a few bytes, or one that takes no longer files; and a forked process to try it."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from artcli.errors import ArtcliError


def may_mount() -> bool:
    """Whether this process may make itself a small disk."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("mount") is not None


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """`folder` as a disk of `size` bytes in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("this machine mounts no tmpfs, which takes the place of a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def read_only(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)


def fill(folder: Path, free: int) -> None:
    """Leave `free` bytes (whole blocks of them) on the disk of `folder`."""
    there = shutil.disk_usage(folder).free
    with (folder / "filler").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, there - free))


def obey_modes() -> None:
    """Give up what lets root write where it may not: all capabilities of this process."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    if os.geteuid() == 0 and ctypes.CDLL(None).capset(header, (ctypes.c_uint32 * 6)()):
        raise OSError("capset failed")


def limit_files(size: int) -> None:
    """No file of this process can be longer than `size` bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def ends(act: Callable[[], Any]) -> dict[str, Any]:
    """How `act` ends in a forked process: `said` of an `ArtcliError`, `died` of a signal or of any
    other error, `gave` what it returned."""
    sys.stdout.flush()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        told: dict[str, Any] = {}
        with suppress(BaseException):
            try:
                told = {"gave": act()}
            except ArtcliError as error:
                told = {"said": error.message, "hint": error.hint}
            except BaseException as error:
                told = {"died": f"{type(error).__name__}: {error}"}
            os.write(writer, json.dumps(told).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    found: dict[str, Any] = json.loads(answer) if answer else {"died": f"ended with {code}"}
    return found
