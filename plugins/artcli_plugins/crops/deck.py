"""The deck's crop, which is also how the contest cut its test pieces."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from artcli.plugin import Box


def deck() -> Callable[[np.random.Generator, int, int], Box]:
    """Half the width and half the height, anywhere: as the contest cut its test pieces.

    Source: slide "Data augmentation" (Resize 520, RandomCrop 260).
    """

    def crop(rng: np.random.Generator, _width: int, _height: int) -> Box:
        left, top = rng.uniform(0, 0.5, size=2).tolist()
        return Box(left, top, left + 0.5, top + 0.5)

    return crop
