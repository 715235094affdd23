"""What a network sees in pictures: the outputs of layers that are named.

In: pictures `(N, 3, H, W)` float, 0 to 1. Out: for each layer its features `(N, C, H', W')`. The
network is a trained one, stopped after the deepest layer that is asked for, or one layer of random
filters at several scales.
"""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from timm.layers import BatchNormAct2d
from torch import Tensor, nn

from artcli.plugin import UsageError

from .folding import fold_norms

STYLE_LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")  # the slide's
CONTENT_LAYERS = ("conv4_2",)
PIXELS = "pixels"  # a layer of every network: the colours as they are
_COARSEST_STYLE, _COARSEST_CONTENT = 16, 8  # how much smaller these are than the picture


class _Enough(Exception):
    """The deepest layer has been reached."""


class Tapped:
    """The outputs of the named layers of `backbone.net`, whose weights stay as they are.

    `content` and `style` name layers as PyTorch does (`blocks.2`), and of a VGG also as its paper
    does: conv4_2 is the second convolution of the fourth stage, with its ReLU, as in Caffe. Where
    none are named, a VGG's are the slide's; another network's style layers are the stages that
    timm tells of, down to a sixteenth of the picture, and its content layer the last at an eighth
    or more. A VGG's max pooling becomes average pooling, as Gatys et al. advise.

    Errors: `UsageError` for a layer that the network does not have, or for none.
    """

    def __init__(
        self, backbone: Any, content: Sequence[str], style: Sequence[str], device: torch.device
    ) -> None:
        net = backbone.net
        self.names = short_names(net)
        if self.names:
            net.pre_logits = nn.Identity()  # most of a VGG's weights, which no layer here needs
            average_pooling(net)
        for module in net.modules():
            if hasattr(module, "inplace"):
                module.inplace = False  # else a layer's output is that of the one behind it
        net = net.requires_grad_(False).eval().to(device, memory_format=torch.channels_last)
        self.net: nn.Module = net
        self.mean, self.std = (
            torch.tensor(values, device=device).view(1, 3, 1, 1)
            for values in (backbone.mean, backbone.std)
        )
        stages = _stages(net)
        self.content = tuple(content) or _defaults(self.names, CONTENT_LAYERS, stages, 1)
        self.style = tuple(style) or _defaults(self.names, STYLE_LAYERS, stages, None)
        if not self.content or self.style in ((), (PIXELS,)):
            raise UsageError(
                "the network does not tell its layers apart",
                f"name content_layers and style_layers: {_some(list(dict(net.named_modules())))}",
            )
        self._caught: dict[str, Tensor] = {}
        self._last: str | None = None
        has_norms = any(isinstance(module, nn.BatchNorm2d) for module in net.modules())
        folded = copy.deepcopy(net) if has_norms else None
        self._listen()
        if folded is not None:
            self._fold(folded, _probe(backbone.image_size).to(device))

    def __call__(self, pictures: Tensor) -> dict[str, Tensor]:
        self._caught = {}
        if PIXELS in (*self.content, *self.style):
            self._caught[PIXELS] = _colours(pictures)
        inputs = ((pictures - self.mean) / self.std).contiguous(memory_format=torch.channels_last)
        try:
            self.net(inputs)
            self._last = next(reversed(self._caught), None)
        except _Enough:
            pass
        except (AssertionError, RuntimeError, ValueError) as error:
            if isinstance(error, torch.OutOfMemoryError):
                raise
            size = "x".join(str(side) for side in pictures.shape[2:])
            raise UsageError(
                f"the network does not take pictures of {size}: {error}", "choose another size"
            ) from error
        caught, self._caught = self._caught, {}
        for name in (*self.content, *self.style):
            if name not in caught:
                raise UsageError(f"pictures never come to the layer {name!r}", "name another")
        return caught

    def _listen(self) -> None:
        for name in {*self.content, *self.style} - {PIXELS}:
            self._module(name).register_forward_hook(self._catch(name))

    def _fold(self, folded: nn.Module, probe: Tensor) -> None:
        """Take `folded`, its normalisations folded, for the network where it sees the same."""
        with torch.no_grad():
            net, plain = self.net, self(probe)
        taps = {*self.content, *self.style} - {PIXELS}
        paths = [self.names.get(name, name) for name in taps]
        fold_norms(folded, probe, {folded.get_submodule(path) for path in paths})
        self.net = folded.requires_grad_(False)
        self._listen()
        with torch.no_grad():
            seen = self(probe)
        if not all(
            torch.allclose(seen[name], plain[name], rtol=1e-3, atol=1e-4 * float(plain[name].std()))
            for name in plain
        ):
            self.net = net

    def _catch(self, name: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            self._caught[name] = _as_maps(name, output)
            if name == self._last:
                raise _Enough

        return hook

    def _module(self, name: str) -> nn.Module:
        modules = dict(self.net.named_modules())
        found = modules.get(self.names.get(name, name))
        if not name or found is None:
            known = [*self.names, *(name for name in modules if name)]
            near = difflib.get_close_matches(name, known, n=6, cutoff=0.5) or known
            raise UsageError(f"the network has no layer {name!r}", f"it has {_some(near)}")
        return found


class RandomFilters:
    """One layer of random filters with ReLU, at five scales: a network without weights.

    The filters are 7 x 7, uniform, each without a mean, 48 of them at each scale; the scales are
    of a pyramid of the picture, where the paper has larger filters, up to 55 x 55.

    Errors: `UsageError` for layers that it does not have.

    Source: Ustyuzhaninov et al. 2017, "What does it take to generate natural textures?", ICLR.
    """

    SCALES, FILTERS, SIDE = 5, 48, 7

    def __init__(
        self, content: Sequence[str], style: Sequence[str], device: torch.device, seed: int
    ) -> None:
        generator = torch.Generator().manual_seed(seed)
        shape = (self.FILTERS, 3, self.SIDE, self.SIDE)
        filters = torch.rand(shape, generator=generator) - 0.5
        filters -= filters.mean((1, 2, 3), keepdim=True)
        self.filters = (filters / filters.flatten(1).norm(dim=1).view(-1, 1, 1, 1)).to(device)
        names = [f"scale{number}" for number in range(1, self.SCALES + 1)]
        self.content, self.style = tuple(content) or (names[2],), tuple(style) or tuple(names)
        unknown = [name for name in (*self.content, *self.style) if name not in names]
        if unknown:
            raise UsageError(
                f"random filters have no layer {unknown[0]!r}", f"they have {', '.join(names)}"
            )

    def __call__(self, pictures: Tensor) -> dict[str, Tensor]:
        features, picture = {}, pictures * 2 - 1
        for number in range(1, self.SCALES + 1):
            padded = F.pad(picture, (self.SIDE // 2,) * 4, mode="replicate")
            features[f"scale{number}"] = F.relu(F.conv2d(padded, self.filters))
            if min(picture.shape[2:]) < 2:
                break
            picture = F.avg_pool2d(picture, 2)
        return features


def _colours(pictures: Tensor) -> Tensor:
    """The pixels from -1 to 1, and a channel of ones, which tells a Gram matrix their mean."""
    return torch.cat([pictures * 2 - 1, torch.ones_like(pictures[:, :1])], 1)


def _probe(size: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(1, 3, size, size, generator=generator)


def short_names(net: nn.Module) -> dict[str, str]:
    """The paper's names of a plain VGG's convolutions, each with the place of its ReLU."""
    if type(net).__name__ != "VGG":
        return {}
    names, stage, place = {}, 1, 0
    for number, layer in enumerate(net.features):  # type: ignore[arg-type]
        if isinstance(layer, nn.ReLU):
            place += 1
            names[f"conv{stage}_{place}"] = f"features.{number}"
        elif isinstance(layer, nn.MaxPool2d):
            stage, place = stage + 1, 0
    return names


def average_pooling(net: Any) -> None:
    for number, layer in enumerate(net.features):
        if isinstance(layer, nn.MaxPool2d):
            net.features[number] = nn.AvgPool2d(2)


def _stages(net: Any) -> list[tuple[str, int]]:
    """The stages that timm tells of, and how much smaller each is than the picture."""
    return [
        (_activated(net, stage["module"]), stage["reduction"])
        for stage in getattr(net, "feature_info", ())
    ]


def _activated(net: nn.Module, stage: str) -> str:
    """The last activation in a stage that ends without one, as those of MobileNets do: their
    narrow outputs, which may be negative, tell style badly."""
    for name, module in reversed(list(net.get_submodule(stage).named_modules(prefix=stage))):
        if isinstance(module, BatchNormAct2d) and not isinstance(module.act, nn.Identity):
            return name
    return stage


def _defaults(
    names: dict[str, str], slide: tuple[str, ...], stages: list[tuple[str, int]], last: int | None
) -> tuple[str, ...]:
    if set(slide) <= set(names):
        return slide
    coarsest = _COARSEST_STYLE if last is None else _COARSEST_CONTENT
    fine = [name for name, reduction in stages if reduction <= coarsest]
    return tuple((PIXELS, *fine) if last is None else fine[-last:])


def _as_maps(name: str, output: Any) -> Tensor:
    """Features as maps; tokens `(N, T, C)` as maps of one row."""
    if isinstance(output, Tensor) and output.ndim == 4:
        return output
    if isinstance(output, Tensor) and output.ndim == 3:
        return output.transpose(1, 2).unsqueeze(2)
    raise UsageError(f"the layer {name!r} gives no maps of features", "name another")


def _some(names: list[str]) -> str:
    shown = [name for name in names if name and not re.search(r"drop|aa$|conv_\w+\.", name)]
    return ", ".join(shown[:12]) + (f" and {len(shown) - 12} more" if len(shown) > 12 else "")
