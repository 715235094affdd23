"""How far pictures are from what they should show and from how they should be painted.

All losses are shares, so that a weight means the same whatever the network and the size: 0 is
exact, and 1 about as far off as nothing at all is (features or Gram matrices of zero). Each is
given of each picture apart, `(N,)`.

Source: Gatys et al. 2016, "Image Style Transfer Using Convolutional Neural Networks", CVPR.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

_TINY = 1e-8


class Features(Protocol):
    """`content` and `style` name the layers; called with pictures it gives each one's features."""

    content: tuple[str, ...]
    style: tuple[str, ...]

    def __call__(self, pictures: Tensor) -> dict[str, Tensor]: ...


@dataclass(frozen=True)
class Weights:
    """How much content (alpha), style (beta) and total variation count."""

    alpha: float
    beta: float
    tv: float


@dataclass(frozen=True)
class Targets:
    """What N pictures should come to: by layer the features `(N, C, H, W)` of their contents and
    the Gram matrices `(N, C, C)` of their styles; the `roughness` `(N,)` of these."""

    content: dict[str, Tensor]
    style: dict[str, Tensor]
    roughness: Tensor


def gram(features: Tensor) -> Tensor:
    """`(N, C, H, W)` -> `(N, C, C)`: how often two features occur at one place, as a mean."""
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def roughness(pictures: Tensor) -> Tensor:
    """`(N, 3, H, W)` -> `(N,)`: the mean square of the steps from pixel to pixel."""
    down = (pictures[:, :, 1:] - pictures[:, :, :-1]).square().mean((1, 2, 3))
    right = (pictures[..., 1:] - pictures[..., :-1]).square().mean((1, 2, 3))
    return down + right


def targets(features: Features, contents: Tensor, styles: Sequence[Sequence[Tensor]]) -> Targets:
    """The targets of N works: their `contents` `(N, 3, S, S)`, and for each of them the pictures
    `(3, H, W)` of its `styles`, whose Gram matrices are averaged."""
    with torch.no_grad():
        seen = features(contents)
        content = {layer: seen[layer] for layer in features.content}
        of_works = []
        rough = []
        for pictures in styles:
            of_each = [features(picture[None]) for picture in pictures]
            of_works.append(
                {
                    layer: torch.stack([gram(one[layer])[0] for one in of_each]).mean(0)
                    for layer in features.style
                }
            )
            rough.append(torch.cat([roughness(picture[None]) for picture in pictures]).mean())
        style = {
            layer: torch.stack([of_work[layer] for of_work in of_works]) for layer in features.style
        }
    return Targets(content, style, torch.stack(rough))


def losses(features: Features, pictures: Tensor, aim: Targets) -> dict[str, Tensor]:
    """The content, style and tv losses `(N,)` of N pictures.

    Content: the squared distance of the features, as a share of the content's own squared length.
    Style: the same of the Gram matrices. Both are means over the layers. tv: the roughness, as a
    share of the styles'.
    """
    seen = features(pictures)
    content = [_share(seen[layer], target) for layer, target in aim.content.items()]
    style = [_share(gram(seen[layer]), target) for layer, target in aim.style.items()]
    return {
        "content": torch.stack(content).mean(0),
        "style": torch.stack(style).mean(0),
        "tv": roughness(pictures) / (aim.roughness + _TINY),
    }


def total(parts: dict[str, Tensor], weights: Weights) -> Tensor:
    """`(N,)`: alpha x content + beta x style + tv x total variation."""
    return (
        weights.alpha * parts["content"] + weights.beta * parts["style"] + weights.tv * parts["tv"]
    )


def _share(one: Tensor, target: Tensor) -> Tensor:
    distance = (one - target).square().flatten(1).sum(1)
    return distance / (target.square().flatten(1).sum(1) + _TINY)
