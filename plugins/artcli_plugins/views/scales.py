"""From nearer and from farther away."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from artcli.plugin import View

from .fitting import PLAIN, fit, middle


def scales(
    *,
    nearer: Annotated[float, Field(gt=1, le=4), "how much larger the middle is seen"] = 1.15,
    farther: Annotated[float, Field(ge=0.5, lt=1), "how much smaller all of it is seen"] = 0.87,
) -> list[View]:
    """The piece as it is, its middle enlarged, and all of it shrunk.

    What lies beyond the border of the shrunk one is the piece itself, reflected.

    Source: Simonyan and Zisserman 2015, "Very Deep Convolutional Networks for Large-Scale Image
    Recognition" (section 3.2, several scales at test time).
    """

    def shrunk(pieces: Tensor, size: int) -> Tensor:
        rows, columns = (_reflected(side, farther, pieces.device) for side in pieces.shape[-2:])
        return fit(pieces[..., rows[:, None], columns], size)

    return [
        PLAIN,
        View(f"nearer-{nearer:g}", lambda pieces, size: fit(middle(pieces, 1 / nearer), size)),
        View(f"farther-{farther:g}", shrunk),
    ]


def _reflected(side: int, share: float, device: torch.device) -> Tensor:
    """The numbers of the pixels along a side that is to be `share` of what is seen."""
    margin = round(side * (1 / share - 1) / 2)
    outwards = torch.arange(-margin, side + margin, device=device).abs()
    return side - 1 - (side - 1 - outwards).abs()
