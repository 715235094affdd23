"""Crops about the size of a test piece, and now and then the whole painting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import numpy as np
from pydantic import Field

from artcli.plugin import Box

from .parts import Aspect, Share, check_order, part


def quarter(
    *,
    sides: Annotated[
        tuple[Share, Share], "least and most of the crop's side, as shares of the painting's"
    ] = (0.4, 0.6),
    aspect: Aspect = 1.2,
    whole: Annotated[
        float, Field(ge=0, le=1), "how often the whole painting is shown instead"
    ] = 0.2,
) -> Callable[[np.random.Generator, int, int], Box]:
    """The test's scale with some spread, mixed with whole paintings.

    A test piece is half the width by half the height of a painting. Crops of that scale are what
    the contest's teams gained most from, and some whole paintings among them helped further.
    Scale and stretch are drawn evenly in the logarithm, the place evenly.

    Source: our own.
    """
    check_order("quarter: sides", sides)

    def crop(rng: np.random.Generator, _width: int, _height: int) -> Box:
        if rng.random() < whole:
            return Box(0.0, 0.0, 1.0, 1.0)
        return part(rng, sides, aspect)

    return crop
