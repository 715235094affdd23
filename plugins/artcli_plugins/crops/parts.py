"""What crops of a drawn size share: a part of a painting, its size, stretch and place."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from pydantic import Field

from artcli.plugin import Box, UsageError

Share = Annotated[float, Field(gt=0, le=1)]
Aspect = Annotated[
    float,
    Field(ge=1, le=4),
    "how far it may be stretched: its shares' ratio is 1/aspect to aspect",
]


def part(rng: np.random.Generator, sides: tuple[float, float], aspect: float) -> Box:
    """A box whose area is the square of a side out of `sides` (shares of the painting's).

    Side and stretch are drawn evenly in the logarithm, the place evenly. A part too large to be
    stretched by `aspect` is stretched as far as it fits, and so keeps its area.
    """
    low, high = sides
    side = math.exp(rng.uniform(math.log(low), math.log(high)))
    furthest = min(0.5 * math.log(aspect), -math.log(side))
    stretch = math.exp(rng.uniform(-1, 1) * furthest)
    width, height = min(1.0, side * stretch), min(1.0, side / stretch)
    left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
    return Box(left, top, min(1.0, left + width), min(1.0, top + height))


def check_order(option: str, ends: tuple[float, float]) -> None:
    """Errors: `UsageError` for a range that runs backwards."""
    low, high = ends
    if low > high:
        raise UsageError(f"{option}=({low},{high}) runs backwards", "the smaller one first")
