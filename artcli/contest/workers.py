"""Work on many files in several processes: the one way to fan out over a contest's pictures."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import parent_process
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.resource_tracker import ensure_running
from pathlib import Path
from typing import Any, TypeVar

from artcli import console
from artcli.errors import ArtcliError
from artcli.signals import held_back, how_ended, stand_apart
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
        if sys.platform != "win32":
            ensure_running()  # it would end the holding back of signals
        context = _Noting()
        pool = ProcessPoolExecutor(min(workers, -(-len(jobs) // chunk)), context, _begin)
        # All at once, before its thread looks after them: where one dies while another starts, the
        # thread would wait for that one for ever.
        pool._safe_to_dynamically_spawn_children = False  # type: ignore[attr-defined]
        try:
            with held_back():
                answers = pool.map(function, jobs, chunksize=chunk)
            for answer in answers:
                yield answer
                advance()
        except BrokenProcessPool as error:
            pool.shutdown(cancel_futures=True)  # until then, how they ended may not be known
            raise ArtcliError(
                f"{_dead(context.started)} while {description.lower()}",
                "is there enough memory? Call the same command again",
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


def _begin() -> None:
    stand_apart()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A pool's process would wait for work for ever, if its parent was killed."""
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


class _Noting(SpawnContext):
    """Starts processes, and keeps them: a pool and Python forget those that die early."""

    def __init__(self) -> None:
        self.started: list[SpawnProcess] = []

    def Process(self, *arguments: Any, **named: Any) -> SpawnProcess:  # type: ignore[override]
        process = SpawnProcess(*arguments, **named)
        self.started.append(process)
        return process


def _dead(started: Sequence[SpawnProcess]) -> str:
    """Which process has died; the pool has ended the others with SIGTERM."""
    codes = {process.pid: process.exitcode for process in started if process.exitcode}
    others = {pid: code for pid, code in codes.items() if code != -signal.SIGTERM}
    for pid, code in (others or codes).items():
        return f"a process (pid {pid}) {how_ended(code)}"
    return "a process was ended by the system"
