"""Downloads that end: a hub that does not answer, or goes silent, is given up."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

T = TypeVar("T")

CONNECT_SECONDS = 5.0


def knock(url: str) -> int:
    """Ask the model hub for the head of a file, once: its client would try six times, for half a
    minute. Returns the status of the answer.

    To look up a name, and to try each of its addresses in turn, may take long, too: twice
    `CONNECT_SECONDS` are given to it all.

    Errors: those of the network; `ConnectionError` where the hub itself is out of order.
    """
    from huggingface_hub import get_session

    answer = unless_it_stalls(
        lambda: get_session().head(url, timeout=CONNECT_SECONDS), lambda: 0, 2 * CONNECT_SECONDS
    )
    if answer.status_code >= 500:
        raise ConnectionError(f"the hub answers {answer.status_code}")
    return answer.status_code


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
