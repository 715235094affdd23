"""Ctrl-C and SIGTERM: the first asks a run to save and stop, the second ends it at once."""

from __future__ import annotations

import _thread
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from artcli import console
from artcli.signals import ECHO_SECONDS, heeded

SAVING = "saving; a second signal ends it at once"


class StopRequest:
    """`signal_number` is that of the signal received; None while there was none."""

    signal_number: int | None = None


@contextmanager
def stop_requests(answer: str = "") -> Iterator[StopRequest]:
    """Note signals instead of dying of them, while the body runs (in the main thread alone).

    The first is answered by telling people `answer`; the second is for whoever was told of signals
    before.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = heeded()
    since = 0.0

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal since
        if request.signal_number is None:
            request.signal_number, since = number, time.monotonic()
            if answer:  # by a bare thread: this one may be amid writing, or starting another
                with suppress(RuntimeError):  # no room for a thread
                    _thread.start_new_thread(console.note, (answer,))
        elif time.monotonic() - since > ECHO_SECONDS:
            if callable(handler := before[signal.Signals(number)]):
                handler(number, frame)
            raise KeyboardInterrupt(number)

    for number in before:
        signal.signal(number, note)
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
