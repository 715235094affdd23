from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins import MixedPrecision
from torch import Tensor, nn

from artcli.errors import UsageError
from artcli.host.records import HeadOutput
from artcli.training.checkpoint import save_checkpoint
from artcli.training.data import Batch
from artcli.training.ema import Ema
from artcli.training.groups import parameter_groups, scaled
from artcli.training.loop import (
    Cursor,
    NonFiniteLoss,
    Parts,
    Plan,
    Stopped,
    evaluate,
    fit,
    train_step,
)
from artcli.training.metrics import Validation
from artcli.training.model import PaintingModel
from artcli.training.resume import restore, state_of

CLASSES = 3


class Flat(nn.Module):
    mean, std, num_features, image_size = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25), 12, 2

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(12, 12)

    def forward(self, images: Tensor) -> Tensor:
        return self.layer(images.flatten(1))


class Head(nn.Module):
    def __init__(self, dropout: float = 0.0, auxiliary: float | None = None) -> None:
        super().__init__()
        self.layer = nn.Linear(12, CLASSES)
        self.dropout = nn.Dropout(dropout)
        self.auxiliary = auxiliary

    def forward(self, features: Tensor, targets: Tensor | None = None) -> HeadOutput:
        logits = self.layer(self.dropout(features))
        extra = None if self.auxiliary is None or targets is None else logits.sum() * self.auxiliary
        return HeadOutput(logits, extra)


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    return nn.functional.cross_entropy(logits, targets)


def no_mix(images: Tensor, targets: Tensor, _generator: torch.Generator) -> tuple[Tensor, Tensor]:
    return images, targets


class Twice(torch.optim.SGD):
    """An optimizer that calls its closure twice, as SAM does, and keeps what it was told."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.told: list[tuple[float, list[Tensor]]] = []

    def step(self, closure: Callable[[], Tensor]) -> Tensor:  # type: ignore[override]
        for _ in range(2):
            with torch.enable_grad():
                loss = closure()
            weights = self.param_groups[0]["params"]
            self.told.append((float(loss), [weight.grad.clone() for weight in weights]))
        return loss


@pytest.fixture(scope="module")
def fabric() -> Fabric:
    return Fabric(accelerator="cpu", devices=1)


def make_parts(
    fabric: Fabric,
    *,
    optimizer: type[torch.optim.Optimizer] = torch.optim.SGD,
    body: type[nn.Module] = Flat,
    head: Head | None = None,
    criterion: Any = cross_entropy,
    mixer: Any = no_mix,
    ema: float = 0.0,
) -> Parts:
    torch.manual_seed(0)
    model = PaintingModel(body(), head or Head())
    chosen = optimizer(scaled(parameter_groups(model.backbone, model.head, 10.0), 0.1))
    schedule = torch.optim.lr_scheduler.LambdaLR(chosen, lambda _step: 1.0)
    average = Ema(model, ema) if ema else None
    wrapped, wrapped_optimizer = fabric.setup(model, chosen)
    return Parts(wrapped, wrapped_optimizer, schedule, criterion, mixer, average)


def a_plan(**changes: Any) -> Plan:
    settings = {
        "epochs": 2, "batches_per_epoch": 3, "accumulate": 1, "clip": 0.0, "patience": 0,
        "classes": CLASSES, "seed": 0, **changes,
    }  # fmt: skip
    return Plan(**settings)


def a_batch(number: int = 0, size: int = 4) -> Batch:
    generator = torch.Generator().manual_seed(number)
    images = torch.randint(0, 256, (size, 3, 2, 2), dtype=torch.uint8, generator=generator)
    return Batch(images, torch.arange(size) % CLASSES, 1.0)


def weights_of(parts: Parts) -> list[Tensor]:
    return [value.clone() for value in parts.model.module.state_dict().values()]


def test_a_model_normalises_its_own_pictures(fabric: Fabric) -> None:
    model = make_parts(fabric).model.module
    images = torch.tensor([0, 128, 255], dtype=torch.uint8).view(1, 3, 1, 1)
    expected = (torch.tensor([0, 128, 255]) / 255 - 0.5) / 0.25
    torch.testing.assert_close(model.normalise(images).flatten(), expected, atol=1e-5, rtol=0)


def test_groups_multiply_the_heads_rate_and_spare_biases_from_decay() -> None:
    groups = scaled(parameter_groups(Flat(), Head(), 10.0), 0.1)
    found = [(g["lr"], g.get("weight_decay"), [p.ndim for p in g["params"]]) for g in groups]
    assert found == [(0.1, None, [2]), (0.1, 0.0, [1]), (1.0, None, [2]), (1.0, 0.0, [1])]


class Layered(nn.Module):
    """A body of three layers that tells their depths."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(2, 2) for _ in range(3))

    def depths(self) -> dict[str, int]:
        return {name: int(name.split(".")[1]) for name, _ in self.named_parameters()}


