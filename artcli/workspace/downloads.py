"""Downloads that end: a hub that does not answer, or goes silent, is given up."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from pathlib import Path
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


def arriving(repository: str) -> Callable[[], int]:
    """Counts the bytes that come into the model hub's cache for `repository` (`owner/name`).

    What lies on the disk counts, whoever downloads it: the hub's client lets one process at a time
    download a file, and the others wait for that one. Of a file that is begun anew, bytes count
    once it is longer than it ever was; each attempt of another process is a file of its own.

    From here on the client writes small pieces as they come. By default a slow line would seem to
    stand still: it writes 10 MiB at once, and with Xet as much as a minute's worth and more.
    """
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    constants.DOWNLOAD_CHUNK_SIZE = 1 << 14
    constants.HF_HUB_DISABLE_XET = True
    cache = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repository, repo_type="model")
    longest: dict[Path, int] = {}

    def arrived() -> int:
        for file in cache.glob("blobs/*"):
            with suppress(FileNotFoundError):  # it has just got another name
                longest[file] = max(longest.get(file, 0), file.stat().st_size)
        return sum(longest.values())

    return arrived


def unless_it_stalls(download: Callable[[], T], arrived: Callable[[], int], seconds: float) -> T:
    """What `download` returns, unless `arrived`, its bytes so far, stands still for `seconds`.

    Clients of the network try again and again: for minutes, or, if each attempt brings some bytes
    that had come before, for ever. `arrived` may fall; only more than ever is progress.

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
