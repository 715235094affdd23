"""A warm-up, then half a cosine down to the end of the run."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler


def factor(step: int, steps: int, warmup: int, final: float) -> float:
    """The factor at step 0, 1, …: it rises evenly to 1 at step `warmup`, then falls to `final`.

    `final` is reached at step `steps`, just after the last one, and kept.
    """
    if step < warmup:
        return (step + 1) / (warmup + 1)
    done = min(1.0, (step - warmup) / max(1, steps - warmup))
    return final + (1 - final) * (1 + math.cos(math.pi * done)) / 2


def cosine(
    optimizer: Optimizer,
    steps_per_epoch: int,
    epochs: int,
    *,
    warmup: Annotated[
        float, Field(ge=0, lt=1), "the share of the run's steps in which the rate rises"
    ] = 0.05,
    final: Annotated[
        float, Field(ge=0, le=1), "the share of the peak that is left at the end"
    ] = 0.01,
) -> LRScheduler:
    """A linear warm-up, then half a cosine over the rest of the run, without restarts.

    Source: Goyal et al. 2017, "Accurate, Large Minibatch SGD" (warm-up); Loshchilov and Hutter
    2017, "SGDR" (cosine).
    """
    steps = steps_per_epoch * epochs
    rising = round(warmup * steps)
    return LambdaLR(optimizer, lambda step: factor(step, steps, rising, final))