def test_a_layer_decay_slows_each_layer_below_the_last() -> None:
    body = Layered()
    groups = scaled(parameter_groups(body, Head(), 10.0, 0.5), 0.1)
    found = [(g["lr"], g.get("weight_decay")) for g in groups]
    rates = [0.1, 0.05, 0.025, 1.0]  # the reference, which schedulers look at, comes first
    assert found == [(pytest.approx(rate), decay) for rate in rates for decay in (None, 0.0)]
    assert [
        g["params"][0] is body.layers[n].weight
        for g, n in zip(groups[:6:2], (2, 1, 0), strict=True)
    ] == [True] * 3


def test_a_layer_decay_needs_a_body_that_tells_its_layers() -> None:
    with pytest.raises(UsageError, match="does not tell its layers apart"):
        parameter_groups(Flat(), Head(), 1.0, 0.5)
    frozen = Layered().requires_grad_(False)
    assert len(parameter_groups(frozen, Head(), 1.0, 0.5)) == 2  # the head's


def test_a_closure_called_twice_gives_the_same_loss_and_gradients(fabric: Fabric) -> None:
    parts = make_parts(fabric, optimizer=Twice, head=Head(dropout=0.5))
    train_step(fabric, parts, a_plan(), 0, [a_batch(0), a_batch(1)])
    (first, gradients), (second, others) = parts.optimizer.optimizer.told
    assert first == second
    assert all(torch.equal(one, two) for one, two in zip(gradients, others, strict=True))


def test_accumulated_batches_step_as_one_large_batch(fabric: Fabric) -> None:
    one, two = make_parts(fabric), make_parts(fabric)
    batches = [a_batch(0), a_batch(1)]
    large = Batch(
        torch.cat([batch.images for batch in batches]),
        torch.cat([batch.labels for batch in batches]),
        1.0,
    )
    loss = train_step(fabric, one, a_plan(), 0, batches)
    assert loss == pytest.approx(train_step(fabric, two, a_plan(), 0, [large]), abs=1e-6)
    for left, right in zip(weights_of(one), weights_of(two), strict=True):
        torch.testing.assert_close(left, right, atol=1e-6, rtol=0)


def test_a_loss_that_is_not_finite_stops_before_its_step(fabric: Fabric) -> None:
    parts = make_parts(fabric, criterion=lambda logits, _targets: logits.sum() * float("nan"))
    before = weights_of(parts)
    with pytest.raises(NonFiniteLoss, match="the loss is nan at step 8"):
        train_step(fabric, parts, a_plan(), 7, [a_batch()])
    for left, right in zip(before, weights_of(parts), strict=True):
        assert torch.equal(left, right)


