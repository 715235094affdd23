"""Between the process that asks and the workers that Ray finds: lines one way, signals the other.

Ray's own ways do not serve: its log goes to the standard output of the process that asks, and a
task that it is told to cancel counts as ended before it has saved.
"""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from threading import Thread, get_ident
from typing import Any, NoReturn

from artcli import console
from artcli.plugin import Job, try_job
from artcli.signals import SIGNALS


class Desk:
    """An actor that holds what workers say until it is asked for, and the signal to be told."""

    def __init__(self) -> None:
        self._begun: set[str] = set()
        self._lines: asyncio.Queue[tuple[str, str] | None] = asyncio.Queue()
        self._told = asyncio.Event()
        self._signal = 0

    async def begin(self, name: str) -> bool:
        """Whether the job of this name has begun before: then its worker was lost."""
        again = name in self._begun
        self._begun.add(name)
        return again

    async def say(self, name: str, line: str) -> None:
        await self._lines.put((name, line))

    async def listen(self) -> tuple[str, str] | None:
        """The next line and whose it is; None when there will be no more."""
        return await self._lines.get()

    async def close(self) -> None:
        await self._lines.put(None)

    async def tell(self, number: int) -> None:
        """Tell all jobs of a signal, now or when they begin."""
        self._signal = number
        self._told.set()

    async def told(self) -> int:
        """The signal, once there is one."""
        await self._told.wait()
        return self._signal


def at_worker(
    job: Mapping[str, Any], path: Sequence[str], folder: str, desk: Any
) -> dict[str, Any]:
    """The outcome of the job, in a worker: modules and files are found as where it was asked for.

    A signal that comes from elsewhere means that the worker is to go: once the job has saved, the
    worker dies of it, and so Ray does the job again elsewhere.
    """
    import ray

    sys.path += [place for place in path if place not in sys.path]
    with suppress(OSError):  # another machine may not have it
        os.chdir(folder)
    asked, here, told = Job(**job), get_ident(), list[int]()

    def pass_on() -> None:
        told.append(ray.get(desk.told.remote()))
        signal.pthread_kill(here, told[0])

    lines = Lines(lambda line: ray.get(desk.say.remote(asked.name, line)))
    with redirect_stderr(lines), redirect_stdout(lines):
        if ray.get(desk.begin.remote(asked.name)):
            console.note(f"its worker was lost; it begins again on {socket.gethostname()}")
        for number in SIGNALS:
            signal.signal(number, _interrupt)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        Thread(target=pass_on, daemon=True).start()
        outcome = try_job(asked)
        for number in SIGNALS:
            signal.signal(number, lambda *_: None)  # too late
        if outcome.get("error", {}).get("exit_code", 0) > 128 and not told:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome


def _interrupt(number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt(number)


class Lines(io.TextIOBase):
    """A stream that gives each whole line to `say`; what forked processes write is lost."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say, self._rest, self._owner = say, "", os.getpid()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines if os.getpid() == self._owner else []:
            self._say(line)
        return len(text)
