"""L-BFGS and Adam for several works at once, each of which goes its own way.

In: `evaluate(points)`, which gives for points `(N, D)` the loss `(N,)` of each and its gradient
`(N, D)`. One step is one evaluation of all the works.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Evaluate = Callable[[Tensor], tuple[Tensor, Tensor]]

_ENOUGH = 1e-4  # of the fall that the slope promises (Nocedal and Wright, eq. 3.4)
_STUCK = 1e-3  # a step so much shortened tells that the curvature is of no use any more
_TINY = 1e-30


class Kept:
    """What can be kept in a checkpoint: all that it holds but its options."""

    points: Tensor
    options: tuple[str, ...] = ()

    def state_dict(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in self.options}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        device = self.points.device
        for name in self.state_dict():
            value = state[name]
            setattr(self, name, value.to(device) if isinstance(value, Tensor) else value)


class Lbfgs(Kept):
    """L-BFGS, whose curvature, step length and line search are each work's own.

    What a work comes to does not depend on which others are beside it (but for rounding), and its
    loss never rises: in one step, those works whose trial point has lowered the loss enough go on
    from there in a new direction, while the others try a shorter step from where they were. So no
    evaluation is lost on waiting for others.

    `points` `(N, D)` are the best so far, `losses` `(N,)` theirs (infinite before the first step).
    `first` is how far, as a root mean square, the first step goes; `memory` how many steps the
    curvature is known from.

    Source: Nocedal and Wright 2006, "Numerical Optimization", algorithms 3.1 and 7.4.
    """

    options = ("memory", "first")

    def __init__(self, points: Tensor, *, memory: int = 10, first: float = 0.02) -> None:
        works, size = points.shape
        self.memory, self.first = memory, first
        self.points = points.clone()
        self.losses = points.new_full((works,), torch.inf)
        self.gradients = torch.zeros_like(points)
        self.directions = torch.zeros_like(points)
        self.rates = points.new_zeros(works)
        self.slot = 0
        self.moves = points.new_zeros(memory, works, size)  # s in the book
        self.turns = points.new_zeros(memory, works, size)  # y in the book
        self.inverse = points.new_zeros(memory, works)  # rho: 1 / (s y), 0 where nothing is known
        self.scale = points.new_zeros(works)  # gamma; 0 where nothing is known

    def step(self, evaluate: Evaluate) -> Tensor:
        """Try one point of each work; which works `(N,)` have moved there."""
        trials = self.points + self.rates[:, None] * self.directions
        losses, gradients = evaluate(trials)
        slopes = (self.gradients * self.directions).sum(1)
        better = losses <= self.losses + _ENOUGH * self.rates * slopes.clamp(
            max=0
        )  # never true of nan
        better &= losses.isfinite() & gradients.isfinite().all(1)
        self._remember(better & self.losses.isfinite(), gradients)

        shorter = self._shorter(losses, slopes)
        stuck = ~better & (shorter < _STUCK)
        self.inverse.masked_fill_(stuck, 0)
        self.scale.masked_fill_(stuck, 0)
        moved = better[:, None]
        self.points = torch.where(moved, trials, self.points)
        self.gradients = torch.where(moved, gradients, self.gradients)
        self.losses = torch.where(better, losses, self.losses)
        anew = better | (stuck & (self.rates > 0))
        self.directions = torch.where(anew[:, None], self._direction(), self.directions)
        self.rates = torch.where(anew, torch.ones_like(shorter), shorter)
        return better

    def _remember(self, moved: Tensor, gradients: Tensor) -> None:
        """Note how the gradient of those that have moved has turned, if it has bent upwards."""
        moves, turns = self.rates[:, None] * self.directions, gradients - self.gradients
        bend, turned = (moves * turns).sum(1), turns.square().sum(1)
        known = moved & (bend > 1e-10 * turned) & (bend > _TINY)
        self.moves[self.slot] = torch.where(known[:, None], moves, 0)
        self.turns[self.slot] = torch.where(known[:, None], turns, 0)
        self.inverse[self.slot] = torch.where(known, 1 / bend, 0)
        self.scale = torch.where(known, bend / turned, self.scale)
        self.slot = (self.slot + 1) % self.memory

    def _direction(self) -> Tensor:
        """Two loops over what is known, newest first and then oldest first."""
        order = [(self.slot - 1 - age) % self.memory for age in range(self.memory)]
        direction, weights = -self.gradients, {}
        for slot in order:
            weights[slot] = self.inverse[slot] * (self.moves[slot] * direction).sum(1)
            direction = torch.addcmul(direction, weights[slot][:, None], self.turns[slot], value=-1)
        size = self.gradients.square().mean(1).sqrt() + _TINY
        direction *= torch.where(self.scale > 0, self.scale, self.first / size)[:, None]
        for slot in reversed(order):
            back = self.inverse[slot] * (self.turns[slot] * direction).sum(1)
            direction = torch.addcmul(direction, (weights[slot] - back)[:, None], self.moves[slot])
        return direction

    def _shorter(self, losses: Tensor, slopes: Tensor) -> Tensor:
        """The lowest point of the parabola through what is known, a tenth to a half as far."""
        bent = losses - self.losses - self.rates * slopes
        lowest = -slopes * self.rates.square() / (2 * bent)
        lowest = torch.where(lowest.isfinite(), lowest, 0)
        return lowest.clamp(min=0.1 * self.rates, max=0.5 * self.rates)


class Adam(Kept):
    """Adam, of each number apart: it always moves, and may rise.

    Source: Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization", algorithm 1.
    """

    options = ("lr",)

    def __init__(self, points: Tensor, *, lr: float) -> None:
        self.lr = lr
        self.points = points.clone()
        self.number = 0
        self.mean, self.square = torch.zeros_like(points), torch.zeros_like(points)

    def step(self, evaluate: Evaluate) -> Tensor:
        """Move each work once, from where it is; all of them `(N,)` have moved."""
        losses, gradients = evaluate(self.points)
        self.number += 1
        self.mean = torch.lerp(self.mean, gradients, 0.1)
        self.square = torch.lerp(self.square, gradients.square(), 0.001)
        mean = self.mean / (1 - 0.9**self.number)
        square = self.square / (1 - 0.999**self.number)
        self.points = self.points - self.lr * mean / (square.sqrt() + 1e-8)
        return torch.ones_like(losses, dtype=torch.bool)