@pytest.mark.parametrize("clip", [0.0, 1.0])
def test_a_gradient_that_is_not_finite_stops_before_its_step(fabric: Fabric, clip: float) -> None:
    parts = make_parts(fabric, criterion=lambda logits, _targets: (logits * 0).sum().sqrt())
    before = weights_of(parts)
    with pytest.raises(NonFiniteLoss, match="the gradient's norm is nan at step 8"):
        train_step(fabric, parts, a_plan(clip=clip), 7, [a_batch()])
    for left, right in zip(before, weights_of(parts), strict=True):
        assert torch.equal(left, right)


@pytest.fixture
def half() -> Fabric:
    """As `precision="16-mixed"` on a GPU: gradients are scaled, and a scaler takes the steps."""
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10, growth_interval=2)
    return Fabric(accelerator="cpu", devices=1, plugins=[MixedPrecision("16-mixed", "cpu", scaler)])


def test_scaled_gradients_step_as_plain_ones(fabric: Fabric, half: Fabric) -> None:
    one, two = make_parts(fabric), make_parts(half)
    for number in range(3):
        train_step(fabric, one, a_plan(clip=0.5), number, [a_batch(number)])
        train_step(half, two, a_plan(clip=0.5), number, [a_batch(number)])
    for left, right in zip(weights_of(one), weights_of(two), strict=True):
        torch.testing.assert_close(left, right, atol=5e-3, rtol=0)


def test_scaled_gradients_that_overflow_are_stepped_over(half: Fabric) -> None:
    parts = make_parts(half, criterion=lambda logits, _targets: (logits * 0).sum().sqrt())
    before = weights_of(parts)
    train_step(half, parts, a_plan(clip=0.5), 0, [a_batch()])
    for left, right in zip(before, weights_of(parts), strict=True):
        assert torch.equal(left, right)
    assert half.strategy.precision.scaler.get_scale() == 2.0**9


def test_the_scale_of_gradients_is_resumed(half: Fabric, tmp_path: Path) -> None:
    parts = make_parts(half)
    for number in range(3):
        train_step(half, parts, a_plan(), number, [a_batch(number)])
    kept = half.strategy.precision.state_dict()
    save_checkpoint(tmp_path, 3, 1, state_of(half, parts, Cursor(epoch=1, step=3)))
    half.strategy.precision.scaler.update(8.0)
    assert restore(half, tmp_path, parts).step == 3
    assert half.strategy.precision.state_dict() == kept
    assert kept["scale"] == 2.0**11


def test_gradients_are_clipped_to_their_norm(fabric: Fabric) -> None:
    parts = make_parts(fabric, optimizer=Twice, criterion=lambda logits, _t: 1e3 * logits.sum())
    train_step(fabric, parts, a_plan(clip=0.5), 0, [a_batch()])
    weights = [p for group in parts.optimizer.param_groups for p in group["params"]]
    norm = torch.stack([weight.grad.norm() for weight in weights]).norm()
    assert norm.item() == pytest.approx(0.5, rel=1e-4)


def test_a_heads_own_loss_is_lowered_and_reported_apart(fabric: Fabric) -> None:
    parts = make_parts(fabric, optimizer=Twice)
    plain = train_step(fabric, parts, a_plan(), 0, [a_batch()])
    parts = make_parts(fabric, optimizer=Twice)
    parts.model.module.head.auxiliary = 1.0
    expected = parts.model.module(a_batch().images).logits.sum().item()
    losses = train_step(fabric, parts, a_plan(), 0, [a_batch()])
    assert losses["train_loss"] == pytest.approx(plain["train_loss"])
    assert losses["auxiliary_loss"] == pytest.approx(expected, abs=1e-4)
    lowered = parts.optimizer.optimizer.told[0][0]
    assert lowered == pytest.approx(plain["train_loss"] + expected, abs=1e-4)


class Forced(Head):
    """A head that is taught by forcing: with the truth its logits are right at once."""

    done = -1.0

    def progress(self, done: float) -> None:
        self.done = done

    def forward(self, features: Tensor, targets: Tensor | None = None) -> HeadOutput:
        logits = self.layer(features)
        if targets is None:
            return HeadOutput(logits)
        return HeadOutput(logits, None, logits + 9 * targets, torch.tensor(0.75))


