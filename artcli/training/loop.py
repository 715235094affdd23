"""The training loop.

    for each epoch
        for each optimizer step
            take `accumulate` batches, normalise and mix them once
            optimizer.step(closure): zero gradients, forward and backward over them, clip
            scheduler.step(), move the average of the weights
        judge the (averaged) weights on pieces of unseen paintings, save, maybe stop early

It knows Fabric, tensors and keys; not where data comes from nor where checkpoints go. Everything
random is keyed by (seed, optimizer step, rank), so that it goes on after an interruption exactly as
it would have gone on without.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from artcli.errors import ArtcliError
from artcli.training.data import Batch, channels_first, one_hot
from artcli.training.devices import SMALLER, looking_at, pictures_at_once
from artcli.training.ema import Ema
from artcli.training.keys import key
from artcli.training.metrics import Validation
from artcli.training.objective import Criterion, losses_of

if TYPE_CHECKING:
    from lightning_fabric import Fabric
    from numpy.typing import NDArray

    from artcli.training.model import PaintingModel

Mixer = Callable[[Tensor, Tensor, torch.Generator], tuple[Tensor, Tensor]]


class NonFiniteLoss(ArtcliError):
    """The loss or its gradient is infinite or not a number; no step was taken with it."""


@dataclass(frozen=True)
class Plan:
    """The numbers that shape a run; `epochs` is the most there will be."""

    epochs: int
    batches_per_epoch: int
    accumulate: int
    clip: float
    patience: int
    classes: int
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        return -(-self.batches_per_epoch // self.accumulate)

    @property
    def steps(self) -> int:
        return self.steps_per_epoch * self.epochs


@dataclass(frozen=True)
class Parts:
    """What is trained, and with what. `model` and `optimizer` are Fabric's."""

    model: Any
    optimizer: Any
    scheduler: torch.optim.lr_scheduler.LRScheduler
    criterion: Criterion
    mixer: Mixer
    ema: Ema | None

    @property
    def judged(self) -> PaintingModel:
        """The weights that are judged and kept: the average, if there is one."""
        module: PaintingModel = self.ema.module if self.ema else self.model.module  # type: ignore[assignment]
        return module


@dataclass
class Cursor:
    """How far a run has come: all that it needs to go on, but for tensors.

    `epoch` epochs are finished, and `batch` batches of the next, over which `loss_sums` adds up
    each loss; `step` optimizer steps in all. `seconds` and `pictures` are of training alone.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss_sums: dict[str, float] = field(default_factory=dict)
    best_f1: float = -1.0
    best_epoch: int = 0
    pictures: int = 0
    seconds: float = 0.0


class Watcher(Protocol):
    """Whoever is told how a run goes."""

    def step(self, cursor: Cursor, loss: float, lr: float) -> None: ...

    def epoch(self, step: int, metrics: dict[str, Any]) -> None: ...


class Stopped(Exception):
    """Raised in a validation that is to end early."""


def fit(
    fabric: Fabric,
    parts: Parts,
    plan: Plan,
    cursor: Cursor,
    batches: Iterator[Batch],
    *,
    validate: Callable[[], Validation | None],
    save: Callable[[dict[str, Any] | None], None],
    watcher: Watcher,
    stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Train from `cursor` on; True when done, False when `stop()` asked for an early end.

    `batches` begins at the cursor's place. `validate` judges `parts.judged`, or raises `Stopped`;
    `save(metrics)` keeps everything (None: in the middle of an epoch, or of its validation). The
    cursor moves with the work.

    Errors: `NonFiniteLoss`, before its step.
    """
    while cursor.epoch < plan.epochs and not _patience_spent(plan, cursor):
        parts.model.train()
        while cursor.batch < plan.batches_per_epoch:
            started = time.perf_counter()
            count = min(plan.accumulate, plan.batches_per_epoch - cursor.batch)
            taken = [next(batches) for _ in range(count)]
            lr = parts.optimizer.param_groups[0]["lr"]
            losses = train_step(fabric, parts, plan, cursor.step, taken)
            cursor.step += 1
            cursor.batch += count
            for name, loss in losses.items():
                cursor.loss_sums[name] = cursor.loss_sums.get(name, 0.0) + loss * count
            cursor.pictures += sum(len(batch.labels) for batch in taken) * fabric.world_size
            cursor.seconds += time.perf_counter() - started
            watcher.step(cursor, losses["train_loss"], lr)
            if stop() and cursor.batch < plan.batches_per_epoch:
                save(None)
                return False
        try:
            validation = validate()
        except Stopped:
            save(None)
            return False
        metrics = _finish_epoch(parts, plan, cursor, validation)
        save(metrics)
        watcher.epoch(cursor.step, metrics)
        if stop() and cursor.epoch < plan.epochs and not _patience_spent(plan, cursor):
            return False
    return True


