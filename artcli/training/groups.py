"""Parameter groups: which weights decay, and whose learning rate is how large.

Norms and biases do not decay. The head has a learning rate of its own. With a layer decay below 1
each layer of the body learns that much slower than the one above it: what lies near the picture is
general already. The body's last layer is the reference, of multiplier 1.

Source: He et al. 2019, "Bag of Tricks for Image Classification" (section 3.1: no decay); Howard and
Ruder 2018, "Universal Language Model Fine-tuning" (rates by layer); Clark et al. 2020, "ELECTRA";
Bao et al. 2022, "BEiT".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from artcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn


def parameter_groups(
    body: nn.Module, head: nn.Module, head_lr: float, layer_decay: float = 1.0
) -> list[dict[str, Any]]:
    """Groups of trainable weights with `lr_multiplier`, and `weight_decay` 0 where none is due.

    The reference comes first, if the body is trained at all. Errors: `UsageError` when there is a
    layer decay, and the body does not tell its layers by `depths()`.
    """
    layers: dict[float, list[nn.Parameter]] = {}
    for weight, multiplier in _of_body(body, layer_decay):
        layers.setdefault(multiplier, []).append(weight)
    groups: list[dict[str, Any]] = []
    for multiplier in sorted(layers, reverse=True):
        groups += _grouped(layers[multiplier], multiplier)
    return groups + _grouped(head.parameters(), head_lr)


def _of_body(body: nn.Module, layer_decay: float) -> list[tuple[nn.Parameter, float]]:
    if layer_decay == 1:
        return [(weight, 1.0) for weight in body.parameters()]
    depths_of: Any = getattr(body, "depths", None)
    if depths_of is None:
        raise UsageError(
            "this model does not tell its layers apart, which a layer decay needs",
            "leave out --layer-decay",
        )
    depths: dict[str, int] = depths_of()
    last = max(depths.values())
    return [
        (weight, layer_decay ** (last - depths[name])) for name, weight in body.named_parameters()
    ]


def _grouped(weights: Iterable[nn.Parameter], multiplier: float) -> list[dict[str, Any]]:
    trainable = [weight for weight in weights if weight.requires_grad]
    matrices = [weight for weight in trainable if weight.ndim > 1]
    vectors = [weight for weight in trainable if weight.ndim <= 1]
    decayed = {"params": matrices, "lr_multiplier": multiplier}
    bare = {"params": vectors, "lr_multiplier": multiplier, "weight_decay": 0.0}
    return [group for group in (decayed, bare) if group["params"]]


def scaled(groups: list[dict[str, Any]], lr: float) -> list[dict[str, Any]]:
    """The groups with `lr` set: that of the reference group times each one's multiplier."""
    return [{**group, "lr": lr * group.get("lr_multiplier", 1.0)} for group in groups]
