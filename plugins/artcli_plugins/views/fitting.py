"""What the views share: a part of a piece at the model's size, and the piece as it is."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from artcli.plugin import View


def fit(pieces: Tensor, size: int) -> Tensor:
    """uint8 `(B, 3, H, W)` as `(B, 3, size, size)`; the very pixels where they fit already."""
    if pieces.shape[-2:] == (size, size):
        return pieces
    resized = interpolate(pieces.float(), (size, size), mode="bicubic", antialias=True)
    return resized.round().clamp(0, 255).to(torch.uint8)


def middle(pieces: Tensor, share: float) -> Tensor:
    """The middle of each piece: `share` of its sides."""
    height, width = (max(1, round(share * side)) for side in pieces.shape[-2:])
    top, left = (pieces.shape[-2] - height) // 2, (pieces.shape[-1] - width) // 2
    return pieces[..., top : top + height, left : left + width]


PLAIN = View("plain", fit)
