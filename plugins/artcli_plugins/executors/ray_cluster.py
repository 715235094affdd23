"""The Ray cluster that jobs go to: how it is reached, or started here, and what it has room for."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from artcli import console
from artcli.contest.workers import cores
from artcli.plugin import ArtcliError, UsageError

_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_COLOR_PREFIX": "0",
    # A lost worker's loader processes live up to five seconds longer, and hold its fold's lock.
    "RAY_task_retry_delay_ms": "8000",
}


@contextmanager
def connected(address: str | None) -> Iterator[Any]:
    """The module `ray`, connected while the body runs; as it is where it is connected already."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise ArtcliError(
            "the executor ray needs the package ray, which is not installed",
            "install it: pip install 'artcli[ray]'",
        ) from error
    if ray.is_initialized():
        yield ray
        return
    local: dict[str, Any] = (
        {"num_cpus": cores(), "include_dashboard": False} if address is None else {}
    )
    console.note(f"connecting to Ray at {address}" if address else "starting Ray on this machine")
    terminate = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address or "local", log_to_driver=False, logging_level=logging.ERROR, **local)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ArtcliError(
            f"no Ray cluster answers at {address}: {error}" if address else f"Ray: {error}",
            "start one: ray start --head",
        ) from error
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, terminate)  # Ray has put its own in place
    try:
        yield ray
    finally:
        ray.shutdown()


def room(
    machines: Sequence[Mapping[str, float]], jobs: int, threads: int | None, gpus: float
) -> tuple[int, int]:
    """How many jobs go at once, and the threads of each (None: the CPUs shared out).

    `machines` have so many of "CPU" and "GPU". Errors: `UsageError` when a job fits on none.
    """
    able = [machine for machine in machines if machine.get("GPU", 0) >= gpus]
    if threads is None and able:
        each = -(-jobs // len(able))
        if gpus:
            each = min(each, *(int(machine["GPU"] // gpus) for machine in able))
        threads = max(1, int(min(machine.get("CPU", 0) for machine in able)) // max(1, each))
    wanted = threads or 1
    at_once = sum(
        int(min(machine.get("CPU", 0) // wanted, machine["GPU"] // gpus if gpus else jobs))
        for machine in able
    )
    if jobs and not at_once:
        raise UsageError(
            f"no machine of the Ray cluster has room for a job: CPUs {wanted}, GPUs {gpus:g}",
            "give each less, as with ray:threads=1,gpus=0",
        )
    return min(at_once, jobs), wanted
