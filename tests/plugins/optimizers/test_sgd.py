"""SGD: its rate, momentum and decay by groups, and the combination that makes no sense."""

from typing import Any

import pytest
import torch

from artcli.errors import UsageError
from artcli_plugins.optimizers.sgd import sgd


def groups() -> list[dict[str, Any]]:
    return [
        {"params": [torch.nn.Parameter(torch.ones(2, 2))], "lr_multiplier": 1.0},
        {"params": [torch.nn.Parameter(torch.ones(2))], "lr_multiplier": 10.0, "weight_decay": 0.0},
    ]


def two_steps(optimizer: torch.optim.Optimizer) -> list[float]:
    """Under a constant gradient of 1: what becomes of a weight of each group."""
    weights = [group["params"][0] for group in optimizer.param_groups]
    for _ in range(2):
        for weight in weights:
            weight.grad = torch.ones_like(weight)
        optimizer.step()
    return [weight.flatten()[0].item() for weight in weights]


def test_steps_gather_momentum_and_look_ahead() -> None:
    # Velocities 1 and 1.9; Nesterov's steps are 1 + 0.9 * 1 and 1 + 0.9 * 1.9.
    found = two_steps(sgd(groups(), lr=0.01, weight_decay=0.0))
    assert found == [pytest.approx(1 - 0.01 * 4.61), pytest.approx(1 - 0.1 * 4.61)]
    found = two_steps(sgd(groups(), lr=0.01, nesterov=False, weight_decay=0.0))
    assert found == [pytest.approx(1 - 0.01 * 2.9), pytest.approx(1 - 0.1 * 2.9)]


def test_decay_is_added_to_the_gradient_of_the_groups_that_decay() -> None:
    found = two_steps(sgd(groups(), lr=0.1, momentum=0.0, nesterov=False, weight_decay=0.5))
    once = 1 - 0.1 * 1.5
    assert found == [pytest.approx(once - 0.1 * (1 + 0.5 * once)), pytest.approx(1 - 2 * 1.0)]


def test_nesterov_without_momentum_is_refused() -> None:
    with pytest.raises(UsageError, match="nesterov needs a momentum above 0") as refused:
        sgd(groups(), momentum=0.0)
    assert refused.value.hint is not None
    assert "sgd:momentum=0,nesterov=false" in refused.value.hint
    sgd(groups(), momentum=0.0, nesterov=False)
