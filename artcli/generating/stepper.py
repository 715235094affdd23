"""The one loop that trains generators: it owns steps, checkpoints, resume and chance.

A step function does one step of whatever a generator needs (two optimizers, several networks); the
stepper calls it so often, keys what is random, shows the losses, keeps checkpoints, and goes on
where the last one is. It stands beside `training.loop`, which knows batches, mixing and judging
that generators have not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from artcli.errors import ArtcliError, Interrupted
from artcli.training.checkpoint import find_checkpoint, like, load_checkpoint, save_checkpoint
from artcli.training.finite import all_finite, kept_of
from artcli.training.interrupts import SAVING, stop_requests
from artcli.training.keys import key

if TYPE_CHECKING:
    from pathlib import Path

    from artcli.generating.request import Preview, Request

Step = Callable[[int, np.random.Generator], Mapping[str, "torch.Tensor | float"]]

SAVE_EVERY_SECONDS = 60.0
_SHOW_EVERY_SECONDS = 0.1
_NOTED = 200
_CURVES = "curves"

Curves = dict[str, list[float]]


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
) -> Curves:
    """Call `step(number, rng)` for each number from 0 to `steps` - 1 that has not been done.

    `state` holds all that a step changes: objects with `state_dict` and `load_state_dict`
    (networks, optimizers, averages), by name. It is saved to `request.folder / name` every
    `save_every` seconds and at the end, and put back from there at the beginning, so that an
    interrupted training ends with the same weights, bit for bit, as one that was not, if they
    began with the same: what is random before the first step (a network's first weights) is the
    caller's to key. `rng` and torch's own generators are keyed by (seed, name, number), and torch's
    once more after the last step. `step` returns the losses that it has lowered; `what` names the
    work for people.

    The curve of each loss comes back, at some 200 to 400 of the steps (all, of fewer).

    Errors: `ArtcliError` when a loss, or a number that a checkpoint would keep, is not finite (the
    last checkpoint is kept), or when the checkpoint does not fit; `Interrupted` after a signal,
    with everything saved.
    """
    folder, shown = request.folder / name, what or name
    done, curves = _restore(folder, state, steps)
    saved, told, every = time.monotonic(), 0.0, max(1, steps // _NOTED)

    with stop_requests(SAVING) as asked:
        for number in range(done, steps):
            seed = key(request.seed, name, number)
            torch.manual_seed(seed)
            losses = step(number, np.random.default_rng(seed))
            now, last = time.monotonic(), number + 1 == steps
            note = number % every == 0 or last
            save = asked.signal_number is not None or last or now - saved >= save_every
            if note or save or now - told >= _SHOW_EVERY_SECONDS:
                told = now
                figures = {part: _figure(loss) for part, loss in losses.items()}
                bad = [f"loss {part}" for part, it in figures.items() if not math.isfinite(it)]
                _refuse_non_finite(bad, shown, number + 1, folder)
                if note:
                    for part, figure in figures.items():
                        curves.setdefault(part, []).append(figure)
                request.watch.step(shown, number + 1, steps, figures, preview)
            if save:
                kept = (it for part, owner in state.items() for it in _kept(part, owner))
                bad = [what for what, numbers in kept if not all_finite(numbers)]
                _refuse_non_finite(bad, shown, number + 1, folder)
                parts = {part: owner.state_dict() for part, owner in state.items()}
                save_checkpoint(folder, number + 1, 0, {**parts, _CURVES: curves})
                saved = time.monotonic()
                if asked.signal_number is not None:
                    raise Interrupted(asked.signal_number, "saved; the same command goes on")
    torch.manual_seed(key(request.seed, name, steps))
    return curves


def _restore(folder: Path, state: Mapping[str, Any], steps: int) -> tuple[int, Curves]:
    """Put the last checkpoint back, if there is one: the steps that were done, their losses."""
    place = find_checkpoint(folder)
    if place is None:
        return 0, {}
    kept = load_checkpoint(place)
    try:
        done = int(place.name.removeprefix("step-"))
        curves: Curves = kept.pop(_CURVES)
        if done > steps or kept.keys() != state.keys():
            raise ValueError("it is of another training")
        for part, owner in state.items():
            if isinstance(owner, torch.optim.Optimizer):
                _in_memory_format(kept[part], owner)
            owner.load_state_dict(kept[part])
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise ArtcliError(
            f"the checkpoint {place} does not fit the generator",
            f"was it changed? Begin anew: remove {folder}",
        ) from error
    return done, curves


def _in_memory_format(kept: dict[str, Any], optimizer: torch.optim.Optimizer) -> None:
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    for number, values in kept["state"].items():
        for name, value in values.items():
            if isinstance(value, torch.Tensor):
                values[name] = like(value, weights[number])


def _figure(loss: torch.Tensor | float) -> float:
    return float(loss.detach() if isinstance(loss, torch.Tensor) else loss)


def _kept(part: str, owner: Any) -> Iterator[tuple[str, Iterable[torch.Tensor]]]:
    if isinstance(owner, torch.nn.Module):
        yield from kept_of(owner, part)
    else:
        yield f"{part}'s state", _tensors(owner.state_dict())


def _tensors(tree: Any) -> Iterator[torch.Tensor]:
    if isinstance(tree, torch.Tensor):
        yield tree
    elif isinstance(tree, Mapping | list | tuple):
        for inner in tree.values() if isinstance(tree, Mapping) else tree:
            yield from _tensors(inner)


def _refuse_non_finite(bad: Sequence[str], what: str, step: int, folder: Path) -> None:
    """The error of numbers that are not finite, if any are."""
    if bad:
        place = find_checkpoint(folder)
        raise ArtcliError(
            f"{what}: not finite at step {step}: {', '.join(bad)}",
            "try a lower lr" + (f"; the last good checkpoint is {place}" if place else ""),
        )
