"""Adam and AdamW, as PyTorch has them."""

from __future__ import annotations

from typing import Annotated, Any

import torch
from pydantic import Field

from artcli.training.groups import scaled

Rate = Annotated[
    float,
    Field(gt=0),
    "peak learning rate of the reference group; the others take their multiple of it",
]
Beta = Annotated[float, Field(ge=0, lt=1)]
Betas = Annotated[tuple[Beta, Beta], "decay of the running means of the gradient and of its square"]
Epsilon = Annotated[float, Field(gt=0), "added to the denominator"]
Decay = Annotated[
    float, Field(ge=0), "pull of the weights towards zero; norms and biases are left alone"
]


def adam(
    parameter_groups: list[dict[str, Any]],
    *,
    lr: Rate = 1e-3,
    betas: Betas = (0.9, 0.999),
    eps: Epsilon = 1e-8,
    weight_decay: Decay = 0.0,
) -> torch.optim.Optimizer:
    """Adam, the deck's at first; the decay is added to the gradient.

    Source: Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization"; slide "Baseline
    Model".
    """
    groups = scaled(parameter_groups, lr)
    return torch.optim.Adam(groups, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)


def adamw(
    parameter_groups: list[dict[str, Any]],
    *,
    lr: Rate = 2e-4,
    betas: Betas = (0.9, 0.999),
    eps: Epsilon = 1e-8,
    weight_decay: Decay = 0.05,
) -> torch.optim.Optimizer:
    """Adam with decoupled weight decay.

    A step takes the learning rate times `weight_decay` off each weight, whatever its gradient.

    Source: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization"; slide "AdamW".
    """
    groups = scaled(parameter_groups, lr)
    return torch.optim.AdamW(groups, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
