"""Adam and AdamW: each group's rate and decay, and what decoupled decay means."""

from typing import Any

import pytest
import torch

from artcli_plugins.optimizers.adam import adam, adamw


def groups() -> list[dict[str, Any]]:
    return [
        {"params": [torch.nn.Parameter(torch.ones(2, 2))], "lr_multiplier": 1.0},
        {"params": [torch.nn.Parameter(torch.ones(2))], "lr_multiplier": 10.0, "weight_decay": 0.0},
    ]


@pytest.mark.parametrize("make", [adam, adamw])
def test_a_group_has_its_multiple_of_the_rate_and_its_own_decay(make) -> None:
    optimizer = make(groups(), lr=0.01, betas=(0.8, 0.9), eps=1e-6, weight_decay=0.3)
    assert [group["lr"] for group in optimizer.param_groups] == [0.01, pytest.approx(0.1)]
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.3, 0.0]
    assert optimizer.defaults["betas"] == (0.8, 0.9)
    assert optimizer.defaults["eps"] == 1e-6


def test_a_first_step_of_adam_is_as_long_as_the_rate() -> None:
    made = groups()
    optimizer = adam(made, lr=0.01)
    for group in optimizer.param_groups:
        for weight in group["params"]:
            weight.grad = torch.full_like(weight, 7.0)
    optimizer.step()
    torch.testing.assert_close(made[0]["params"][0].data, torch.full((2, 2), 0.99))
    torch.testing.assert_close(made[1]["params"][0].data, torch.full((2,), 0.9))


def test_the_decay_of_adamw_does_not_pass_through_the_gradient() -> None:
    made = groups()
    optimizer = adamw(made, lr=0.1, weight_decay=0.5)
    for group in optimizer.param_groups:
        for weight in group["params"]:
            weight.grad = torch.zeros_like(weight)
    optimizer.step()
    torch.testing.assert_close(made[0]["params"][0].data, torch.full((2, 2), 1 - 0.1 * 0.5))
    torch.testing.assert_close(made[1]["params"][0].data, torch.ones(2))
