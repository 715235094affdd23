"""Jobs on the machines of a Ray cluster, or on one of this machine's own."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from artcli.plugin import ArtcliError, Job, result_of
from artcli_plugins.executors.ray_cluster import connected, room
from artcli_plugins.executors.ray_desk import Desk, at_worker
from artcli_plugins.executors.side_by_side import show_line, side_by_side
from artcli_plugins.executors.threads import on_threads


@dataclass(frozen=True)
class Ray:
    """Where the cluster is, and what each job gets of it (see `ray`)."""

    address: str | None
    gpus: float | None
    threads: int | None
    retries: int

    def run(self, jobs: Sequence[Job], done: Callable[[Job, Any], None]) -> list[Any]:
        """The jobs' results, in order. Errors: as `side_by_side`; no Ray, no cluster, no room."""
        # Ray prints what befalls workers, to standard output, which is for results.
        with redirect_stdout(sys.stderr), connected(self.address) as ray, _desk(ray) as desk:
            machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
            gpus = self.gpus
            if gpus is None:
                gpus = 1.0 if any(machine.get("GPU") for machine in machines) else 0.0
            at_once, threads = room(machines, len(jobs), self.threads, gpus)
            remote = ray.remote(
                num_cpus=threads, num_gpus=gpus, max_retries=self.retries, max_calls=1
            )(at_worker)

            def begin(job: Job, _seat: int) -> _Task:
                what = asdict(on_threads(job, threads))
                given = (what, sys.path, str(Path.cwd()), desk)
                return _Task(ray, desk, job.name, remote.options(name=job.name).remote(*given))

            return side_by_side(jobs, done, range(at_once), begin)


@dataclass(frozen=True)
class _Task:
    """A job that Ray does (a `Begun`)."""

    ray: Any
    desk: Any
    name: str
    reference: Any

    def has_ended(self) -> bool:
        try:
            return bool(self.ray.wait([self.reference], timeout=0)[0])
        except _lost(self.ray):
            return True  # with the cluster, as `result` will say

    def result(self) -> Any:
        failures = self.ray.exceptions
        try:
            outcome = self.ray.get(self.reference)
        except failures.RayTaskError as error:
            raise ArtcliError(
                f"{self.name}: its worker could not begin: {str(error).splitlines()[-1]}",
                "each machine needs this very artcli, and what it needs",
            ) from error
        except _lost(self.ray) as error:
            raise ArtcliError(
                f"{self.name}: its worker was lost: {_first_line(error)}",
                "if memory runs out, run fewer jobs at once: give each more CPUs, as with "
                "ray:threads=8",
            ) from error
        return result_of(outcome)

    def tell(self, number: int) -> None:
        with suppress(*_lost(self.ray)):
            self.desk.tell.remote(number)

    def kill(self) -> None:
        with suppress(*_lost(self.ray)):
            self.ray.cancel(self.reference, force=True)


def _lost(ray: Any) -> tuple[type[Exception], ...]:
    """What is raised where a worker, or the cluster itself, is no longer there."""
    return ray.exceptions.RayError, ConnectionError


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


@contextmanager
def _desk(ray: Any) -> Iterator[Any]:
    """The desk, on this machine; what is said there is shown while the body runs."""
    here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
        ray.get_runtime_context().get_node_id(), soft=False
    )
    desk = ray.remote(Desk).options(num_cpus=0, scheduling_strategy=here).remote()

    def show() -> None:
        with suppress(*_lost(ray)):
            while (said := ray.get(desk.listen.remote())) is not None:
                show_line(*said)

    shower = threading.Thread(target=show, daemon=True)
    shower.start()
    try:
        yield desk
    finally:
        with suppress(*_lost(ray)):
            desk.close.remote()
        shower.join(timeout=5)


def ray(
    *,
    address: Annotated[
        str | None, "of a cluster that runs, such as auto (none: one of this machine's own)"
    ] = None,
    gpus: Annotated[
        float | None, Field(ge=0), "GPUs for each job (none: 1 where the cluster has any)"
    ] = None,
    threads: Annotated[
        int | None, Field(ge=1), "CPUs for each job, and its threads (none: shared out)"
    ] = None,
    retries: Annotated[int, Field(ge=0), "how often a job may begin again elsewhere"] = 3,
) -> Ray:
    """Jobs on the machines of a Ray cluster, or on one that is started here and stopped again.

    The job of a worker that is lost begins again elsewhere, a fold where its last checkpoint is;
    a job's own error is told at once. Each machine needs the same artcli; the workspace lies on
    storage that all share. At Ctrl-C jobs save and stop; when this process is killed they end
    without saving.
    """
    return Ray(address, gpus, threads, retries)
