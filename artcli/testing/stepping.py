"""Contracts of what moves the weights: optimizers and schedulers.

Each takes `make`, the component with its options bound, and calls it as a run does.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from artcli.testing.promises import holds

Make = Callable[..., Any]

BACKBONE, HEAD = 1.0, 10.0  # learning rate multipliers of the two groups


def check_optimizer(make: Make) -> None:
    """Driven by `step(closure)` alone, it obeys the groups, brings a loss down and resumes.

    Of a closure that fails it makes no step; one that it calls more than once, it says it needs.
    """
    problem = _Regression()
    optimizer = make(problem.groups())
    holds(isinstance(optimizer, torch.optim.Optimizer), "return a torch.optim.Optimizer")
    slow, fast = (group["lr"] for group in optimizer.param_groups)
    holds(slow > 0, "have a learning rate above 0")
    holds(abs(fast / slow - HEAD / BACKBONE) < 1e-6, "set each group's lr to lr * lr_multiplier")
    decays = [group.get("weight_decay", 0.0) for group in optimizer.param_groups]
    holds(decays[1] == 0.0, "keep a group's own weight_decay")

    before = float(problem.loss().detach())
    problem.run(optimizer, 20)
    calls = problem.calls
    holds(calls >= 20, "call the closure at every step")
    alone = calls == 20 or getattr(optimizer, "needs_closure", False)
    holds(alone, "set needs_closure = True where it calls the closure more than once a step")
    after = float(problem.loss().detach())
    holds(after < before, f"bring a quadratic loss down (20 steps: {before:.4f} to {after:.4f})")

    other = _Regression()
    other.copy_weights(problem)
    resumed = make(other.groups())
    state = copy.deepcopy(optimizer.state_dict())
    _plain(state, "state_dict()")
    resumed.load_state_dict(state)
    problem.run(optimizer, 3)
    other.run(resumed, 3)
    holds(
        all(torch.equal(a, b) for a, b in zip(problem.weights, other.weights, strict=True)),
        "go on exactly as before from its state_dict",
    )
    for call in range(1, calls // 20 + 1):  # each of those that a step makes
        _fail(optimizer, problem, call)


def _fail(optimizer: torch.optim.Optimizer, problem: _Regression, call: int) -> None:
    """The closure fails at this call of a step."""
    before = [weight.detach().clone() for weight in problem.weights]
    problem.fails_at = problem.calls + call
    try:
        problem.run(optimizer, 1)
    except _Failed:
        pass
    else:
        raise AssertionError("it must pass on the error of a closure that fails")
    holds(
        all(torch.equal(a, b) for a, b in zip(before, problem.weights, strict=True)),
        "leave the weights as they were when the closure fails",
    )


class _Failed(Exception):
    """What a closure fails with."""


class _Regression:
    """A least squares problem with two groups of weights."""

    def __init__(self) -> None:
        random = torch.Generator().manual_seed(0)
        self.x = torch.randn(16, 4, generator=random)
        self.y = torch.randn(16, 3, generator=random)
        self.weights = [
            nn.Parameter(torch.randn(4, 3, generator=random)),
            nn.Parameter(torch.ones(3)),
        ]
        self.calls = 0
        self.fails_at = 0  # the number of the call that fails

    def groups(self) -> list[dict[str, Any]]:
        return [
            {"params": [self.weights[0]], "lr_multiplier": BACKBONE},
            {"params": [self.weights[1]], "lr_multiplier": HEAD, "weight_decay": 0.0},
        ]

    def loss(self) -> Tensor:
        return (self.x @ self.weights[0] + self.weights[1] - self.y).square().mean()

    def run(self, optimizer: torch.optim.Optimizer, steps: int) -> None:
        def closure() -> Any:
            self.calls += 1
            optimizer.zero_grad()
            if self.calls == self.fails_at:
                raise _Failed
            loss = self.loss()
            torch.autograd.backward(loss)
            return loss

        for _ in range(steps):
            optimizer.zero_grad()  # a run leaves no gradients from one step to the next
            optimizer.step(closure)

    def copy_weights(self, other: _Regression) -> None:
        for mine, theirs in zip(self.weights, other.weights, strict=True):
            mine.data.copy_(theirs.data)


def check_scheduler(make: Make) -> None:
    """One factor for all groups, positive somewhere, a function of the step, resumable."""
    per_epoch, epochs, stop = 10, 4, 17
    optimizer, scheduler, rates = _schedule(make, per_epoch, epochs, per_epoch * epochs)
    holds(
        isinstance(scheduler, torch.optim.lr_scheduler.LRScheduler),
        "return a torch.optim.lr_scheduler.LRScheduler",
    )
    holds(all(rate >= 0 and rate == rate for rate, _ in rates), "keep every rate at 0 or above")
    holds(max(slow for slow, _ in rates) > 0, "have a rate above 0 at some step")
    holds(
        all(abs(fast - slow * HEAD) <= 1e-6 * fast for slow, fast in rates),
        "move all groups by one factor, each on its own lr",
    )
    holds(rates == _schedule(make, per_epoch, epochs, per_epoch * epochs)[2], "repeat itself")
    scheduler.step()
    holds(optimizer.param_groups[0]["lr"] >= 0, "outlive one step more than planned")

    stopped, halfway, early = _schedule(make, per_epoch, epochs, stop)
    holds(early == rates[: stop + 1], "depend on nothing but the step")
    kept = copy.deepcopy((stopped.state_dict(), halfway.state_dict()))
    _plain(kept[1], "state_dict()")
    fresh = _optimizer()
    resumed = make(fresh, per_epoch, epochs)
    fresh.load_state_dict(kept[0])
    resumed.load_state_dict(kept[1])
    holds(
        _rates_of(fresh, resumed, per_epoch * epochs - stop) == rates[stop:],
        "go on exactly as before from its state_dict",
    )


def _optimizer() -> torch.optim.Optimizer:
    slow, fast = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2))
    return torch.optim.SGD(
        [
            {"params": [slow], "lr": 0.1 * BACKBONE, "lr_multiplier": BACKBONE},
            {"params": [fast], "lr": 0.1 * HEAD, "lr_multiplier": HEAD},
        ]
    )


def _schedule(
    make: Make, per_epoch: int, epochs: int, steps: int
) -> tuple[torch.optim.Optimizer, Any, list[tuple[float, float]]]:
    optimizer = _optimizer()
    scheduler = make(optimizer, per_epoch, epochs)
    return optimizer, scheduler, _rates_of(optimizer, scheduler, steps)


def _rates_of(
    optimizer: torch.optim.Optimizer, scheduler: Any, steps: int
) -> list[tuple[float, float]]:
    """The rates of both groups before the first step and after each of `steps`."""
    rates = []
    for number in range(steps + 1):
        if number:
            optimizer.step()
            scheduler.step()
        rates.append(
            (float(optimizer.param_groups[0]["lr"]), float(optimizer.param_groups[1]["lr"]))
        )
    return rates


def _plain(value: Any, where: str) -> None:
    """A checkpoint holds tensors and plain values, so that it is read without running code."""
    if isinstance(value, dict):
        for key, item in value.items():
            _plain(item, f"{where}[{key!r}]")
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            _plain(item, f"{where}[{number}]")
    else:
        plain = value is None or isinstance(value, Tensor | bool | int | float | str)
        holds(plain, f"keep tensors and plain values alone in its state ({where}: {type(value)})")
