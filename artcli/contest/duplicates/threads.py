"""Many small looks at pictures, shared by threads: OpenCV and NumPy let them run side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from artcli.contest.workers import cores

Job = TypeVar("Job")
Answer = TypeVar("Answer")


def in_threads(function: Callable[[Job], Answer], jobs: Sequence[Job]) -> Iterator[Answer]:
    """`function(job)` of each job, in the order of `jobs`."""
    with ThreadPoolExecutor(cores(), "duplicates") as threads:
        try:
            yield from threads.map(function, jobs)
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise
