"""Any model that timm can build."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from .backbone import Backbone, DropPath, Pretrained, Weights, build


def _lasting(arch: str) -> str:
    """`arch`, its folder absolute, so that a recipe means the same from anywhere."""
    scheme, colon, folder = arch.partition(":")
    if scheme != "local-dir":
        return arch
    return f"{scheme}{colon}{Path(folder).expanduser().absolute()}"


def timm_model(
    *,
    arch: Annotated[
        str,
        AfterValidator(_lasting),
        "a name of timm's (resnet18, resnet18.a1_in1k), local-dir:FOLDER or hf-hub:OWNER/NAME",
    ],
    pretrained: Pretrained = True,
    weights: Weights = None,
    image_size: Annotated[
        Annotated[int, Field(ge=16)] | None, "side of its pictures; none: as it was trained"
    ] = None,
    drop_path: DropPath = None,
    global_pool: Annotated[
        str | None, "how positions are pooled (avg, max, …); none: as the architecture has it"
    ] = None,
) -> Backbone:
    """Any architecture of timm, with timm's weights, a folder's, or a file's.

    A folder holds config.json and model.safetensors (or pytorch_model.bin), as timm's `save_for_hf`
    writes it and the hub's repositories have it.

    Source: Wightman 2019, "PyTorch Image Models", github.com/huggingface/pytorch-image-models.
    """
    return build(
        arch,
        pretrained=pretrained,
        weights=weights,
        image_size=image_size,
        drop_path=drop_path,
        global_pool=global_pool,
    )
