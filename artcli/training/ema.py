"""A moving average of a model's weights and buffers, which generalises better than the last ones.

Polyak averaging with the decay warmed up as min(decay, (1 + t) / (10 + t)), as TensorFlow's
`ExponentialMovingAverage` does, so that a short run is not held back by its first weights.

Source: Polyak and Juditsky 1992, "Acceleration of Stochastic Approximation by Averaging".
"""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import nn


class Ema:
    """`module` is the averaged model, in eval mode; `update` moves it towards `source`."""

    def __init__(self, source: nn.Module, decay: float) -> None:
        self.module = deepcopy(source).eval().requires_grad_(False)
        self.decay = decay
        frozen = {name for name, weight in source.named_parameters() if not weight.requires_grad}
        self._moving = [name for name in self.module.state_dict() if name not in frozen]

    @torch.no_grad()
    def update(self, source: nn.Module, step: int) -> None:
        """After optimizer step number `step`, counted from 1."""
        decay = min(self.decay, (1 + step) / (10 + step))
        mine, theirs = self.module.state_dict(), source.state_dict()
        floats = [name for name in self._moving if mine[name].is_floating_point()]
        torch._foreach_lerp_(
            [mine[name] for name in floats], [theirs[name] for name in floats], 1 - decay
        )
        for name in set(self._moving) - set(floats):  # counters
            mine[name].copy_(theirs[name])
