"""The networks of a CycleGAN, and its memory of former translations."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

SHRINKS = 4
"""A translator halves its pictures twice, so their sides are multiples of this."""


class Residual(nn.Module):
    """Two convolutions whose result is added to what went in: `(N, C, H, W)` -> the same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_conv(channels, channels, 3), nn.ReLU(), *_conv(channels, channels, 3)
        )

    def forward(self, features: Tensor) -> Tensor:
        added: Tensor = features + self.body(features)
        return added


class Translator(nn.Module):
    """Pictures `(N, 3, H, W)` from -1 to 1 -> the same in another manner.

    The paper's ResNet generator in two points changed. What it makes is added to the picture, from
    nothing at first, so that it begins as the identity and need not learn to copy. And it enlarges
    by repeating pixels before a convolution, against the chequered patterns of transposed ones
    (Odena et al. 2016).
    """

    def __init__(self, width: int, blocks: int) -> None:
        super().__init__()
        self.change = nn.Sequential(
            *_conv(3, width, 7),
            nn.ReLU(),
            *_conv(width, 2 * width, 3, stride=2),
            nn.ReLU(),
            *_conv(2 * width, 4 * width, 3, stride=2),
            nn.ReLU(),
            *(Residual(4 * width) for _ in range(blocks)),
            nn.Upsample(scale_factor=2),
            *_conv(4 * width, 2 * width, 3),
            nn.ReLU(),
            nn.Upsample(scale_factor=2),
            *_conv(2 * width, width, 3),
            nn.ReLU(),
        )
        self.paint = nn.Conv2d(width, 3, 7, padding=3)
        _begin(self)
        nn.init.zeros_(self.paint.weight)

    def forward(self, pictures: Tensor) -> Tensor:
        changed: Tensor = pictures + self.paint(self.change(pictures))
        return changed


class PatchCritic(nn.Module):
    """Pictures `(N, 3, H, W)` -> `(N, 1, h, w)`: how real each patch of 70 pixels looks.

    The paper's, but with spectral norm (Miyato et al. 2018) in place of instance norm, which would
    take from it how light and of what colour a picture is.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        channels = (3, width, 2 * width, 4 * width, 8 * width)
        layers: list[nn.Module] = []
        for (before, after), stride in zip(pairwise(channels), (2, 2, 2, 1), strict=True):
            layers += [spectral_norm(nn.Conv2d(before, after, 4, stride, 1)), nn.LeakyReLU(0.2)]
        self.judge = nn.Sequential(*layers, nn.Conv2d(8 * width, 1, 4, 1, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        judged: Tensor = self.judge(pictures)
        return judged


class Memory:
    """The last translations, of which a critic is shown half: it forgets no former fault.

    Source: Shrivastava et al. 2017, "Learning from Simulated and Unsupervised Images".
    """

    def __init__(self, room: int = 50) -> None:
        self.room = room
        self.pictures: list[Tensor] = []

    def exchange(self, fresh: Tensor, rng: np.random.Generator) -> Tensor:
        """`fresh` `(N, 3, H, W)`, half of them, by `rng`, taken in and an older one given out."""
        given = []
        for picture in fresh.detach():
            if len(self.pictures) < self.room:
                self.pictures.append(picture)
            elif rng.random() < 0.5:
                place = int(rng.integers(self.room))
                picture, self.pictures[place] = self.pictures[place].to(picture), picture
            given.append(picture)
        return torch.stack(given)

    def state_dict(self) -> dict[str, Any]:
        return {
            "pictures": torch.stack([one.cpu() for one in self.pictures]) if self.pictures else None
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        kept = state["pictures"]
        self.pictures = [] if kept is None else list(kept)


def _conv(channels: int, out: int, side: int, *, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(channels, out, side, stride, side // 2, bias=False)
    return [convolution, nn.InstanceNorm2d(out)]


def _begin(network: nn.Module) -> None:
    """The paper's first weights: normal, of deviation 0.02."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.normal_(layer.weight, 0, 0.02)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
