"""SAM: its step is the papers' two passes, in whatever way a run drives it.

Here and, for two ranks, in this very file started by torchrun.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from ranks import run_as_two_ranks
from torch import Tensor, nn

from artcli.errors import UsageError
from artcli.host.discovery import load_host
from artcli.host.records import HeadOutput
from artcli.training.checkpoint import save_checkpoint
from artcli.training.data import Batch
from artcli.training.devices import start_fabric
from artcli.training.groups import parameter_groups
from artcli.training.loop import Cursor, NonFiniteLoss, Parts, Plan, train_step
from artcli.training.model import PaintingModel
from artcli.training.recipe import Recipe
from artcli.training.resume import restore, state_of
from artcli_plugins.optimizers.sam import SharpnessAware

CLASSES = 3
Gradients = Callable[[], list[Tensor]]
BASES = {
    "adamw:lr=0.01,weight_decay=0.1": partial(torch.optim.AdamW, lr=0.01, weight_decay=0.1),
    "sgd:lr=0.1": partial(
        torch.optim.SGD, lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4
    ),
}  # fmt: skip


class Flat(nn.Module):
    """Four hidden features; a batch norm or dropout on request."""

    mean, std, num_features, image_size = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25), 4, 2

    def __init__(self, then: nn.Module) -> None:
        super().__init__()
        self.layer = nn.Linear(12, 4)
        self.then = then

    def forward(self, images: Tensor) -> Tensor:
        return self.then(self.layer(images.flatten(1))).tanh()


class Head(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, CLASSES)

    def forward(self, features: Tensor, targets: Tensor | None = None) -> HeadOutput:
        return HeadOutput(self.layer(features))


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    return nn.functional.cross_entropy(logits, targets)


def failing_at(call: int) -> Callable[[Tensor, Tensor], Tensor]:
    """A loss that is infinite the `call`-th time."""
    calls = iter(range(1, 100))

    def criterion(logits: Tensor, targets: Tensor) -> Tensor:
        factor = torch.inf if next(calls) == call else 1.0
        return cross_entropy(logits, targets) * factor

    return criterion


def a_model(then: nn.Module | None = None) -> PaintingModel:
    torch.manual_seed(0)
    return PaintingModel(Flat(then or nn.Identity()), Head())


def set_up(
    fabric: Fabric,
    optimizer: str,
    *,
    then: nn.Module | None = None,
    criterion: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
    factor: Callable[[int], float] = lambda _step: 1.0,
) -> Parts:
    """A small model and an optimizer, as a run puts them together."""
    model = a_model(then)
    made = load_host().bind("optimizer", optimizer)(
        parameter_groups(model.backbone, model.head, 10.0)
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(made, factor)
    wrapped, wrapped_optimizer = fabric.setup(model, made)
    return Parts(wrapped, wrapped_optimizer, schedule, criterion, lambda *one: one[:2], None)


def a_plan(clip: float = 0.0) -> Plan:
    return Plan(
        epochs=2, batches_per_epoch=4, accumulate=2, clip=clip, patience=0, classes=CLASSES, seed=0
    )


def a_batch(number: int = 0, size: int = 4) -> Batch:
    generator = torch.Generator().manual_seed(number)
    images = torch.randint(0, 256, (size, 3, 2, 2), dtype=torch.uint8, generator=generator)
    return Batch(images, torch.arange(size) % CLASSES, 1.0)


def together(*batches: Batch) -> Batch:
    images, labels = (torch.cat([batch[place] for batch in batches]) for place in (0, 1))
    return Batch(images, labels, 1.0)


def weights_of(module: nn.Module) -> list[Tensor]:
    return [weight.detach().clone() for weight in module.parameters()]


def same(one: Sequence[Tensor], two: Sequence[Tensor]) -> bool:
    return all(torch.equal(left, right) for left, right in zip(one, two, strict=True))


def step_by_hand(
    weights: Sequence[nn.Parameter],
    gradients: Gradients,
    base: torch.optim.Optimizer,
    rho: float,
    adaptive: bool = False,
) -> None:
    """The papers' step; `gradients()` are those of `weights` as they are at that moment."""
    start = [weight.detach().clone() for weight in weights]
    sizes = [weight.abs() if adaptive else torch.ones_like(weight) for weight in start]
    first = gradients()
    norm = sum((size * one).square().sum() for size, one in zip(sizes, first, strict=True)).sqrt()
    with torch.no_grad():
        for weight, begun, size, one in zip(weights, start, sizes, first, strict=True):
            weight.copy_(begun + rho * size.square() * one / norm)
    second = gradients()
    with torch.no_grad():
        for weight, begun, one in zip(weights, start, second, strict=True):
            weight.copy_(begun)
            weight.grad = one
    base.step()


