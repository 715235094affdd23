"""How many threads a job computes with, which decides the last digits of what it computes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from artcli.plugin import Job, call_job

_READ_BY_LIBRARIES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_NO_FEWER = {"MKL_DYNAMIC": "FALSE"}  # MKL, and torch after it, would take one a core at most


@contextmanager
def limited(threads: int | None) -> Iterator[None]:
    """torch computes with so many threads while the body runs (None: as it is)."""
    if threads is None:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def on_threads(job: Job, threads: int) -> Job:
    """The same job, which limits its threads itself, for a process that is its own."""
    return Job(job.name, f"{__name__}:call_on_threads", {"job": asdict(job), "threads": threads})


def call_on_threads(job: Mapping[str, Any], threads: int) -> Any:
    """The job's result. What it imports reads the limit; a torch that is here already is told."""
    os.environ.update(dict.fromkeys(_READ_BY_LIBRARIES, str(threads)) | _NO_FEWER)
    with limited(threads if "torch" in sys.modules else None):
        return call_job(Job(**job))
