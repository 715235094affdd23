"""A moving average of a model's weights and buffers, which generalises better than the last ones.

Polyak averaging with the decay warmed up as min(decay, (1 + t) / (10 + t)), as TensorFlow's
`ExponentialMovingAverage` does, so that a short run is not held back by its first weights.

Source: Polyak and Juditsky 1992, "Acceleration of Stochastic Approximation by Averaging".
"""

from __future__ import annotations

from copy import deepcopy
from itertools import compress

import torch
from torch import Tensor, nn


class Ema:
    """`module` is the averaged model, in eval mode; `update` moves it towards `source`.

    Layers that are frozen when it is made are left alone.
    """

    def __init__(self, source: nn.Module, decay: float) -> None:
        self.module = deepcopy(source).eval().requires_grad_(False)
        self.decay = decay
        pairs = zip(self.module.modules(), source.modules(), strict=True)
        self._layers = [
            (mine, theirs) for mine, theirs in pairs if _kept(theirs) and not _is_frozen(theirs)
        ]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """After optimizer step number `step`, counted from 1."""
        decay = min(self.decay, (1 + step) / (10 + step))
        mine = [tensor for layer, _ in self._layers for tensor in _kept(layer)]
        theirs = [tensor for _, layer in self._layers for tensor in _kept(layer)]
        floats = [tensor.is_floating_point() for tensor in mine]
        torch._foreach_lerp_([*compress(mine, floats)], [*compress(theirs, floats)], 1 - decay)
        for average, tensor, is_float in zip(mine, theirs, floats, strict=True):
            if not is_float:  # a counter
                average.copy_(tensor)


def _kept(layer: nn.Module) -> list[Tensor]:
    """The layer's own tensors that its `state_dict` has."""
    passing = layer._non_persistent_buffers_set
    buffers = [tensor for name, tensor in layer.named_buffers(recurse=False) if name not in passing]
    return [*layer.parameters(recurse=False), *buffers]


def _is_frozen(layer: nn.Module) -> bool:
    """Whether the layer has weights of its own, and none of them learns."""
    own = [weight.requires_grad for weight in layer.parameters(recurse=False)]
    return bool(own) and not any(own)
