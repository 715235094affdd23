"""No mixing."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def none(
    _num_classes: int,
) -> Callable[[Tensor, Tensor, torch.Generator], tuple[Tensor, Tensor]]:
    """The batch as it is."""
    return lambda images, targets, _generator: (images, targets)