def train_step(
    fabric: Fabric, parts: Parts, plan: Plan, step: int, taken: Sequence[Batch]
) -> dict[str, float]:
    """One optimizer step on `taken`, whose gradients are added up.

    Returns the losses at the weights before the step, each the mean over `taken` and all ranks:
    `train_loss`, and what the head adds (see `losses_of`).
    """
    device, rank = fabric.device, fabric.global_rank
    mixed: list[tuple[Tensor, Tensor, float]] = []
    for number, batch in enumerate(taken):
        generator = torch.Generator().manual_seed(key(plan.seed, "mix", step, number, rank))
        images = parts.model.module.normalise(batch.images.to(device, non_blocking=True))
        targets = one_hot(batch.labels, plan.classes).to(device, non_blocking=True)
        mixed.append((*parts.mixer(images, targets, generator), batch.share / len(taken)))
    if tell := getattr(parts.model.module.head, "progress", None):
        tell(step / plan.steps)

    scaler = getattr(fabric.strategy.precision, "scaler", None)  # of 16-bit floats alone
    told: dict[str, float] = {}

    def closure() -> Tensor:
        """Total loss and gradients of the whole step; may be called more than once (SAM does).

        The model's buffers, such as running statistics, move in the first call alone.
        """
        with _buffers_kept(parts.model.module) if told else nullcontext():
            means = gradients()
        total = means["total"]
        norm: Any = fabric.clip_gradients(
            parts.model,
            parts.optimizer,
            max_norm=plan.clip or math.inf,
            error_if_nonfinite=False,
        )
        # A scaler steps over gradients that are not finite, and tries a smaller scale.
        if not torch.isfinite(total if scaler else total + norm):
            what, found = ("gradient's norm", norm) if total.isfinite() else ("loss", total)
            raise NonFiniteLoss(
                f"the {what} is {found.item()} at step {step + 1}",
                "try a lower learning rate, like --optimizer adamw:lr=1e-4, or --precision 32",
            )
        if not told:
            told.update({name: float(mean) for name, mean in means.items()})
        return total

    def gradients() -> dict[str, Tensor]:
        """Fresh gradients of the whole step, not clipped; the losses, means of all ranks."""
        parts.optimizer.zero_grad()
        sums: dict[str, Tensor] = {}
        for number, (images, targets, share) in enumerate(mixed):
            torch.manual_seed(key(plan.seed, "forward", step, number, rank))
            with _no_sync(fabric, parts.model, number < len(mixed) - 1):
                losses = losses_of(parts.criterion, parts.model(images, targets), targets)
                fabric.backward(losses["total"] * share)
            for name, loss in losses.items():
                sums[name] = sums.get(name, 0.0) + loss.detach() * share
        means: Any = fabric.all_reduce(torch.stack(list(sums.values())), reduce_op="mean")
        return dict(zip(sums, means, strict=True))

    if scaler:  # it takes no closure: the gradients come first
        closure()
        parts.optimizer.step()
    else:
        parts.optimizer.step(closure)
    parts.scheduler.step()
    if parts.ema:
        parts.ema.update(step + 1)
    del told["total"]
    return told


