"""The one loop that trains generators: it owns steps, checkpoints, resume and chance.

A step function does one step of whatever a generator needs (two optimizers, several networks); the
stepper calls it so often, keys what is random, shows the losses, keeps checkpoints, and goes on
where the last one is. It stands beside `training.loop`, which knows batches, mixing and judging
that generators have not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from artcli.errors import ArtcliError, Interrupted
from artcli.training.checkpoint import find_checkpoint, like, load_checkpoint, save_checkpoint
from artcli.training.interrupts import stop_requests
from artcli.training.keys import key

if TYPE_CHECKING:
    from pathlib import Path

    from artcli.generating.request import Preview, Request

Step = Callable[[int, np.random.Generator], Mapping[str, "torch.Tensor | float"]]

SAVE_EVERY_SECONDS = 60.0
_SHOW_EVERY_SECONDS = 0.1


def run_steps(
    request: Request,
    name: str,
    steps: int,
    state: Mapping[str, Any],
    step: Step,
    *,
    what: str = "",
    preview: Preview | None = None,
    save_every: float = SAVE_EVERY_SECONDS,
) -> None:
    """Call `step(number, rng)` for each number from 0 to `steps` - 1 that has not been done.

    `state` holds all that a step changes: objects with `state_dict` and `load_state_dict`
    (networks, optimizers, averages), by name. It is saved to `request.folder / name` every
    `save_every` seconds and at the end, and put back from there at the beginning, so that an
    interrupted training ends with the same weights, bit for bit, as one that was not. `rng` and
    torch's own generators are keyed by (seed, name, number). `step` returns the losses that it has
    lowered; `what` names the work for people.

    Errors: `ArtcliError` when a loss is not finite (the last checkpoint is kept), or when the
    checkpoint does not fit; `Interrupted` after a signal, with everything saved.
    """
    folder, shown = request.folder / name, what or name
    done = _restore(folder, state)
    saved, told = time.monotonic(), 0.0

    with stop_requests() as asked:
        for number in range(done, steps):
            seed = key(request.seed, name, number)
            torch.manual_seed(seed)
            losses = step(number, np.random.default_rng(seed))
            now, last = time.monotonic(), number + 1 == steps
            stop = asked.signal_number is not None
            save = stop or last or now - saved >= save_every
            if save or now - told >= _SHOW_EVERY_SECONDS:
                told = now
                figures = {part: float(loss) for part, loss in losses.items()}
                _refuse_non_finite(figures, shown, number + 1, folder)
                request.watch.step(shown, number + 1, steps, figures, preview)
            if save:
                parts = {part: owner.state_dict() for part, owner in state.items()}
                save_checkpoint(folder, number + 1, 0, parts)
                saved = time.monotonic()
            if stop:
                raise Interrupted(asked.signal_number or 2, "saved; the same command goes on")


def _restore(folder: Path, state: Mapping[str, Any]) -> int:
    """Put the last checkpoint back, if there is one; the steps that were done."""
    place = find_checkpoint(folder)
    if place is None:
        return 0
    kept = load_checkpoint(place)
    try:
        for part, owner in state.items():
            if isinstance(owner, torch.optim.Optimizer):
                _in_memory_format(kept[part], owner)
            owner.load_state_dict(kept[part])
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise ArtcliError(
            f"the checkpoint {place} does not fit the generator",
            f"was it changed? Begin anew: remove {folder}",
        ) from error
    return int(place.name.removeprefix("step-"))


def _in_memory_format(kept: dict[str, Any], optimizer: torch.optim.Optimizer) -> None:
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    for number, values in kept["state"].items():
        for name, value in values.items():
            if isinstance(value, torch.Tensor):
                values[name] = like(value, weights[number])


def _refuse_non_finite(losses: Mapping[str, float], what: str, number: int, folder: Path) -> None:
    bad = [part for part, loss in losses.items() if not math.isfinite(loss)]
    if bad:
        place = find_checkpoint(folder)
        raise ArtcliError(
            f"{what}: the loss {' and '.join(bad)} is not finite at step {number}",
            "try a lower lr" + (f"; the last good checkpoint is {place}" if place else ""),
        )
