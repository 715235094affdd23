"""Learning rates step by step, for two groups, and after a restart from a checkpoint."""

import math

import pytest
import torch
from torch.optim.lr_scheduler import LRScheduler

from artcli.errors import UsageError
from artcli_plugins.schedulers.constant import constant
from artcli_plugins.schedulers.cosine import cosine
from artcli_plugins.schedulers.warm_restarts import Cycles, warm_restarts


def two_groups(lr: float = 0.02) -> torch.optim.Optimizer:
    body, head = torch.nn.Parameter(torch.ones(1)), torch.nn.Parameter(torch.ones(1))
    return torch.optim.SGD(
        [
            {"params": [body], "lr": lr, "lr_multiplier": 1.0},
            {"params": [head], "lr": 10 * lr, "lr_multiplier": 10.0},
        ]
    )


def rates(
    optimizer: torch.optim.Optimizer, scheduler: LRScheduler, steps: int
) -> list[tuple[float, float]]:
    """The two groups' rates at each of the next steps."""
    seen = []
    for _ in range(steps):
        seen.append(tuple(group["lr"] for group in optimizer.param_groups))
        optimizer.step()
        scheduler.step()
    return seen


def test_constant_leaves_each_groups_rate_alone() -> None:
    optimizer = two_groups()
    assert rates(optimizer, constant(optimizer, 3, 2), 8) == [(0.02, pytest.approx(0.2))] * 8


def test_cosine_rises_to_the_peak_and_falls_to_its_end() -> None:
    optimizer = two_groups()
    seen = rates(optimizer, cosine(optimizer, 10, 4, warmup=0.1, final=0.25), 45)
    body = [lr for lr, _ in seen]
    assert body[:5] == pytest.approx([0.02 * part / 5 for part in (1, 2, 3, 4, 5)])
    middle = 4 + (40 - 4) // 2
    assert body[middle] == pytest.approx(0.02 * (1 + 0.25) / 2)
    assert body[40:] == pytest.approx([0.02 * 0.25] * 5)
    assert body[4:41] == sorted(body[4:41], reverse=True)
    assert [head for _, head in seen] == pytest.approx([10 * lr for lr in body])


def test_cosine_of_a_single_step_is_the_peak() -> None:
    optimizer = two_groups()
    assert rates(optimizer, cosine(optimizer, 1, 1), 1)[0][0] == pytest.approx(0.02)


def by_hand(step: int) -> float:
    """The deck's schedule with 40 steps an epoch: cycles of 200 steps, 50 of them warm-up."""
    cycle, place = step // 200, step % 200
    peak = 1e-3 * 0.7**cycle
    if place < 50:
        return 5e-6 + (peak - 5e-6) * place / 50
    return 5e-6 + (peak - 5e-6) * 0.5 * (1 + math.cos(math.pi * (place - 50) / 150))


def test_warm_restarts_are_the_decks_at_every_step_of_two_cycles() -> None:
    optimizer = two_groups(lr=0.02)  # whatever it is, the schedule's own rates count
    seen = rates(optimizer, warm_restarts(optimizer, 40, 10), 401)
    assert [body for body, _ in seen] == pytest.approx([by_hand(step) for step in range(401)])
    assert [head for _, head in seen] == pytest.approx([10 * by_hand(step) for step in range(401)])
    assert seen[0][0] == pytest.approx(5e-6)
    assert seen[50][0] == pytest.approx(1e-3)
    assert seen[200][0] == pytest.approx(5e-6)
    assert seen[250][0] == pytest.approx(0.7e-3)
    assert seen[400][0] == pytest.approx(5e-6)


def test_each_descent_can_be_longer_than_the_last() -> None:
    cycles = Cycles(first=10, warmup=2, growth=3, high=1.0, low=0.0, shrink=0.5)
    # cycles of 2 + 8, 2 + 24, 2 + 72 steps; the peak stands after the warm-up, half way down later
    assert [cycles.lr(step) for step in (2, 6, 10)] == pytest.approx([1, 0.5, 0])
    assert [cycles.lr(step) for step in (12, 24, 36)] == pytest.approx([0.5, 0.25, 0])
    assert [cycles.lr(step) for step in (38, 74, 110)] == pytest.approx([0.25, 0.125, 0])


def test_the_peak_never_sinks_below_the_minimum() -> None:
    cycles = Cycles(first=4, warmup=1, growth=1, high=1e-3, low=1e-4, shrink=0.1)
    assert {cycles.lr(step) for step in range(8, 40)} == {1e-4}


def test_a_warmup_longer_than_the_cycle_is_cut_with_a_notice(
    capsys: pytest.CaptureFixture[str],
) -> None:
    optimizer = two_groups()
    scheduler = warm_restarts(optimizer, 4, 10)  # cycles of 20 steps, a warm-up of 50
    assert "t_up=50 is cut to 10" in " ".join(capsys.readouterr().err.split())
    body = [lr for lr, _ in rates(optimizer, scheduler, 21)]
    assert body[10] == pytest.approx(1e-3)
    assert body[20] == pytest.approx(5e-6)


def test_a_minimum_above_the_peak_is_refused() -> None:
    with pytest.raises(UsageError, match=r"t_min=0\.1 is above eta_max=0\.01"):
        warm_restarts(two_groups(), 10, 10, eta_max=0.01, t_min=0.1)


@pytest.mark.parametrize("make", [constant, cosine, warm_restarts])
def test_a_resumed_schedule_goes_on_exactly(make) -> None:
    optimizer = two_groups()
    scheduler = make(optimizer, 40, 10)
    rates(optimizer, scheduler, 123)
    resumed = two_groups()
    scheduler_again = make(resumed, 40, 10)
    resumed.load_state_dict(optimizer.state_dict())
    scheduler_again.load_state_dict(scheduler.state_dict())
    assert rates(resumed, scheduler_again, 200) == rates(optimizer, scheduler, 200)
