"""Batched L-BFGS: it arrives, its losses never rise, and nobody waits for anybody."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from artcli_plugins.generators.lbfgs import Adam, Lbfgs

Loss = Callable[[Tensor], Tensor]


def evaluating(loss: Loss) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    def evaluate(points: Tensor) -> tuple[Tensor, Tensor]:
        points = points.detach().requires_grad_()
        losses = loss(points)
        return losses.detach(), torch.autograd.grad(losses.sum(), points)[0]

    return evaluate


def rosenbrock(points: Tensor) -> Tensor:
    """Its lowest point, 0, is at ones; a bent valley leads there."""
    ahead, behind = points[:, 1:], points[:, :-1]
    return (100 * (ahead - behind.square()).square() + (1 - behind).square()).sum(1)


def quadratic(points: Tensor) -> Tensor:
    """Lowest at 3, and a thousand times as steep in one direction as in another."""
    steepness = torch.logspace(0, 3, points.shape[1], dtype=points.dtype)
    return ((points - 3).square() * steepness).sum(1)


def starts(works: int, size: int = 6) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return 2 * torch.rand(works, size, generator=generator, dtype=torch.float64) - 1


def test_it_finds_the_lowest_point_of_a_quadratic_fast() -> None:
    lbfgs = Lbfgs(starts(3))
    for _ in range(60):
        lbfgs.step(evaluating(quadratic))
    torch.testing.assert_close(lbfgs.points, torch.full((3, 6), 3.0, dtype=torch.float64))


def test_it_finds_the_end_of_a_bent_valley() -> None:
    lbfgs = Lbfgs(starts(4, 2))
    for _ in range(120):
        lbfgs.step(evaluating(rosenbrock))
    torch.testing.assert_close(
        lbfgs.points, torch.ones(4, 2, dtype=torch.float64), atol=1e-5, rtol=0
    )


def test_no_loss_ever_rises_and_each_is_that_of_its_point() -> None:
    lbfgs, before, refused = Lbfgs(starts(5)), torch.full((5,), torch.inf), 0
    for _ in range(60):
        moved = lbfgs.step(evaluating(rosenbrock))
        refused += int((~moved).sum())
        assert (lbfgs.losses <= before).all()
        assert (lbfgs.losses[moved] < before[moved]).all()
        torch.testing.assert_close(lbfgs.losses, rosenbrock(lbfgs.points))
        before = lbfgs.losses
    assert refused > 0  # a valley as bent as this one has been overshot


def test_a_work_goes_the_same_way_alone_as_beside_others() -> None:
    beside, alone = Lbfgs(starts(4)), [Lbfgs(one[None]) for one in starts(4)]
    for _ in range(25):
        beside.step(evaluating(rosenbrock))
        for one in alone:
            one.step(evaluating(rosenbrock))
    torch.testing.assert_close(beside.points, torch.cat([one.points for one in alone]))


def test_where_the_loss_is_not_a_number_it_does_not_go() -> None:
    def walled(points: Tensor) -> Tensor:
        return torch.where(points[:, 0] > 0.5, torch.nan, (points - 1).square().sum(1))

    lbfgs = Lbfgs(torch.zeros(1, 2), first=2.0)
    for _ in range(30):
        lbfgs.step(evaluating(walled))
    assert lbfgs.losses.isfinite().all()
    assert lbfgs.points[0, 0] <= 0.5


def test_it_goes_on_from_its_state_bit_for_bit() -> None:
    whole, first, second = (Lbfgs(starts(3)) for _ in range(3))
    for _ in range(30):
        whole.step(evaluating(rosenbrock))
    for _ in range(13):
        first.step(evaluating(rosenbrock))
    second.load_state_dict(first.state_dict())
    for _ in range(17):
        second.step(evaluating(rosenbrock))
    assert torch.equal(second.points, whole.points)


def test_adam_is_torchs_adam() -> None:
    ours, points = Adam(starts(2), lr=0.05), starts(2).requires_grad_()
    theirs = torch.optim.Adam([points], lr=0.05)
    for _ in range(20):
        ours.step(evaluating(quadratic))
        theirs.zero_grad()
        quadratic(points).sum().backward()
        theirs.step()
    torch.testing.assert_close(ours.points, points.detach())
