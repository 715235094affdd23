"""The executor starter-name: one job after the other, in processes that give way to others."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field

from artcli.plugin import ArtcliError, Component, Job, hookimpl, result_of


@hookimpl
def artcli_components() -> list[Component]:
    return [
        Component(
            kind="executor",
            name="starter-name",
            target=starter_name,
            summary="one job after the other, in processes that give way to others",
        )
    ]


def starter_name(
    *,
    niceness: Annotated[int, Field(ge=0, le=19), "19: runs when nothing else would"] = 10,
) -> Any:
    """Each job in a process of its own, behind `nice`; `ssh` or a queue's command would do, too."""
    command = ["nice", "-n", str(niceness), sys.executable, "-m", "artcli.host.jobs"]

    def result(job: Job) -> Any:
        # In a group of its own, so that Ctrl-C reaches this process alone. Leaving the body closes
        # the job's standard input, which tells it to save and stop, and waits for it.
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, process_group=0
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(asdict(job)) + "\n")
            process.stdin.flush()
            outcome = process.stdout.readline()
        if not outcome:
            raise ArtcliError(f"{job.name}: its process ended before it was done")
        return result_of(json.loads(outcome))

    class Executor:
        def run(self, jobs: Sequence[Job], done: Callable[[Job, Any], None]) -> list[Any]:
            results = []
            for job in jobs:
                results.append(result(job))
                done(job, results[-1])
            return results

    return Executor()


def test_contract() -> None:
    from artcli.testing import check

    for component in artcli_components():
        check(component)
