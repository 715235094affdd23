"""One job after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from artcli.plugin import Job, call_job
from artcli_plugins.executors.threads import limited


@dataclass(frozen=True)
class Serial:
    """Makes each call in this process."""

    threads: int | None

    def run(self, jobs: Sequence[Job], done: Callable[[Job, Any], None]) -> list[Any]:
        """The jobs' results. Errors: the first job's that fails, when none after it has begun."""
        results = []
        with limited(self.threads):
            for job in jobs:
                results.append(call_job(job))
                done(job, results[-1])
        return results


def serial(
    *,
    threads: Annotated[
        int | None, Field(ge=1, le=1024), "threads to compute with (none: as torch decides)"
    ] = None,
) -> Serial:
    """One job after the other, in this process.

    With the threads of another executor's jobs, the results are the same to the last digit.
    """
    return Serial(threads)
