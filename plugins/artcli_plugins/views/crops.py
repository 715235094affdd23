"""Corners and centre, enlarged."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from torch import Tensor

from artcli.plugin import View

from .fitting import PLAIN, fit, middle


def crops(
    *,
    share: Annotated[
        float, Field(gt=0, lt=1), "the side of each part, as a share of the piece's"
    ] = 0.875,
) -> list[View]:
    """The piece as it is, its four corners and its centre, each enlarged to the model's size.

    Five of the well-known ten, the others being these mirrored, and the whole.

    Source: Krizhevsky et al. 2012, "ImageNet Classification with Deep Convolutional Neural
    Networks" (section 4.1, ten crops).
    """

    def corner(name: str, bottom: bool, right: bool) -> View:
        def look(pieces: Tensor, size: int) -> Tensor:
            height, width = (max(1, round(share * side)) for side in pieces.shape[-2:])
            rows = slice(-height, None) if bottom else slice(height)
            columns = slice(-width, None) if right else slice(width)
            return fit(pieces[..., rows, columns], size)

        return View(f"{name}-{share:g}", look)

    return [
        PLAIN,
        corner("top-left", False, False),
        corner("top-right", False, True),
        corner("bottom-left", True, False),
        corner("bottom-right", True, True),
        View(f"centre-{share:g}", lambda pieces, size: fit(middle(pieces, share), size)),
    ]
