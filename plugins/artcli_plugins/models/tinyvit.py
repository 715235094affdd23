"""TinyViT, the deck's best model."""

from __future__ import annotations

from typing import Annotated, Literal

from artcli.plugin import UsageError

from .backbone import Backbone, DropPath, Pretrained, Weights, build

SIZES = {"5m": (224,), "11m": (224,), "21m": (224, 384, 512)}
DEFAULT_SIDE = {"5m": 224, "11m": 224, "21m": 384}  # the deck's 21M at 384


def tinyvit(
    *,
    size: Annotated[Literal["5m", "11m", "21m"], "millions of weights"] = "21m",
    image_size: Annotated[
        int | None, "224, and for 21m also 384 or 512; none: 384 for 21m, else 224"
    ] = None,
    pretrained: Pretrained = True,
    weights: Weights = None,
    drop_path: DropPath = None,
) -> Backbone:
    """TinyViT: small transformers distilled on ImageNet-22k, tuned on 1k.

    The default is the slide's "TinyViT-21M-384-distill" (timm's
    tiny_vit_21m_384.dist_in22k_ft_in1k). Weights are there for these pairs of size and image size
    alone, so others are refused.

    Source: Wu et al. 2022, "TinyViT: Fast Pretraining Distillation for Small Vision Transformers";
    slide "TinyViT".
    """
    side = image_size or DEFAULT_SIDE[size]
    if side not in SIZES[size]:
        pairs = [f"{name} at {n}" for name, sides in SIZES.items() for n in sides]
        raise UsageError(
            f"there is no TinyViT {size} at {side} pixels", f"there are {', '.join(pairs)}"
        )
    arch = f"tiny_vit_{size}_{side}.dist_in22k_ft_in1k"
    return build(arch, pretrained=pretrained, weights=weights, image_size=side, drop_path=drop_path)
