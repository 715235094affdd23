"""A download that ends: one that stands still is given up."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def unless_it_stalls(download: Callable[[], T], arrived: Callable[[], int], seconds: float) -> T:
    """What `download` returns, unless `arrived`, its bytes so far, stands still for `seconds`.

    Clients of the network try again and again: for minutes, or, if each attempt brings some bytes
    that had come before, for ever. `arrived` may fall when a file is begun anew.

    Errors: those of `download`; `TimeoutError`, which leaves it to end with the process; that
    waits for the download's own threads, if it has some, until they give up.
    """
    made: Future[T] = Future()

    def work() -> None:
        try:
            made.set_result(download())
        except BaseException as error:
            made.set_exception(error)

    Thread(target=work, daemon=True).start()
    most, since = arrived(), time.monotonic()
    while not wait([made], timeout=0.1).done:
        now = arrived()
        if now > most:
            most, since = now, time.monotonic()
        if time.monotonic() - since > seconds:
            raise TimeoutError(f"nothing more came for {seconds:.0f} s")
    return made.result()
