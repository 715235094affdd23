"""Jobs of tests, which other processes import by this module's name."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from artcli.errors import Interrupted
from artcli.training.interrupts import stop_requests


def train(*, folder: str, name: str, seconds: float = 30.0) -> str:
    """Goes on until told to stop, then takes a moment to save, as a run does."""
    place = Path(folder)
    with stop_requests() as request:
        print(f"training {name}", file=sys.stderr, flush=True)
        (place / f"{name}.begun").write_text(str(os.getpid()))
        end = time.monotonic() + seconds
        while request.signal_number is None and time.monotonic() < end:
            time.sleep(0.02)
        if request.signal_number is None:
            return name
        time.sleep(0.5)  # a second signal in this time would raise KeyboardInterrupt
    (place / f"{name}.saved").write_text(str(request.signal_number))
    raise Interrupted(request.signal_number, f"{name} is saved")


def idle(*, folder: str, seconds: float = 30.0) -> None:
    """Knows nothing of signals."""
    (Path(folder) / "idle.begun").touch()
    time.sleep(seconds)


def die(*, number: int) -> None:
    os.kill(os.getpid(), number)
    time.sleep(30)


def leave(*, code: int) -> None:
    os._exit(code)


def die_once(*, folder: str) -> int:
    """Killed the first time; the second time it says how often it was begun."""
    place = Path(folder) / "lives"
    with place.open("a") as lives:
        lives.write("x")
    if place.stat().st_size == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return place.stat().st_size


def crash(*, key: str) -> Any:
    return {}[key]


def chat(*, text: str) -> str:
    """Says `text` on both streams."""
    print(text)
    print(text, file=sys.stderr)
    return text


def compute(*, seed: int) -> dict[str, Any]:
    """What torch computes, and on how many threads."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    left, right = torch.rand(2, 64, 64, generator=generator)
    return {"sum": float((left @ right).sum()), "threads": torch.get_num_threads()}


def share(*, seconds: float = 0.0, **_more: str) -> list[str | None]:
    """Its GPUs and its threads, after a while."""
    time.sleep(seconds)
    return [os.environ.get(name) for name in ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS")]
