"""Errors that a user can mend: what is wrong, where, and what to do next.

Everything below this module raises these; `artcli.cli` alone prints them (one or two lines, no
traceback) and turns `exit_code` into the status of the process.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Sequence

EXIT_PROBLEM = 1
EXIT_USAGE = 2
_SHORT = (  # how torch says it where it has no error of its own for it
    "can't allocate memory",
    "CUDA error: out of memory",
    "ALLOC_FAILED",
    "MPS backend out of memory",
)


class ArtcliError(Exception):
    """A problem the user can mend.

    `message` says what is wrong and where (file, row, column, option); `hint` what to do next.
    """

    exit_code = EXIT_PROBLEM

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ArtcliError):
    """The command line itself is wrong: an unknown component, option or value."""

    exit_code = EXIT_USAGE


class Problems(ArtcliError):
    """Several problems found in one pass, shown together so that they are mended together.

    `shown` bounds how many of them the message spells out; `problems` keeps them all.
    """

    def __init__(
        self, title: str, problems: Sequence[str], hint: str | None = None, *, shown: int = 20
    ) -> None:
        self.problems = tuple(problems)
        lines = [f"  {problem}" for problem in self.problems[:shown]]
        if len(self.problems) > shown:
            lines.append(f"  … and {len(self.problems) - shown} more")
        super().__init__("\n".join([f"{title}:", *lines]), hint)


class UsageProblems(Problems, UsageError):
    """Several mistakes of one command line, the first of them shown together."""

    def __init__(
        self, title: str, problems: Sequence[str], hint: str | None = None, *, shown: int = 10
    ) -> None:
        super().__init__(title, problems, hint, shown=shown)


class Interrupted(ArtcliError):
    """The user, or the system, asked the command to stop: exit code 128 + the signal's `number`."""

    def __init__(self, number: int, hint: str | None = None) -> None:
        super().__init__("interrupted", hint)
        self.number = number
        self.exit_code = 128 + number


def dead_loader(error: BaseException) -> str | None:
    """What is to be said of a loader's process that died, if that is torch's error: it comes at
    once, wherever the main thread is."""
    if not isinstance(error, RuntimeError):
        return None
    found = re.match(r"DataLoader worker \(pid(?:\(s\))? ([\d, ]+)\) (.*)", str(error))
    if found is None:
        return None
    pids, how = found.groups()
    return f"a loader process (pid {pids}) died: it {how.partition('. ')[0].rstrip('.')}"


def out_of_memory(error: BaseException) -> bool:
    """Whether there was too little memory: an error of Python's, of the system's or of torch's,
    known by its name and its words here."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    said = isinstance(error, RuntimeError) and any(words in str(error) for words in _SHORT)
    return said or isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
