from __future__ import annotations

import math

import pytest
import torch

from artcli.training.finite import all_finite, kept_of


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_one_number_in_any_tensor_that_is_none_is_found(bad: float) -> None:
    numbers = [torch.zeros(3), torch.arange(4), torch.ones(2, 2)]
    assert all_finite(numbers)
    assert all_finite([])
    numbers[2][1, 1] = bad
    assert not all_finite(numbers)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs tensors of two devices: a GPU")
def test_an_optimizer_that_counts_steps_on_the_cpu_is_looked_at_where_its_weights_are() -> None:
    weight = torch.ones(3, device="cuda", requires_grad=True)
    optimizer = torch.optim.Adam([weight])
    weight.sum().backward()
    optimizer.step()
    state = optimizer.state_dict()["state"][0]
    assert {value.device.type for value in state.values()} == {"cpu", "cuda"}
    assert all_finite(state.values())
    state["exp_avg"][0] = math.nan
    assert not all_finite(state.values())


def test_of_a_networks_buffers_the_statistics_of_norms_are_looked_at_alone() -> None:
    network = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
    network.register_buffer("long_running_mask", torch.tensor(-math.inf))
    found = dict(kept_of(network, "model"))
    assert list(found) == ["model's weights", "model's batch-norm statistics"]
    assert all(map(all_finite, found.values()))
    network[1].running_var[0] = math.nan
    assert not all_finite(found["model's batch-norm statistics"])
