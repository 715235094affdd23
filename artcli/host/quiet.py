"""A stranger's code runs apart: what it prints goes where notes go, and its errors are told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout


@contextmanager
def apart() -> Iterator[None]:
    """While the body runs, `print` writes to standard error: results stay clean for scripts."""
    with redirect_stdout(sys.stderr):
        yield


def said(error: BaseException) -> str:
    """An exception in one line, even one that cannot say what it is."""
    try:
        lines = str(error).strip().splitlines()
    except Exception:
        lines = []
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
