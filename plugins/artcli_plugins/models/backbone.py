"""Any model of timm as a backbone: pictures in, features out.

`build` is the one place where a model is made and filled. Weights always load strictly: what does
not fit is an error, so that nothing is ever trained from random weights without being asked for.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import timm
import torch
from pydantic import AfterValidator, Field
from timm.models import group_parameters
from torch import Tensor, nn

from artcli.plugin import ArtcliError, UsageError

from .architecture import Architecture, find
from .weights import read_weights, without

Pretrained = Annotated[bool, "start from weights that were trained before, not from random ones"]
Weights = Annotated[
    Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())] | None,
    "a file to start from (.safetensors, .pt): its classifier is left out",
]
DropPath = Annotated[
    Annotated[float, Field(ge=0, lt=1)] | None,
    "how often a block is skipped in training; none: as the architecture has it",
]


class Backbone(nn.Module):
    """`net` without its classifier: `(N, 3, S, S)` float, normalised -> `(N, num_features)`.

    `mean` and `std` are those its pixels (0 to 1, RGB) were normalised with, `image_size` is the
    side S that it prefers.
    """

    def __init__(self, net: nn.Module, num_features: int, config: dict[str, Any], size: int):
        super().__init__()
        self.net = net
        self.num_features = num_features
        self.image_size = size
        self.mean: tuple[float, ...] = tuple(config["mean"])
        self.std: tuple[float, ...] = tuple(config["std"])

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.net(images)
        return features

    def depths(self) -> dict[str, int]:
        """How deep the layer of each parameter lies, by its name: 0 nearest the picture.

        Layers are the architecture's blocks, by its own account (timm's `group_matcher`); what
        that leaves out comes last. Errors: `UsageError` when it gives none.
        """
        if not hasattr(self.net, "group_matcher"):
            name = self.net.pretrained_cfg["architecture"]
            raise UsageError(f"{name} does not tell its layers apart", "leave out --layer-decay")
        layers = group_parameters(self.net, self.net.group_matcher(), reverse=True)
        return {f"net.{name}": depth for name, depth in layers.items()}


def build(
    arch: str,
    *,
    pretrained: bool = True,
    weights: Path | None = None,
    image_size: int | None = None,
    drop_path: float | None = None,
    global_pool: str | None = None,
) -> Backbone:
    """The backbone of the model `arch` (see `architecture.find`).

    Its weights come from the file `weights`, else with `pretrained` from where `arch` has them,
    else they are random. None leaves an option as the architecture has it.

    Errors: `ArtcliError` when weights cannot be had or do not fit; `UsageError` when the
    architecture has no such option, or does not take pictures of `image_size`.
    """
    known = find(arch)
    if weights:
        file: Path | None = weights
    else:
        file = known.weights_file() if pretrained else None
    size = image_size or known.image_size
    fixed = image_size is not None and known.config.get("fixed_input_size", False)
    options = {
        "drop_path_rate": drop_path,
        "global_pool": global_pool,
        "img_size": size if fixed else None,
    }
    net = _filled(known, file, options) if file else _made(known, options)
    return Backbone(net, _num_features(known, net, size), net.pretrained_cfg, size)


def _made(known: Architecture, options: dict[str, Any], **more: Any) -> Any:
    try:
        return timm.create_model(known.name, num_classes=0, **options, **more)
    except TypeError as error:
        unknown = re.search(r"unexpected keyword argument '(\w+)'", str(error))
        names = {"drop_path_rate": "drop_path", "img_size": "image_size"}
        if unknown and options.get(unknown[1]) is not None:
            option = names.get(unknown[1], unknown[1])
            raise UsageError(f"{known.shown} has no option {option}", "leave it out") from error
        raise
    except AssertionError as error:
        raise UsageError(f"timm cannot build {known.shown}: {in_short(error)}") from error


def _filled(known: Architecture, file: Path, options: dict[str, Any]) -> Any:
    """The model with the weights in `file`, every one of them used and none missing."""
    state = without(read_weights(file), known.classifiers)
    if not state:  # timm would look for others elsewhere
        raise ArtcliError(f"{file} holds no weights of {known.shown}", "is it the whole model's?")
    # timm converts what it has to (other sizes, older names) and, as its classes agree, is strict.
    overlay = {
        "state_dict": state,
        "source": "",
        "num_classes": 0,
        "label_offset": None,
        "custom_load": False,
    }
    try:
        net = _made(known, options, pretrained=True, pretrained_cfg_overlay=overlay)
    except UsageError:
        raise
    except Exception as error:  # timm's converters trip over foreign weights in many ways
        raise ArtcliError(
            f"the weights in {file} do not fit {known.shown}: {in_short(error)}",
            "are they of this architecture?",
        ) from error
    net.pretrained_cfg.pop("state_dict", None)  # else it keeps a second copy of all weights
    return net


def in_short(error: Exception) -> str:
    """The first lines of a long message, such as that of weights that do not fit."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].startswith("Error(s) in loading"):
        lines = lines[1:]
    shown = [line if len(line) <= 120 else f"{line[:120]}…" for line in lines[:3]]
    return "; ".join(shown) or type(error).__name__


def _num_features(known: Architecture, net: nn.Module, size: int) -> int:
    """F, from a forward pass on shapes alone."""
    tensors = (*net.named_parameters(), *net.named_buffers())
    shapes = {name: tensor.to("meta") for name, tensor in tensors}
    picture = torch.empty(1, 3, size, size, device="meta")
    training = net.training
    try:
        with torch.no_grad():
            features = torch.func.functional_call(net.eval(), shapes, (picture,))
    except (AssertionError, RuntimeError, ValueError) as error:
        raise UsageError(
            f"{known.shown} does not take pictures of {size} x {size}: {in_short(error)}",
            f"its own size is {known.image_size}",
        ) from error
    finally:
        net.train(training)
    if not isinstance(features, Tensor) or features.ndim != 2:
        raise UsageError(f"{known.shown} gives no vector of features", "choose another global_pool")
    return features.shape[1]
