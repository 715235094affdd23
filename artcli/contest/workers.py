"""Work on many files in several processes: the one way to fan out over a contest's pictures."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from artcli import console
from artcli.errors import ArtcliError
from artcli.workspace.files import sha256_file

Job = TypeVar("Job")
Answer = TypeVar("Answer")


def cores() -> int:
    """How many processes this one may keep busy."""
    with suppress(AttributeError):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def work(
    function: Callable[[Job], Answer],
    jobs: Sequence[Job],
    description: str,
    *,
    workers: int | None = None,
    alone_below: int = 24,
    chunk: int = 4,
) -> Generator[Answer, None, None]:
    """`function(job)` of each job, in the order of `jobs`, with progress.

    `function` and the jobs must pickle (they travel to spawned processes; forking would copy
    the threads of torch or of a progress display). Fewer than `alone_below` jobs are done here,
    sooner than processes start.
    """
    workers = min(workers or cores(), len(jobs))
    with console.progress(description, len(jobs)) as advance:
        if workers < 2 or len(jobs) < alone_below:
            for job in jobs:
                yield function(job)
                advance()
            return
        pool = ProcessPoolExecutor(workers, get_context("spawn"), _leave_interrupts_to_parent)
        try:
            for answer in pool.map(function, jobs, chunksize=chunk):
                yield answer
                advance()
        except BrokenProcessPool as error:
            raise ArtcliError(
                f"a process was ended by the system while {description.lower()}",
                "is there enough memory?",
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def hash_files(paths: Sequence[str]) -> list[str]:
    """The sha256 of each file's content, to tell whether it is the one that was read; "" of one
    that cannot be."""
    return list(work(_sha256, paths, "Comparing pictures", alone_below=200, chunk=64))


def _sha256(path: str) -> str:
    try:
        return sha256_file(Path(path))
    except OSError:
        return ""


def _leave_interrupts_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
