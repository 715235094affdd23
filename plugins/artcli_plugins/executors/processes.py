"""Jobs side by side on this machine, each in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Annotated, Any

from pydantic import Field

from artcli.contest.workers import cores
from artcli.plugin import Job
from artcli_plugins.executors.child import Child
from artcli_plugins.executors.side_by_side import side_by_side
from artcli_plugins.executors.threads import on_threads


@dataclass(frozen=True)
class Processes:
    """So many jobs at a time, on so many threads each (None: see `processes`)."""

    jobs: int | None
    threads: int | None

    def run(self, jobs: Sequence[Job], done: Callable[[Job, Any], None]) -> list[Any]:
        """The jobs' results, in order. Errors: as `side_by_side`."""
        on_cpu = all(job.arguments.get("device") == "cpu" for job in jobs)
        devices = [] if on_cpu else visible_gpus()
        at_once = min(self.jobs or len(devices) or cores(), max(1, len(jobs)))
        threads = self.threads or max(1, cores() // at_once)
        seats = [{"CUDA_VISIBLE_DEVICES": name} for name in islice(cycle(devices), at_once)]

        def begin(job: Job, seat: dict[str, str]) -> Child:
            return Child(on_threads(job, threads), seat)

        return side_by_side(jobs, done, seats or [{} for _ in range(at_once)], begin)


def visible_gpus() -> list[str]:
    """The GPUs that this process sees, by the names that CUDA_VISIBLE_DEVICES gives them."""
    if (named := os.environ.get("CUDA_VISIBLE_DEVICES")) == "":
        return []
    import torch

    count = torch.cuda.device_count()
    return (named.split(",") if named else [str(number) for number in range(count)])[:count]


def processes(
    *,
    jobs: Annotated[
        int | None, Field(ge=1), "how many at a time (none: one for each GPU, else for each core)"
    ] = None,
    threads: Annotated[
        int | None, Field(ge=1, le=1024), "threads of each (none: the cores shared out)"
    ] = None,
) -> Processes:
    """Jobs side by side on this machine, each in a process of its own.

    Each has a GPU to itself, where there are as many as `jobs`; more share them evenly. On
    `--device cpu` GPUs do not count.
    """
    return Processes(jobs, threads)
