"""Parameter groups: which weights decay, and whose learning rate is how large.

Four groups at most: body and head, each with and without weight decay. Norms and biases do not
decay (He et al. 2019, "Bag of tricks", section 3.1). The body is the reference, of multiplier 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn


def parameter_groups(body: nn.Module, head: nn.Module, head_lr: float) -> list[dict[str, Any]]:
    """Groups of trainable weights with `lr_multiplier`, and `weight_decay` 0 where none is due."""
    groups: list[dict[str, Any]] = []
    for module, multiplier in ((body, 1.0), (head, head_lr)):
        trainable = [weight for weight in module.parameters() if weight.requires_grad]
        matrices = [weight for weight in trainable if weight.ndim > 1]
        vectors = [weight for weight in trainable if weight.ndim <= 1]
        if matrices:
            groups.append({"params": matrices, "lr_multiplier": multiplier})
        if vectors:
            groups.append({"params": vectors, "lr_multiplier": multiplier, "weight_decay": 0.0})
    return groups


def scaled(groups: list[dict[str, Any]], lr: float) -> list[dict[str, Any]]:
    """The groups with `lr` set: that of the reference group times each one's multiplier."""
    return [{**group, "lr": lr * group.get("lr_multiplier", 1.0)} for group in groups]