def test_a_forced_loss_shares_the_total_and_is_reported_apart(fabric: Fabric) -> None:
    parts = make_parts(fabric, optimizer=Twice, head=Forced())
    free = parts.model.module(a_batch().images).logits
    targets = nn.functional.one_hot(a_batch().labels, CLASSES).float()
    expected = cross_entropy(free, targets).item()
    forced = cross_entropy(free + 9 * targets, targets).item()
    losses = train_step(fabric, parts, a_plan(), 0, [a_batch()])
    assert losses == pytest.approx({"train_loss": expected, "forced_loss": forced}, abs=1e-5)
    lowered = parts.optimizer.optimizer.told[0][0]
    assert lowered == pytest.approx(0.25 * expected + 0.75 * forced, abs=1e-5)


def test_a_head_is_told_how_much_of_the_run_is_done(fabric: Fabric) -> None:
    parts = make_parts(fabric, head=Forced())
    plan = a_plan(epochs=5, batches_per_epoch=4, accumulate=2)  # ten steps
    for step, done in ((0, 0.0), (5, 0.5), (9, 0.9)):
        train_step(fabric, parts, plan, step, [a_batch()])
        assert parts.model.module.head.done == pytest.approx(done)


class Normed(Flat):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Sequential(nn.Linear(12, 12), nn.BatchNorm1d(12))


def test_running_statistics_move_in_a_closures_first_call_alone(fabric: Fabric) -> None:
    once = make_parts(fabric, body=Normed)
    twice = make_parts(fabric, body=Normed, optimizer=Twice)
    for parts in (once, twice):
        before = parts.model.module.backbone.layer[1].running_mean.clone()
        train_step(fabric, parts, a_plan(), 0, [a_batch()])
    statistics = [dict(parts.model.module.named_buffers()) for parts in (once, twice)]
    assert not torch.equal(statistics[0]["backbone.layer.1.running_mean"], before)
    for name, value in statistics[0].items():
        assert torch.equal(value, statistics[1][name]), name


def test_mixing_is_keyed_by_step(fabric: Fabric) -> None:
    drawn = []

    def noting(images: Tensor, targets: Tensor, generator: torch.Generator) -> Any:
        drawn.append(torch.rand(1, generator=generator).item())
        return images, targets

    parts = make_parts(fabric, mixer=noting)
    for step in (0, 1, 0):
        train_step(fabric, parts, a_plan(), step, [a_batch()])
    assert drawn[0] == drawn[2] != drawn[1]


def test_the_average_follows_the_weights_with_a_warmed_up_decay() -> None:
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, 0.0)
    ema = Ema(model, 0.99)
    nn.init.constant_(model.weight, 1.0)
    ema.update(1)  # decay (1 + 1) / (10 + 1)
    assert ema.module.weight.item() == pytest.approx(1 - 2 / 11)
    ema.update(10_000)
    assert ema.module.weight.item() == pytest.approx(1 - 2 / 11 * 0.99)


def test_the_average_leaves_frozen_weights_alone() -> None:
    model = nn.Sequential(nn.Linear(1, 1).requires_grad_(False), nn.Linear(1, 1))
    ema = Ema(model, 0.9)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(1.0)
    ema.update(1)
    frozen, moving = ema.module
    assert torch.equal(frozen.weight, model[0].weight - 1)
    assert not torch.equal(moving.weight, model[1].weight - 1)


class Noted:
    def __init__(self) -> None:
        self.steps: list[int] = []
        self.epochs: list[dict[str, Any]] = []

    def step(self, cursor: Cursor, loss: float, lr: float) -> None:
        assert loss > 0
        assert lr == pytest.approx(0.1)
        self.steps.append(cursor.step)

    def epoch(self, step: int, metrics: dict[str, Any]) -> None:
        assert step == metrics["step"]
        self.epochs.append(metrics)


