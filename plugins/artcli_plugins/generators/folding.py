"""Batch normalisation folded into the convolution before it: the same features, in less time."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def fold_norms(net: nn.Module, picture: Tensor, kept: set[nn.Module]) -> None:
    """Let each convolution of `net` do what the normalisation of its output does, for good.

    `net` has to be in evaluation, where a normalisation is a scale and a shift of each channel.
    `picture` `(1, 3, S, S)` shows what follows what; convolutions whose own output is wanted are
    `kept` as they are. A network that needs the plain output of a convolution elsewhere, too,
    would not survive it: compare its features.
    """
    pairs = _pairs(net, picture, kept)
    names = {module: name for name, module in net.named_modules()}
    for conv, norm in pairs:
        factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        shift = norm.bias - norm.running_mean * factor
        bias = shift if conv.bias is None else conv.bias * factor + shift
        conv.weight = nn.Parameter(conv.weight * factor.view(-1, 1, 1, 1), requires_grad=False)
        conv.bias = nn.Parameter(bias, requires_grad=False)
        parent, _, attribute = names[norm].rpartition(".")
        # timm's normalisations bring their activation along
        rest = [getattr(norm, part, nn.Identity()) for part in ("drop", "act")]
        setattr(net.get_submodule(parent), attribute, nn.Sequential(*rest))


def _pairs(net: nn.Module, picture: Tensor, kept: set[nn.Module]) -> list[tuple[Any, Any]]:
    """The convolutions and normalisations, each called once, one with the output of the other."""
    made: list[tuple[nn.Module, Tensor]] = []
    taken: list[tuple[nn.Module, Tensor]] = []
    hooks = []
    for module in net.modules():
        if isinstance(module, nn.Conv2d) and module not in kept:
            hooks.append(
                module.register_forward_hook(lambda conv, _, output: made.append((conv, output)))
            )
        elif isinstance(module, nn.BatchNorm2d) and module.affine and module.track_running_stats:
            hooks.append(
                module.register_forward_pre_hook(
                    lambda norm, inputs: taken.append((norm, inputs[0]))
                )
            )
    with torch.no_grad():
        net(picture)
    for hook in hooks:
        hook.remove()
    pairs = [(conv, norm) for norm, used in taken for conv, output in made if output is used]
    calls = [module for module, _ in (*made, *taken)]
    return [pair for pair in pairs if all(calls.count(module) == 1 for module in pair)]
