"""What `vae` and `cgan` are built of: stacks of strided convolutions, and what keys their codes.

The stacks are DCGAN's (Radford et al. 2016), which cost little on a CPU; a painter's layers are
told artist and code by their norms, as BigGAN's are (Brock et al. 2019).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

import torch
import torch.nn.functional as F
from pydantic import AfterValidator, Field
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from artcli.generating.paintings import to_picture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from artcli.generating.request import Preview

_FIRST = 4  # pixels of a side where a painter begins and a reader ends
_WIDEST = 8  # times `width`


def _power_of_two(size: int) -> int:
    if size & (size - 1):
        raise ValueError(f"{size} is no power of two, like {1 << (size.bit_length() - 1)}")
    return size


Size = Annotated[
    int,
    Field(ge=16, le=512),
    AfterValidator(_power_of_two),
    "side of the works, a power of two",
]
Steps = Annotated[int, Field(ge=1), "batches that it learns from"]
Batch = Annotated[int, Field(ge=2), "paintings in a batch"]
Width = Annotated[
    int, Field(ge=4), "channels at half of the side; twice as many at each next half, at most 8 x"
]
Code = Annotated[int, Field(ge=1), "numbers that a work is painted from"]
Temperature = Annotated[float, Field(ge=0), "how far codes stray; less: likelier works, more alike"]
Decay = Annotated[
    float, Field(ge=0, lt=1), "of the moving average of the weights that the works are painted with"
]


def noise(seed: int, *shape: int) -> Tensor:
    """Normal noise on the CPU, keyed by `seed`, the same on whatever device it is used."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def show_off(painter: Painter, artists: int, code: int) -> Preview:
    """A preview: four works of each of four artists, spread over all, always of the same codes."""

    def picture() -> NDArray[np.uint8]:
        device = painter.last.weight.device
        shown = torch.linspace(0, artists - 1, 4).long().repeat_interleave(4)
        with torch.no_grad():
            works = painter(noise(0, len(shown), code).to(device), shown.to(device))
        rows = works.unflatten(0, (4, 4))  # (4, 4, 3, size, size)
        return to_picture(rows.permute(2, 0, 3, 1, 4).flatten(3).flatten(1, 2))

    return picture


def _channels(size: int, width: int) -> list[int]:
    """From a side of 4 pixels to half of `size`."""
    sides = [_FIRST << number for number in range((size // (2 * _FIRST)).bit_length())]
    return [width * min(_WIDEST, size // (2 * side)) for side in sides]


def _doubling(inputs: int, outputs: int, *, bias: bool) -> nn.ConvTranspose2d:
    """A convolution that doubles the side, and begins as one after nearest-neighbour upsampling
    does: pixels side by side begin with equal weights, so there is no chequerboard to unlearn.

    Source: Aitken et al. 2017, "Checkerboard artifact free sub-pixel convolution".
    """
    layer = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=bias)
    near = torch.randn(inputs * outputs, 1, 3, 3) * (9 * inputs) ** -0.5
    with torch.no_grad():
        layer.weight.copy_(
            F.conv2d(near, torch.ones(1, 1, 2, 2), padding=1).view(inputs, outputs, 4, 4)
        )
    return layer


class Up(nn.Module):
    """Features `(N, C, S, S)` and what to paint `(N, told)` -> features of twice the side."""

    def __init__(self, inputs: int, outputs: int, told: int) -> None:
        super().__init__()
        self.conv = _doubling(inputs, outputs, bias=False)
        self.norm = nn.BatchNorm2d(outputs, affine=False)
        self.gain_and_bias = nn.Linear(told, 2 * outputs)
        nn.init.normal_(self.gain_and_bias.weight, std=0.02)
        nn.init.zeros_(self.gain_and_bias.bias)

    def forward(self, features: Tensor, told: Tensor) -> Tensor:
        gain, bias = self.gain_and_bias(told)[:, :, None, None].chunk(2, 1)
        return F.leaky_relu(self.norm(self.conv(features)) * (1 + gain) + bias, 0.2)


class Painter(nn.Module):
    """Codes `(N, code)` and artists `(N,)` -> pictures `(N, 3, size, size)` from -1 to 1.

    What stands where is the code's alone, so that an artist's works are not all one picture: the
    artist comes in by the norms. `known`, from 0 to 1, is how much it is told of him.
    """

    known = 1.0

    def __init__(self, size: int, width: int, code: int, artists: int) -> None:
        super().__init__()
        channels = _channels(size, width)
        self.artist = nn.Embedding(artists, code)
        self.first = nn.Linear(code, channels[0] * _FIRST**2)
        self.ups = nn.ModuleList(
            Up(inputs, outputs, 2 * code) for inputs, outputs in pairwise(channels)
        )
        self.last = _doubling(channels[-1], 3, bias=True)
        self.to(memory_format=torch.channels_last)

    def forward(self, codes: Tensor, artists: Tensor) -> Tensor:
        told = torch.cat([codes, self.known * self.artist(artists)], 1)
        features = self.first(codes).unflatten(1, (-1, _FIRST, _FIRST))
        features = features.contiguous(memory_format=torch.channels_last)
        for up in self.ups:
            features = up(features, told)
        picture: Tensor = self.last(features).tanh()
        return picture


class Reader(nn.Module):
    """Pictures `(N, 3, size, size)` from -1 to 1 -> features `(N, channels, 4, 4)`.

    `bounded`: no layer can grow what it is given, by spectral norm; else each has a batch norm.
    """

    def __init__(self, size: int, width: int, *, bounded: bool) -> None:
        super().__init__()
        channels = [3, *reversed(_channels(size, width))]
        self.channels = channels[-1]
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(channels):
            conv = nn.Conv2d(inputs, outputs, 4, 2, 1)
            layers += [spectral_norm(conv)] if bounded else [conv, nn.BatchNorm2d(outputs)]
            layers += [nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers)
        self.to(memory_format=torch.channels_last)

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.layers(images.contiguous(memory_format=torch.channels_last))
        return features
