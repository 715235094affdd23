"""A run's state as a tree for a checkpoint, and back again, bit for bit."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch

from artcli import console
from artcli.errors import ArtcliError
from artcli.training.checkpoint import find_checkpoint, like, load_checkpoint, tensor_bytes
from artcli.training.loop import Cursor, Parts
from artcli.workspace.files import need_room

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
    """Everything as the last checkpoint has it, if there is one.

    Errors: `ArtcliError` where the checkpoint is damaged or does not fit, or where there is no
    room for those to come.
    """
    place = find_checkpoint(folder)
    if place is None:
        _need_room(folder, parts, there=0)
        return Cursor()
    state = load_checkpoint(place)
    _need_room(folder, parts, there=len({place, find_checkpoint(folder, "best") or place}))
    try:
        cursor = _put_back(fabric, state, parts)
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise ArtcliError(
            f"the checkpoint {place} does not fit the run's recipe",
            "was a plugin or a library changed? See run.json for the versions",
        ) from error
    console.note(f"going on after {cursor.step} steps ({cursor.epoch} epochs finished)")
    return cursor


def _need_room(folder: Path, parts: Parts, there: int) -> None:
    """Room for the checkpoints that stand side by side during a save: the last, the best, the new.

    The optimizer is taken to keep two numbers for each weight, as Adam does.
    """
    model = parts.model.module
    trained = sum(tensor_bytes(group["params"]) for group in parts.optimizer.param_groups)
    one = tensor_bytes(model.state_dict()) * (2 if parts.ema else 1) + 2 * trained
    need_room(folder, (3 - there) * one, "the checkpoints")


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