def gradients_by_hand(
    model: PaintingModel,
    batch: Batch,
    clip: float = 0.0,
    cast: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> list[Tensor]:
    """Of the mean loss of a whole batch at once, shortened to `clip`."""
    with cast():
        logits = model(batch.images).logits
    loss = nn.functional.cross_entropy(logits.float(), batch.labels)
    found = torch.autograd.grad(loss, list(model.parameters()))
    norm = torch.cat([one.flatten() for one in found]).norm().item()
    if clip:
        assert norm > 2 * clip
    return [one * (clip / norm if clip else 1.0) for one in found]


def base_by_hand(model: PaintingModel, make: Callable[..., Any]) -> torch.optim.Optimizer:
    """A plain optimizer: the head learns ten times as fast, and vectors do not decay."""
    own = make([nn.Parameter(torch.zeros(1))]).defaults["lr"]
    groups = [
        {"params": [weight], "lr": own * factor} | ({} if weight.ndim > 1 else {"weight_decay": 0})
        for module, factor in ((model.backbone, 1), (model.head, 10))
        for weight in module.parameters()
    ]
    return make(groups)


@pytest.fixture(scope="module")
def fabric() -> Fabric:
    return Fabric(accelerator="cpu", devices=1)


@pytest.fixture(autouse=True)
def _one_thread(one_thread: None) -> None: ...


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize(("rho", "adaptive"), [(0.3, False), (1.0, True)])
@pytest.mark.parametrize("clip", [0.0, 0.05])
def test_a_step_is_the_two_passes_of_the_paper_over_all_accumulated_batches(
    fabric: Fabric, base: str, rho: float, adaptive: bool, clip: float
) -> None:
    parts = set_up(fabric, f"sam:base=({base}),rho={rho},adaptive={adaptive}")
    plain = set_up(fabric, base)
    model = a_model()
    optimizer = base_by_hand(model, BASES[base])
    for step in range(3):
        batches = [a_batch(2 * step), a_batch(2 * step + 1)]
        train_step(fabric, parts, a_plan(clip), step, batches)
        train_step(fabric, plain, a_plan(clip), step, batches)
        gradients = partial(gradients_by_hand, model, together(*batches), clip)
        step_by_hand(list(model.parameters()), gradients, optimizer, rho, adaptive)
        for found, expected in zip(weights_of(parts.model), weights_of(model), strict=True):
            torch.testing.assert_close(found, expected, atol=2e-5, rtol=0)
    apart = [
        (one - two).abs().max().item()
        for one, two in zip(weights_of(parts.model), weights_of(plain.model), strict=True)
    ]
    assert min(apart) > 2e-4  # the second pass matters in every weight


def test_sixteen_bit_brain_floats_move_the_weights_in_full_precision() -> None:
    half = Fabric(accelerator="cpu", devices=1, precision="bf16-mixed")
    cast = partial(torch.autocast, "cpu", torch.bfloat16)
    parts = set_up(half, "sam:base=(sgd:lr=0.1),rho=0.3")
    model = a_model()
    optimizer = base_by_hand(model, BASES["sgd:lr=0.1"])
    for step in range(2):
        train_step(half, parts, a_plan(), step, [a_batch(step)])
        gradients = partial(gradients_by_hand, model, a_batch(step), cast=cast)
        step_by_hand(list(model.parameters()), gradients, optimizer, 0.3)
    for found, expected in zip(weights_of(parts.model), weights_of(model), strict=True):
        assert found.dtype == torch.float32
        torch.testing.assert_close(found, expected, atol=2e-5, rtol=0)


@pytest.mark.parametrize("base", BASES)
def test_without_a_radius_it_is_its_base_bit_for_bit(fabric: Fabric, base: str) -> None:
    parts = set_up(fabric, f"sam:base=({base}),rho=0", then=nn.Dropout(0.5))
    plain = set_up(fabric, base, then=nn.Dropout(0.5))
    for step in range(3):
        batches = [a_batch(2 * step), a_batch(2 * step + 1)]
        told = train_step(fabric, parts, a_plan(0.05), step, batches)
        assert told == train_step(fabric, plain, a_plan(0.05), step, batches)
    assert same(weights_of(parts.model), weights_of(plain.model))


def test_a_step_gives_the_loss_where_it_began() -> None:
    weight = nn.Parameter(torch.tensor([3.0, 4.0]))
    optimizer = SharpnessAware(torch.optim.SGD([weight], lr=0.1), rho=1.0, adaptive=False)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = weight.square().sum() / 2
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 12.5
    torch.testing.assert_close(weight.data, torch.tensor([3 - 0.36, 4 - 0.48]))  # w - lr * 6/5 w


@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_a_pass_that_fails_leaves_the_weights_as_they_were(fabric: Fabric, call: int) -> None:
    parts = set_up(fabric, "sam:base=(adamw:lr=0.01)", criterion=failing_at(call))
    other = set_up(fabric, "sam:base=(adamw:lr=0.01)")
    before = weights_of(parts.model)
    batches = [a_batch(0), a_batch(1)]
    with pytest.raises(NonFiniteLoss, match="the loss is inf"):
        train_step(fabric, parts, a_plan(), 0, batches)
    assert same(weights_of(parts.model), before)
    kept = parts.optimizer.optimizer.state_dict()["state"]
    assert not any(kept.values())
    train_step(fabric, parts, a_plan(), 0, batches)  # as if there had been none
    train_step(fabric, other, a_plan(), 0, batches)
    assert same(weights_of(parts.model), weights_of(other.model))


@pytest.mark.parametrize("adaptive", [False, True])
def test_weights_moved_all_at_once_as_on_a_gpu_are_moved_the_same_way(adaptive: bool) -> None:
    found = []
    for foreach in (False, True):
        weights = [nn.Parameter(torch.tensor([3.0, -4.0])), nn.Parameter(torch.tensor([[0.5]]))]
        groups = [{"params": [weight]} for weight in weights]
        base = torch.optim.AdamW(groups, lr=0.1, foreach=foreach)
        optimizer = SharpnessAware(base, 0.5, adaptive)
        calls: list[int] = []

        def closure() -> Tensor:
            optimizer.zero_grad()  # noqa: B023
            loss = sum((weight**4).sum() for weight in weights)  # noqa: B023
            loss.backward()
            calls.append(1)  # noqa: B023
            if len(calls) == 6:  # noqa: B023
                raise NonFiniteLoss("not now")
            return loss

        for _ in range(2):
            optimizer.step(closure)
        before = [weight.detach().clone() for weight in weights]
        with pytest.raises(NonFiniteLoss):
            optimizer.step(closure)
        assert same(before, weights)
        found.append(before)
    assert same(*found)


def test_a_checkpoint_holds_the_bases_state_and_a_run_goes_on_from_it_bit_for_bit(
    fabric: Fabric, tmp_path: Path
) -> None:
    options = {
        "optimizer": "sam:base=(adamw:lr=0.01),rho=0.3",
        "factor": lambda step: 0.5**step,
        "then": nn.Dropout(0.5),
    }
    parts, resumed = set_up(fabric, **options), set_up(fabric, **options)
    for step in range(2):
        train_step(fabric, parts, a_plan(), step, [a_batch(step)])
    state = state_of(fabric, parts, Cursor(step=2))
    assert {name for one in state["optimizer"]["state"].values() for name in one} == {
        "step", "exp_avg", "exp_avg_sq",
    }  # fmt: skip
    save_checkpoint(tmp_path, 2, 0, state)
    cursor = restore(fabric, tmp_path, resumed)
    for step in range(cursor.step, 4):
        train_step(fabric, parts, a_plan(), step, [a_batch(step)])
        train_step(fabric, resumed, a_plan(), step, [a_batch(step)])
    assert same(weights_of(parts.model), weights_of(resumed.model))
    rates = [group["lr"] for group in resumed.optimizer.param_groups]
    assert rates == pytest.approx([0.01 / 16, 0.01 / 16, 0.1 / 16, 0.1 / 16])
    assert resumed.optimizer.param_groups is resumed.optimizer.base_optimizer.param_groups


def test_hooks_see_one_step(fabric: Fabric) -> None:
    parts, seen = set_up(fabric, "sam"), []
    parts.optimizer.optimizer.register_step_pre_hook(lambda *_: seen.append("before"))
    parts.optimizer.optimizer.register_step_post_hook(lambda *_: seen.append("after"))
    train_step(fabric, parts, a_plan(), 0, [a_batch()])
    assert seen == ["before", "after"]


def test_it_says_that_it_needs_its_closure(fabric: Fabric) -> None:
    parts = set_up(fabric, "sam")
    assert parts.optimizer.needs_closure
    assert parts.optimizer.optimizer.needs_closure


def test_statistics_of_batches_are_those_of_one_pass(fabric: Fabric) -> None:
    parts = set_up(fabric, "sam:rho=0.5", then=nn.BatchNorm1d(4))
    once = a_model(nn.BatchNorm1d(4)).train()
    batches = [a_batch(0), a_batch(1)]
    with torch.no_grad():
        for batch in batches:
            once(batch.images)
    train_step(fabric, parts, a_plan(), 0, batches)
    found = dict(parts.model.module.named_buffers())
    for name, expected in once.named_buffers():
        torch.testing.assert_close(found[name], expected)
    assert found["backbone.then.num_batches_tracked"] == 2


def test_a_base_that_makes_two_passes_itself_is_refused() -> None:
    bound = load_host().bind("optimizer", "sam:base=(sam:rho=0.1)")
    with pytest.raises(UsageError, match=r"base=sam:rho=0\.1 makes several passes itself"):
        bound([{"params": [nn.Parameter(torch.ones(1))]}])


def test_ranks_take_the_step_of_their_whole_batch() -> None:
    run_as_two_ranks(__file__)


def as_one_rank() -> None:
    """Unequal parts of each batch, accumulated and clipped; the whole of it by hand."""
    fabric = start_fabric(Recipe(), "cpu")
    parts = set_up(fabric, "sam:base=(sgd:lr=0.1),rho=0.3")
    model = a_model()
    optimizer = base_by_hand(model, BASES["sgd:lr=0.1"])
    for step in range(2):
        whole = [a_batch(2 * step, 5), a_batch(2 * step + 1, 5)]
        mine = slice(0, 3) if fabric.global_rank == 0 else slice(3, 5)
        taken = [
            Batch(images[mine], labels[mine], len(labels[mine]) * 2 / 5)
            for images, labels, _ in whole
        ]
        train_step(fabric, parts, a_plan(0.05), step, taken)
        gradients = partial(gradients_by_hand, model, together(*whole), 0.05)
        step_by_hand(list(model.parameters()), gradients, optimizer, 0.3)
    for found, expected in zip(weights_of(parts.model.module), weights_of(model), strict=True):
        torch.testing.assert_close(found, expected, atol=2e-5, rtol=0)
        gathered = [torch.empty_like(found) for _ in range(2)]
        torch.distributed.all_gather(gathered, found)
        assert torch.equal(*gathered)
    print("as expected")


if __name__ == "__main__":
    as_one_rank()
