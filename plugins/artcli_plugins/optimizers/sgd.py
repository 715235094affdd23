"""Stochastic gradient descent, as PyTorch has it."""

from __future__ import annotations

from typing import Annotated, Any

import torch
from pydantic import Field

from artcli.plugin import UsageError
from artcli.training.groups import scaled
from artcli_plugins.optimizers.adam import Decay, Rate


def sgd(
    parameter_groups: list[dict[str, Any]],
    *,
    lr: Rate = 0.01,
    momentum: Annotated[float, Field(ge=0, lt=1), "how much of the last step goes on"] = 0.9,
    nesterov: Annotated[bool, "look at the gradient where the momentum leads"] = True,
    weight_decay: Decay = 5e-4,
) -> torch.optim.Optimizer:
    """Stochastic gradient descent with Nesterov's momentum; the decay is added to the gradient.

    Errors: `UsageError` for `nesterov` without momentum.

    Source: Sutskever et al. 2013, "On the Importance of Initialization and Momentum in Deep
    Learning".
    """
    if nesterov and not momentum:
        raise UsageError(
            "sgd: nesterov needs a momentum above 0",
            "for plain gradient descent: sgd:momentum=0,nesterov=false",
        )
    groups = scaled(parameter_groups, lr)
    return torch.optim.SGD(
        groups, lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay
    )
