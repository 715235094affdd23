"""Crops from half a test piece's area to twice it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated

import numpy as np

from artcli.plugin import Box

from .parts import Aspect, Share, check_order, part


def scales(
    *,
    areas: Annotated[
        tuple[Share, Share], "least and most of the crop's area, as shares of the painting's"
    ] = (0.125, 0.5),
    aspect: Aspect = 1.2,
) -> Callable[[np.random.Generator, int, int], Box]:
    """Several scales around the test's: a test piece is a quarter of its painting.

    The area is drawn evenly in the logarithm, so that by default half of the crops are smaller
    than a quarter and half are larger; stretch and place as in `quarter`.

    Source: our own.
    """
    check_order("scales: areas", areas)
    low, high = areas
    sides = math.sqrt(low), math.sqrt(high)

    def crop(rng: np.random.Generator, _width: int, _height: int) -> Box:
        return part(rng, sides, aspect)

    return crop
