"""Numbers that are not finite, found before they are kept.

A loss tells of the weights before its step, so the step before a save is looked at here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import torch

from artcli.training.loop import NonFiniteLoss

if TYPE_CHECKING:
    from lightning_fabric import Fabric
    from torch import Tensor, nn

    from artcli.training.loop import Parts


def refuse_non_finite(fabric: Fabric, parts: Parts, step: int) -> None:
    """`NonFiniteLoss`, on all ranks alike, when a number that a checkpoint would keep is not one.

    Looked at: weights, their average, what the optimizer keeps of each, and the statistics of
    norms.
    """
    bad = next((what for what, numbers in _kept(parts) if not all_finite(numbers)), None)
    if fabric.world_size > 1:
        flag = torch.tensor(float(bad is not None), device=fabric.device)
        if fabric.all_reduce(flag, reduce_op="sum") and bad is None:
            bad = "state of another rank"
    if bad is not None:
        raise NonFiniteLoss(
            f"not every number of the {bad} is finite after step {step}",
            "try a lower learning rate, like --optimizer adamw:lr=1e-4, or --precision 32",
        )


def kept_of(module: nn.Module, whose: str) -> Iterator[tuple[str, list[Tensor]]]:
    """A network's weights and the statistics of its norms, by what people call them (other buffers
    may hold infinity by design, as masks do)."""
    yield f"{whose}'s weights", list(module.parameters())
    buffers = module.named_buffers()
    yield (
        f"{whose}'s batch-norm statistics",
        [b for name, b in buffers if ".running_" in f".{name}"],
    )


def _kept(parts: Parts) -> Iterator[tuple[str, list[Tensor]]]:
    yield from kept_of(parts.model.module, "model")
    if parts.ema:
        yield from kept_of(parts.ema.module, "average")
    yield (
        "optimizer's state",
        [
            value
            for weight, state in parts.optimizer.optimizer.state.items()
            for value in state.values()
            if isinstance(value, torch.Tensor)
            and (value.shape, value.device) == (weight.shape, weight.device)  # no count of steps
        ],
    )


def all_finite(numbers: Iterable[Tensor]) -> bool:
    """Whether all are; one answer of each device is awaited, not one for each tensor."""
    checked: dict[torch.device, list[Tensor]] = {}
    for tensor in numbers:
        if tensor.is_floating_point():
            checked.setdefault(tensor.device, []).append(tensor.isfinite().all())
    return all(bool(torch.stack(flags).all()) for flags in checked.values())