@contextmanager
def _buffers_kept(model: nn.Module) -> Iterator[None]:
    """The model's buffers are afterwards what they were before."""
    kept = [(buffer, buffer.clone()) for buffer in model.buffers()]
    try:
        yield
    finally:
        for buffer, value in kept:
            buffer.copy_(value)


def _no_sync(fabric: Fabric, model: Any, unfinished: bool) -> Any:
    """Between ranks, gradients are exchanged once for all batches of a step."""
    skip = unfinished and fabric.world_size > 1
    return fabric.no_backward_sync(model) if skip else nullcontext()


def _finish_epoch(
    parts: Parts, plan: Plan, cursor: Cursor, validation: Validation | None
) -> dict[str, Any]:
    """Move the cursor to the next epoch; the metrics of the one that ended."""
    losses = {name: total / plan.batches_per_epoch for name, total in cursor.loss_sums.items()}
    cursor.epoch, cursor.batch, cursor.loss_sums = cursor.epoch + 1, 0, {}
    better = validation is None or validation.f1 > cursor.best_f1
    if validation is not None and better:
        cursor.best_f1, cursor.best_epoch = validation.f1, cursor.epoch
    return {
        "epoch": cursor.epoch,
        "step": cursor.step,
        **losses,
        "lr": parts.optimizer.param_groups[0]["lr"],
        "images_per_second": cursor.pictures / cursor.seconds if cursor.seconds else math.nan,
        **(validation.as_metrics() if validation else {}),
        "seconds": cursor.seconds,
        "best": better,
    }


def _patience_spent(plan: Plan, cursor: Cursor) -> bool:
    """Early stopping: whether so many epochs have passed since the best one.

    The best epoch's weights are what is kept, so waiting longer costs time alone.

    Source: Prechelt 1998, "Early Stopping - But When?"; slide "Baseline Model" (10 epochs).
    """
    waited = cursor.epoch - cursor.best_epoch
    return bool(plan.patience and cursor.best_epoch and waited >= plan.patience)


class Pictures(Protocol):
    """Pictures `(N, S, S, 3)` uint8, or the features `(N, F)` float32 of such, that are read by
    their numbers: an array, or as good as one."""

    def __len__(self) -> int: ...

    def __getitem__(self, chosen: Any, /) -> NDArray[Any]: ...


@torch.inference_mode()
def evaluate(
    fabric: Fabric,
    model: nn.Module,
    images: Pictures,
    learnt: int | None = None,
    advance: Callable[[int], object] = lambda _: None,
) -> Tensor:
    """Logits `(N, C)` float32 on the CPU of N >= 1 pictures `(N, S, S, 3)`; the ranks share them.

    How many are looked at together goes by how many a rank has `learnt` from at once; `advance` is
    told of as many, each time.

    Between ranks the buffers of `model` become the first one's, which are those that are saved:
    each rank's batch norm has seen its own pictures.
    """
    was_training = model.training
    model.eval()
    ranks = fabric.world_size
    if ranks > 1:
        for buffer in model.buffers():
            torch.distributed.broadcast(buffer, src=0)
    # As many for every rank: where they do not divide, some look at the last one again.
    most = -(-len(images) // ranks)
    mine = np.minimum(np.arange(most) * ranks + fabric.global_rank, len(images) - 1)
    parts = []
    together = pictures_at_once(fabric.device.type, learnt)
    for start in range(0, len(mine), together):
        chosen = mine[start : start + together]
        batch = channels_first(torch.from_numpy(images[chosen])).to(fabric.device)
        with looking_at(len(chosen), SMALLER), fabric.autocast():
            parts.append(model(batch).logits.float())
        advance(ranks * len(chosen))
    model.train(was_training)
    local = torch.cat(parts)
    if ranks == 1:
        return local.cpu()
    gathered = [torch.empty_like(local) for _ in range(ranks)]  # rank r has rows r, r + ranks, …
    torch.distributed.all_gather(gathered, local)
    return torch.stack(gathered, 1).flatten(0, 1)[: len(images)].cpu()
