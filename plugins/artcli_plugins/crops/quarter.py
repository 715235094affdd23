"""Crops about the size of a test piece, and now and then the whole painting."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated

import numpy as np
from pydantic import Field

from artcli.plugin import Box, UsageError

Side = Annotated[float, Field(gt=0, le=1)]


def quarter(
    *,
    sides: Annotated[
        tuple[Side, Side], "least and most of the crop's side, as shares of the painting's"
    ] = (0.4, 0.6),
    aspect: Annotated[
        float,
        Field(ge=1, le=4),
        "how far it may be stretched: its shares' ratio is 1/aspect to aspect",
    ] = 1.2,
    whole: Annotated[
        float, Field(ge=0, le=1), "how often the whole painting is shown instead"
    ] = 0.2,
) -> Callable[[np.random.Generator, int, int], Box]:
    """The test's scale with some spread, mixed with whole paintings.

    A test piece is half the width by half the height of a painting. Crops of that scale are what
    the contest's teams gained most from, and some whole paintings among them helped further.
    Scale and stretch are drawn evenly in the logarithm, the place evenly.
    """
    low, high = sides
    if low > high:
        raise UsageError(f"quarter: sides=({low},{high}) runs backwards", "the smaller side first")

    def crop(rng: np.random.Generator, _width: int, _height: int) -> Box:
        if rng.random() < whole:
            return Box(0.0, 0.0, 1.0, 1.0)
        side = math.exp(rng.uniform(math.log(low), math.log(high)))
        stretch = math.exp(rng.uniform(-0.5, 0.5) * math.log(aspect))
        width, height = min(1.0, side * stretch), min(1.0, side / stretch)
        left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
        return Box(left, top, min(1.0, left + width), min(1.0, top + height))

    return crop
