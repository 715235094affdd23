"""Where a run computes: Fabric, set up for this machine or for the ranks that torchrun started."""

from __future__ import annotations

import atexit
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import torch

from artcli import console
from artcli.contest.workers import cores
from artcli.errors import ArtcliError, UsageError, out_of_memory
from artcli.signals import ended_while_deaf

if TYPE_CHECKING:
    from lightning_fabric import Fabric

    from artcli.training.recipe import Recipe

_PEER_GONE = re.compile("gloo|nccl|by peer", re.IGNORECASE)  # in what torch says of it
_AGAIN = "torchrun says which rank ended first; call it again"
SMALLER = "give a smaller --batch-size or --image-size"
_PRECISION = {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}


def start_fabric(recipe: Recipe, device: str = "auto") -> Fabric:
    """Fabric on `device`: one process, or one of those that torchrun started.

    Ranks other than the first print nothing.
    """
    from lightning_fabric import Fabric

    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it narrates its settings
    accelerator = pick_device(device)
    ranks = int(os.environ.get("WORLD_SIZE", 1))
    here = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    fabric = Fabric(
        accelerator=accelerator,
        devices=here,
        num_nodes=max(1, ranks // here),
        strategy="ddp" if ranks > 1 else "auto",
        precision=_precision(recipe.precision, accelerator),
    )
    waiting = ended_while_deaf(_say_that_it_waited) if ranks > 1 else nullcontext()
    with beside_others(fabric, _AGAIN), waiting:
        fabric.launch()
    if ranks > 1:  # else the threads of gloo may abort a process that ends
        atexit.register(_leave)
    if accelerator == "cuda":
        torch.set_float32_matmul_precision("high")
    if fabric.global_rank:
        console.out().quiet = console.err().quiet = True
    return fabric


def _say_that_it_waited() -> None:
    rank = os.environ.get("RANK", 0)
    console.err().print(f"[bold red]error:[/] rank {rank} was ended while it waited for the others")
    console.err().print(f"[dim]hint:[/] {_AGAIN}")


def _leave() -> None:
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def pick_device(device: str) -> str:
    """`device`, or for `auto` the best there is. Errors: `UsageError` when it is not there."""
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if device == "auto":
        return next(name for name, found in there.items() if found)
    if not there.get(device, False):
        raise UsageError(
            f"there is no device {device} here",
            f"there are: {', '.join(name for name, found in there.items() if found)}",
        )
    return device


@contextmanager
def beside_others(fabric: Fabric, hint: str) -> Iterator[None]:
    """Among ranks: that another of them has ended is an `ArtcliError` with this hint."""
    try:
        yield
    except RuntimeError as error:
        if fabric.world_size == 1 or not _PEER_GONE.search(str(error)):
            raise
        raise ArtcliError(
            f"another rank has ended, so rank {fabric.global_rank} cannot go on", hint
        ) from error


def pictures_at_once(device: str, learnt: int | None = None) -> int:
    """How many pictures a model looks at together where nothing is learnt: no more than four times
    those `learnt` from at once, if that is known, since no layer's output is kept.

    On a CPU few: what 64 of them take is fresh memory at every layer, at half the speed (tried).
    """
    most = 16 if device == "cpu" else 64
    return min(most, 4 * learnt) if learnt else most


@contextmanager
def looking_at(pictures: int, hint: str) -> Iterator[None]:
    """Where `pictures` are looked at together and nothing is learnt: short memory is an
    `ArtcliError` with this hint."""
    try:
        yield
    except Exception as error:
        if not out_of_memory(error):
            raise
        said = f"memory is short for {pictures} pictures at a time"
        raise ArtcliError(said, hint) from error


def default_workers(fabric: Fabric) -> int:
    """Loader processes per rank: on a CPU one, since the model itself needs the cores."""
    if fabric.device.type == "cpu":
        return min(1, cores() - 1)
    return max(1, min(8, cores() // fabric.world_size))


def _precision(wanted: str, accelerator: str) -> Any:
    if wanted == "16" and accelerator != "cuda":
        raise UsageError(
            f"--precision 16 is for GPUs, and this run is on {accelerator}", "bf16 serves there"
        )
    if wanted != "auto":
        return _PRECISION[wanted]
    able = accelerator == "cuda" and torch.cuda.is_bf16_supported()
    return "bf16-mixed" if able else "32-true"