def stream(plan: Plan, cursor: Cursor) -> Iterator[Batch]:
    start = cursor.epoch * plan.batches_per_epoch + cursor.batch
    for number in range(start, plan.epochs * plan.batches_per_epoch):
        yield a_batch(number)


def scores(*f1: float) -> Callable[[], Validation]:
    values = iter(f1)
    return lambda: Validation(1.0, next(values), 0.0, 1.0, 0.5)


def test_fit_keeps_the_best_and_stops_when_patience_is_spent(fabric: Fabric) -> None:
    plan, cursor, noted, saved = a_plan(epochs=9, patience=2), Cursor(), Noted(), []
    done = fit(
        fabric, make_parts(fabric), plan, cursor, stream(plan, cursor),
        validate=scores(0.2, 0.5, 0.4, 0.3, 0.9), save=saved.append, watcher=noted,
    )  # fmt: skip
    assert done
    assert [metrics["best"] for metrics in saved] == [True, True, False, False]
    assert (cursor.epoch, cursor.best_epoch, cursor.best_f1) == (4, 2, 0.5)
    assert noted.steps == list(range(1, 13))
    assert [metrics["epoch"] for metrics in noted.epochs] == [1, 2, 3, 4]


def test_stopped_and_resumed_is_the_same_as_never_stopped(fabric: Fabric) -> None:
    plan = a_plan(accumulate=2)
    whole, cursor, noted = make_parts(fabric, ema=0.9), Cursor(), Noted()
    fit(
        fabric, whole, plan, cursor, stream(plan, cursor),
        validate=lambda: None, save=lambda _metrics: None, watcher=noted,
    )  # fmt: skip
    parts, cursor, saved = make_parts(fabric, ema=0.9), Cursor(), []
    for _ in range(4):  # stop after every step
        done = fit(
            fabric, parts, plan, cursor, stream(plan, cursor),
            validate=lambda: None, save=saved.append, watcher=Noted(), stop=lambda: True,
        )  # fmt: skip
    assert done
    assert [metrics and metrics["epoch"] for metrics in saved] == [None, 1, None, 2]
    for left, right in zip(weights_of(whole), weights_of(parts), strict=True):
        assert torch.equal(left, right)
    assert saved[-1]["train_loss"] == noted.epochs[-1]["train_loss"]


def test_a_validation_that_was_stopped_is_done_again_without_training_again(
    fabric: Fabric,
) -> None:
    plan, cursor, noted, saved = a_plan(epochs=2), Cursor(), Noted(), []
    parts, said = make_parts(fabric), scores(0.2, 0.5)
    stops = iter([True, False, True, False])

    def validate() -> Validation:
        if next(stops):
            raise Stopped
        return said()

    def go_on() -> bool:
        return fit(
            fabric, parts, plan, cursor, stream(plan, cursor),
            validate=validate, save=saved.append, watcher=noted,
        )  # fmt: skip

    assert [go_on(), go_on(), go_on()] == [False, False, True]
    assert [metrics and metrics["f1"] for metrics in saved] == [None, 0.2, None, 0.5]
    assert noted.steps == list(range(1, plan.steps + 1))


def test_evaluation_is_in_order_and_leaves_the_mode_alone(fabric: Fabric) -> None:
    model = make_parts(fabric, head=Head(dropout=0.5)).model.module.train()
    images = np.random.default_rng(0).integers(0, 256, (40, 2, 2, 3), dtype=np.uint8)
    logits = evaluate(fabric, model, images)
    model.eval()
    expected = model(torch.from_numpy(images).permute(0, 3, 1, 2)).logits
    torch.testing.assert_close(logits, expected)
    seen: list[int] = []
    model.train().register_forward_pre_hook(lambda _, given: seen.append(len(given[0])))
    told: list[int] = []
    evaluate(fabric, model, images, 2, told.append)
    assert model.training
    assert seen == told == [8] * 5, "four times as many as are learnt from at once"
