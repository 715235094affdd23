"""How many threads a job computes with, which decides the last digits of what it computes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


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
