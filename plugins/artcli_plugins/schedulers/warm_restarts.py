"""The deck's schedule: cosine cycles, each with a warm-up of its own and a lower peak."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from artcli.console import note
from artcli.plugin import UsageError


@dataclass(frozen=True)
class Cycles:
    """The reference group's learning rate as a function of the step: 0, 1, …

    `first` is the first cycle's length in steps, `warmup` that of every cycle's warm-up; what
    follows the warm-up grows by `growth` from cycle to cycle. The peak is `high` times `shrink` to
    the power of the cycle's number, but never below `low`.
    """

    first: int
    warmup: int
    growth: int
    high: float
    low: float
    shrink: float

    def lr(self, step: int) -> float:
        """From `low` up to the cycle's peak in its warm-up, then half a cosine back to `low`."""
        cycle, place, length = self._place(step)
        peak = max(self.low, self.high * self.shrink**cycle)
        if place < self.warmup:
            return self.low + (peak - self.low) * place / self.warmup
        done = (place - self.warmup) / (length - self.warmup)
        return self.low + (peak - self.low) * (1 + math.cos(math.pi * done)) / 2

    def _place(self, step: int) -> tuple[int, int, int]:
        """The cycle's number, the step's place in it, and the cycle's length."""
        if self.growth == 1:
            return *divmod(step, self.first), self.first
        cycle, length = 0, self.first
        while step >= length:
            step -= length
            length = (length - self.warmup) * self.growth + self.warmup
            cycle += 1
        return cycle, step, length


def warm_restarts(
    optimizer: Optimizer,
    steps_per_epoch: int,
    _epochs: int,
    *,
    t_0: Annotated[float, Field(gt=0), "the first cycle's length in epochs"] = 5.0,
    eta_max: Annotated[float, Field(gt=0), "the first cycle's peak"] = 1e-3,
    t_up: Annotated[int, Field(ge=0), "steps of warm-up at the start of every cycle"] = 50,
    t_mult: Annotated[
        int, Field(ge=1), "how much longer each cycle's descent is than the one before"
    ] = 1,
    gamma: Annotated[
        float, Field(gt=0, le=1), "each cycle's peak as a share of the one before"
    ] = 0.7,
    t_min: Annotated[
        float, Field(ge=0), "the rate where a warm-up starts and a descent ends"
    ] = 5e-6,
) -> LRScheduler:
    """CosineAnnealingWarmUpRestarts, with the slide's values as defaults.

    SGDR with a warm-up in every cycle. The rates are absolute: those
    of the reference group (multiplier 1), whatever the optimizer's `lr`; other groups take their
    multiple. A warm-up that does not fit into the first cycle is cut to half of it, with a notice.

    Source: Loshchilov and Hutter 2017, "SGDR: Stochastic Gradient Descent with Warm Restarts";
    slide "LRScheduler".
    """
    if t_min > eta_max:
        raise UsageError(f"warm-restarts: t_min={t_min} is above eta_max={eta_max}")
    first = max(1, round(t_0 * steps_per_epoch))
    if t_up >= first:
        note(f"warm-restarts: a cycle has {first} steps, so t_up={t_up} is cut to {first // 2}")
        t_up = first // 2
    cycles = Cycles(first, t_up, t_mult, eta_max, t_min, gamma)
    group = optimizer.param_groups[0]
    reference = group.get("initial_lr", group["lr"]) / group.get("lr_multiplier", 1.0)
    return LambdaLR(optimizer, lambda step: cycles.lr(step) / reference)
