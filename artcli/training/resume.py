"""A run's state as a tree for a checkpoint, and back again, bit for bit."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch

from artcli import console
from artcli.errors import ArtcliError
from artcli.training.checkpoint import find_checkpoint, like, load_checkpoint
from artcli.training.loop import Cursor, Parts

if TYPE_CHECKING:
    from pathlib import Path

    from lightning_fabric import Fabric


def state_of(fabric: Fabric, parts: Parts, cursor: Cursor) -> dict[str, Any]:
    """Everything that `restore` needs to go on."""
    state = {
        "precision": fabric.strategy.precision.state_dict(),  # the scale of 16-bit gradients
        "model": parts.model.module.state_dict(),
        "optimizer": parts.optimizer.optimizer.state_dict(),
        "scheduler": parts.scheduler.state_dict(),
        "cursor": asdict(cursor),
    }
    return state | ({"average": parts.ema.module.state_dict()} if parts.ema else {})


def restore(fabric: Fabric, folder: Path, parts: Parts) -> Cursor:
    """Everything as the last checkpoint has it, if there is one."""
    place = find_checkpoint(folder)
    if place is None:
        return Cursor()
    state = load_checkpoint(place)
    try:
        cursor = _put_back(fabric, state, parts)
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise ArtcliError(
            f"the checkpoint {place} does not fit the run's recipe",
            "was a plugin or a library changed? See run.json for the versions",
        ) from error
    console.note(f"going on after {cursor.step} steps ({cursor.epoch} epochs finished)")
    return cursor


def _put_back(fabric: Fabric, state: dict[str, Any], parts: Parts) -> Cursor:
    parts.model.module.load_state_dict(state["model"])
    if parts.ema:
        parts.ema.module.load_state_dict(state["average"])
    optimizer = parts.optimizer.optimizer
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    for number, kept in state["optimizer"]["state"].items():
        for name, value in kept.items():
            if isinstance(value, torch.Tensor):
                kept[name] = like(value, weights[number])
    optimizer.load_state_dict(state["optimizer"])
    parts.scheduler.load_state_dict(state["scheduler"])
    if scale := state["precision"]:
        fabric.strategy.precision.load_state_dict(scale)
    return Cursor(**state["cursor"])
