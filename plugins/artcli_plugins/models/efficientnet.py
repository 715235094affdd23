"""EfficientNet B2 to B5, the deck's baseline and the members of its ensemble.

Weights: "noisy student" (Xie et al. 2020, timm's tf_efficientnet_b*.ns_jft_in1k), the best of those
that were trained at the deck's input sizes, 260, 300, 380 and 456.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from .backbone import Backbone, DropPath, Pretrained, Weights, build

ImageSize = Annotated[
    Annotated[int, Field(ge=32)] | None, "side of its pictures; none: as it was trained"
]


def efficientnet_b2(
    *,
    pretrained: Pretrained = True,
    weights: Weights = None,
    image_size: ImageSize = None,
    drop_path: DropPath = None,
) -> Backbone:
    """EfficientNet B2 at 260 pixels, the deck's baseline; the weights are "noisy student".

    Source: Tan and Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
    Networks"; Xie et al. 2020, "Self-training with Noisy Student Improves ImageNet Classification";
    slide "Baseline Model".
    """
    return _efficientnet("b2", pretrained, weights, image_size, drop_path)


def efficientnet_b3(
    *,
    pretrained: Pretrained = True,
    weights: Weights = None,
    image_size: ImageSize = None,
    drop_path: DropPath = None,
) -> Backbone:
    """EfficientNet B3 at 300 pixels, a member of the deck's ensemble.

    Source: as `efficientnet_b2`; slide "Ensemble".
    """
    return _efficientnet("b3", pretrained, weights, image_size, drop_path)


def efficientnet_b4(
    *,
    pretrained: Pretrained = True,
    weights: Weights = None,
    image_size: ImageSize = None,
    drop_path: DropPath = None,
) -> Backbone:
    """EfficientNet B4 at 380 pixels, a member of the deck's ensemble.

    Source: as `efficientnet_b2`; slide "Ensemble".
    """
    return _efficientnet("b4", pretrained, weights, image_size, drop_path)


def efficientnet_b5(
    *,
    pretrained: Pretrained = True,
    weights: Weights = None,
    image_size: ImageSize = None,
    drop_path: DropPath = None,
) -> Backbone:
    """EfficientNet B5 at 456 pixels, a member of the deck's ensemble.

    Source: as `efficientnet_b2`; slide "Ensemble".
    """
    return _efficientnet("b5", pretrained, weights, image_size, drop_path)


def _efficientnet(
    scale: str,
    pretrained: bool,
    weights: Path | None,
    image_size: int | None,
    drop_path: float | None,
) -> Backbone:
    return build(
        f"tf_efficientnet_{scale}.ns_jft_in1k",
        pretrained=pretrained,
        weights=weights,
        image_size=image_size,
        drop_path=drop_path,
    )
