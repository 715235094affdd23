"""Ctrl-C and SIGTERM: the first ends a command with its tidying, the second at once.

The first raises `KeyboardInterrupt(number)` wherever the main thread is. Where there is something
to save first, `artcli.training.interrupts` notes it instead, for as long.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)
ECHO_SECONDS = 0.3  # as long, a signal is the first once more: `timeout` and torchrun send it twice
_AGAIN_SECONDS = 0.05
_DEAF_SECONDS = 1.0  # as long, a handler of Python's may take to be called
_CURSOR = b"\x1b[?25h"  # a progress bar hides it


class Ending:
    """The handler of a command's signals; `number` is that of the first, None while there was
    none; `told` whether the user has been told how to go on."""

    number: int | None = None
    told: bool = False

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._since = 0.0

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        if os.getpid() != self._owner:  # a forked worker: nothing here is its to tidy
            os._exit(128 + number)
        if self.number is None:
            self.number, self._since = number, time.monotonic()
            raise KeyboardInterrupt(number)
        if time.monotonic() - self._since > ECHO_SECONDS:
            end_at_once(number)


@contextmanager
def ended_by_signals() -> Iterator[Ending]:
    """While the body runs, a signal ends it as an exception does (in the main thread alone)."""
    ending = Ending()
    if threading.current_thread() is not threading.main_thread():
        yield ending
        return
    before = heeded()
    hook = sys.unraisablehook

    def raise_again(lost: Any) -> None:
        """An exception in a finalizer is dropped by Python: this one is not to be."""
        if isinstance(lost.exc_value, KeyboardInterrupt) and ending.number is not None:
            number, ending.number = ending.number, None
            again = threading.Timer(_AGAIN_SECONDS, os.kill, (os.getpid(), number))
            again.daemon = True
            again.start()
        else:
            hook(lost)

    sys.unraisablehook = raise_again
    for number in before:
        signal.signal(number, ending)
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        sys.unraisablehook = hook


def heeded() -> dict[signal.Signals, Any]:
    """The handlers of the signals that this process does not ignore, as one that a script put in
    the background ignores Ctrl-C."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    return {number: one for number, one in handlers.items() if one is not signal.SIG_IGN}


def ending_now() -> Ending | None:
    """The handler of the command that a signal is ending, if one is."""
    handler = signal.getsignal(signal.SIGTERM)
    return handler if isinstance(handler, Ending) and handler.number is not None else None


def number_of(stop: KeyboardInterrupt) -> int:
    """The signal that raised it."""
    return next((word for word in stop.args if isinstance(word, int)), signal.SIGINT)


def end_at_once(number: int) -> NoReturn:
    """As SIGKILL would, but for a terminal that gets its cursor back, and the exit code."""
    with suppress(OSError):
        if os.isatty(2):
            os.write(2, _CURSOR)
    os._exit(128 + number)


@contextmanager
def ended_while_deaf(say: Callable[[], object]) -> Iterator[None]:
    """While the body runs, a signal ends the process even where a library waits for something, and
    no handler of Python's is called: `say` is, in its place (in the main thread alone).
    """
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or not hasattr(signal, "pthread_sigmask"):
        yield
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    over = threading.Event()

    def watch() -> None:
        while received := os.read(reader, 1):
            if received[0] in SIGNALS and not over.wait(_DEAF_SECONDS):
                say()
                end_at_once(received[0])
        os.close(reader)

    before = signal.set_wakeup_fd(writer)
    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        over.set()
        os.close(writer)


@contextmanager
def held_back() -> Iterator[None]:
    """A process that the body starts gets no signal before it says `let_in`, or `stand_apart`.
    Those that come to this thread wait as long."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def let_in() -> None:
    """In a process that was started with signals held back: now they come."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def stand_apart() -> None:
    """In a worker that was started with signals held back: a Ctrl-C, or what a signal to the whole
    group means, is for its parent to answer, which lets its workers go by itself."""
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    let_in()


def how_ended(exit_code: int | None) -> str:
    """What became of a process, from its exit code as Python tells it."""
    if exit_code is None or exit_code >= 0:
        return f"ended with exit code {exit_code}"
    return f"was killed ({signal.Signals(-exit_code).name})"
