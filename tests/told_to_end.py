"""Commands in processes of their own, told to end by signals: how they exit and what they say."""

from __future__ import annotations

import os
import re
import shlex
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artcli import cli
from artcli.signals import SIGNALS, held_back, let_in

MOST_SECONDS = 120.0
ANSWERED = 10.0  # seconds, of a busy machine, in which a first signal has ended a command
SHORT = 2.0  # in which a second has, however slow the disk
AT_ITS_END = 1.0  # before it would have ended, in which a signal may find nothing left to stop


@dataclass(frozen=True)
class Sent:
    """A signal, so many seconds after the one before (or the start), to the process alone or, as a
    terminal does, to its whole group."""

    number: int
    after: float
    group: bool = False


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code as a shell tells it, what it said on standard error, how
    many signals it was sent, and the seconds from the last to its end."""

    code: int
    said: str
    sent: int
    seconds: float
    died: bool  # of a signal, without answering it

    def goes_on(self, words: Sequence[str]) -> list[str] | None:
        """The words of the command that it tells its user to call; None where it tells none."""
        hint = self.said.partition("hint: ")[2]
        if "call it again" in hint:
            return list(words)
        found = re.search(r"artcli (.+)", hint)
        return shlex.split(found[1]) if found else None


def ended(
    words: Sequence[str],
    log: Path,
    signals: Sequence[Sent] = (),
    before_first: Callable[[], object] = lambda: None,
) -> Ended:
    """`artcli WORDS` in a forked process, which finds all modules imported."""
    return end_of(begun(words, log), log, signals, before_first)


def begun(words: Sequence[str], log: Path) -> int:
    """The process, as of `ended`; its group is its own."""
    log.unlink(missing_ok=True)
    with held_back():  # until the command line is there to answer
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            for number in SIGNALS:
                signal.signal(number, signal.SIG_DFL)  # as `python -m artcli` begins
            _as_a_process(words, log)
        os.setpgid(child, child)  # whoever of the two comes first
    return child


def end_of(
    child: int,
    log: Path,
    signals: Sequence[Sent],
    before_first: Callable[[], object] = lambda: None,
) -> Ended:
    """The end of the process `child`, which leads its group, and is sent these signals; whoever
    must know is told `before_first`."""
    begun = last = time.perf_counter()
    waiting, sent = list(signals), 0
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        now = time.perf_counter()
        if ended:
            code = os.waitstatus_to_exitcode(status)
            said = log.read_text(errors="replace")
            return Ended(128 - code if code < 0 else code, said, sent, now - last, code < 0)
        if waiting and now - last >= waiting[0].after:
            one = waiting.pop(0)
            if not sent:
                before_first()
            (os.killpg if one.group else os.kill)(child, one.number)
            last, sent = now, sent + 1
        if now - begun > MOST_SECONDS:
            os.kill(child, signal.SIGABRT)
        time.sleep(0.0005)


def _as_a_process(words: Sequence[str], log: Path) -> None:
    code = 99
    try:
        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        sys.stdout = sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
        sys.argv = ["artcli", *words]
        find = cli.get_command

        def let_in_and_find(app: Any) -> Any:
            let_in()
            return find(app)

        cli.get_command = let_in_and_find
        cli.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except BaseException as error:
        print(f"Traceback: {error!r} left main", file=sys.stderr)
    finally:
        sys.stderr.flush()
        os._exit(code)


def wrong_with(end: Ended, signals: Sequence[Sent], words: Sequence[str]) -> str:
    """What is wrong with the way it ended; "" where nothing is."""
    if "Traceback" in end.said or "Exception ignored" in end.said:
        return f"it said {end.said[-600:]}"
    if not end.sent:
        return "" if end.code == 0 else f"it ended with {end.code}: {end.said[-300:]}"
    told = f"{end.seconds:.1f} s after signal {[one.number for one in signals[: end.sent]]}"
    if end.code not in {0, *(128 + one.number for one in signals[: end.sent])}:
        return f"{told} it ended with {end.code}: {end.said[-300:]}"
    if end.seconds > (AT_ITS_END if end.code == 0 else SHORT if end.sent > 1 else ANSWERED):
        return f"it ended only {told}, with {end.code}"
    if end.died and end.sent == 1 and not re.search(r"^Next: ", end.said, re.MULTILINE):  # all done
        return f"it died {told} without a word: {end.said[-300:]}"
    if end.code and end.sent == 1 and end.goes_on(words) is None:
        return f"it says nothing of how to go on: {end.said[-300:]}"
    return ""
