"""What the mixers share: when they mix, and which two pictures meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

Mixer = Callable[[Tensor, Tensor, torch.Generator], tuple[Tensor, Tensor]]
Often = Annotated[float, Field(ge=0, le=1), "the share of the batches that is mixed"]


def keyed(generator: torch.Generator) -> np.random.Generator:
    """A numpy generator that a CPU one of torch decides, since torch draws no Beta from its own."""
    return np.random.default_rng(int(torch.randint(2**62, (1,), generator=generator)))


def partners(rng: np.random.Generator, images: Tensor) -> Tensor:
    """Who is mixed into whom, a permutation `(N,)` on the device of `images`."""
    return torch.from_numpy(rng.permutation(len(images))).to(images.device)
