"""One fold of a run, from a recipe to a checkpoint: the place where everything comes together.

`run_fold` is what `train` and `kfold` share. It goes on where the fold's last checkpoint is, if
there is one, and starts it otherwise.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from artcli import console
from artcli.contest.splits import load_or_make_folds
from artcli.errors import ArtcliError, Interrupted, UsageError, dead_loader, out_of_memory
from artcli.training.checkpoint import find_checkpoint, remove_old, save_checkpoint
from artcli.training.components import Components, bind_recipe
from artcli.training.data import Drawn, TrainingSet, batches
from artcli.training.devices import beside_others, default_workers, start_fabric
from artcli.training.display import show_draws, shown
from artcli.training.ema import Ema
from artcli.training.features import Crops, Features
from artcli.training.finite import refuse_non_finite
from artcli.training.frozen import on_features
from artcli.training.generated import open_sets, show_taken
from artcli.training.groups import parameter_groups
from artcli.training.interrupts import SAVING, stop_requests
from artcli.training.judging import open_pictures
from artcli.training.keys import key
from artcli.training.loop import Cursor, NonFiniteLoss, Parts, Plan, Stopped, Watcher, fit
from artcli.training.memory import after_short_memory, release_memory
from artcli.training.metrics import Validation
from artcli.training.probe import fit_head
from artcli.training.recipe import Recipe
from artcli.training.record import (
    append_history,
    cut_history,
    describe_run,
    describe_split,
    fold_result,
    library_versions,
    refuse_other_data,
)
from artcli.training.resume import restore, state_of
from artcli.training.split import split_paintings
from artcli.training.trained import build_model, came_trained
from artcli.workspace.files import write_sealed

if TYPE_CHECKING:
    from lightning_fabric import Fabric

    from artcli.contest.pixels import Joined, Pixels
    from artcli.contest.tables import Contest
    from artcli.host.discovery import Host
    from artcli.host.records import Classes
    from artcli.training.model import PaintingModel
    from artcli.training.split import Split
    from artcli.workspace.paths import Workspace


@dataclass(frozen=True)
class FoldResult:
    """A finished fold: its folder and the scores of the weights that were kept.

    `recipe` is what it was trained by: of smaller batches than were asked for, if need was.
    """

    run: str
    fold: str
    folder: Path
    metrics: dict[str, Any]
    recipe: Recipe
    leader: bool  # whether this process is the one that goes on to predict


def run_fold(
    workspace: Workspace,
    host: Host,
    contest: Contest,
    recipe: Recipe,
    run: str,
    fold: str,
    *,
    device: str = "auto",
    workers: int | None = None,
    auto_batch: bool = False,
) -> FoldResult:
    """Train fold `fold` ("0", …, or "all": on all paintings) of the run `run`.

    The result is the same with any number of loader `workers`, and after any interruption. The
    first of the ranks must hold the fold (`hold_fold`), and goes on to predict it. Where memory is
    short, `auto_batch` begins the fold again with batches of half the size, as often as need be.

    Errors: whatever is wrong with recipe, tables or pictures, before training starts;
    `NonFiniteLoss`; `ArtcliError` where memory is short; `Interrupted` after a signal, with
    everything saved.
    """
    components = bind_recipe(host, recipe)
    fabric = start_fabric(recipe, device)
    with beside_others(fabric, "torchrun says which; call it again"):
        run = fabric.broadcast(run)  # ranks may have thought of different free names
    if auto_batch and fabric.world_size > 1:  # the others wait for one that has run out of memory
        raise UsageError(
            "--auto-batch is for one process", "give a smaller --batch-size and --accumulate"
        )
    asked = recipe
    again = f"torchrun … -m {_again(workspace, run, fold)}"
    while True:
        try:
            with beside_others(fabric, f"torchrun says which; go on with: {again}"):
                return _train(
                    workspace, fabric, contest, recipe, components, run, fold, workers, asked
                )
        except Exception as error:
            if not out_of_memory(error):
                raise
            recipe = after_short_memory(workspace, run, fold, recipe, auto_batch=auto_batch)
        release_memory()  # the error, which held on to all of that try, is gone


def _again(workspace: Workspace, run: str, fold: str) -> str:
    """The command that goes on with this fold: without it, another may come first."""
    return f"artcli train --resume {run} --fold {fold}{workspace.flag}"


def _train(
    workspace: Workspace,
    fabric: Fabric,
    contest: Contest,
    recipe: Recipe,
    components: Components,
    run: str,
    fold: str,
    workers: int | None,
    asked: Recipe,
) -> FoldResult:
    folds = load_or_make_folds(workspace, contest, recipe.folds)
    sets = open_sets(workspace, contest, recipe.generated)
    split = split_paintings(contest, folds, fold, sets)
    folder = workspace.run_dir(run) / f"fold-{fold}"
    refuse_other_data(folder, contest.artists, split.facts)
    classes = contest.classes(split.members(contest))
    torch.manual_seed(key(recipe.seed, "weights"))
    model = build_model(components, recipe, classes)
    image_size = recipe.image_size or int(model.backbone.image_size)  # type: ignore[arg-type]
    # Mistakes that only a call shows are told before pictures are read.
    _optimizer(components, recipe, model)
    components.crop()
    pixels, judging = open_pictures(workspace, contest, folds, split, fold, image_size, sets)
    if judging:
        judging = replace(judging, learnt=max(1, recipe.batch_size // fabric.world_size))

    pictures = _training_set(fabric, recipe, components, pixels, split, image_size)
    if fabric.is_global_zero:
        show_taken(fold, sets, split)
        show_draws(classes, pictures.labels, pictures.expected, components.sampler.text)
    dataset: Drawn = pictures
    if recipe.freeze:
        if fabric.is_global_zero and not came_trained(components):
            console.warn("the body that is frozen has random weights: it was not trained before")
        features = features_of(workspace, fabric, components, model, recipe.batch_size)
        dataset, judging = on_features(fabric, features, recipe.crops_each, pictures, judging)
    elif recipe.probe and came_trained(components) and find_checkpoint(folder) is None:
        features = features_of(workspace, fabric, components, model, recipe.batch_size)
        shown_crops = Crops(pictures, recipe.probe, "probe")
        fit_head(
            model.head,
            features(fabric, shown_crops, "Features to fit the head on"),
            torch.from_numpy(pictures.labels).repeat(recipe.probe),
            components.loss(classes.counts),
            recipe.seed,
            fabric.device,
        )
    plan = Plan(
        recipe.epochs,
        dataset.batches_per_epoch,
        recipe.accumulate,
        recipe.clip,
        recipe.patience,
        len(contest.artists),
        recipe.seed,
    )
    parts = assemble(fabric, components, recipe, plan, model, classes)
    cursor = restore(fabric, folder, parts)
    if fabric.is_global_zero:
        place = workspace.run_dir(run)
        describe_run(place, run, recipe, components, classes, image_size, asked)
        describe_split(folder, split.facts)
        remove_old(folder)
        cut_history(folder, cursor.epoch)
    observers = (
        [observer(folder) for observer in components.observers]  # folds do not mix their curves
        if fabric.is_global_zero
        else []
    )

    def save(metrics: dict[str, Any] | None) -> None:
        refuse_non_finite(fabric, parts, cursor.step)
        if fabric.is_global_zero:
            if metrics:
                append_history(folder, metrics)
            best = bool(metrics and metrics["best"])
            state = state_of(fabric, parts, cursor)
            judged = metrics is not None or cursor.batch < plan.batches_per_epoch
            save_checkpoint(folder, cursor.step, cursor.epoch, state, best=best, judged=judged)
        fabric.barrier()

    count = default_workers(fabric) if workers is None else workers
    stream = batches(dataset, _places(plan, cursor), count, pinned=fabric.device.type == "cuda")
    with stop_requests(SAVING) as request, shown(plan) as display:

        def stop() -> bool:
            asked = request.signal_number is not None
            if fabric.world_size > 1:  # no rank may stop while another goes on
                flag = torch.tensor(float(asked), device=fabric.device)
                return bool(fabric.all_reduce(flag, reduce_op="sum"))
            return asked

        def validate() -> Validation | None:
            if judging is None:
                return None
            advance = display.judging(judging.pictures)

            def looked(pictures: int) -> None:
                advance(pictures)
                if stop():
                    raise Stopped

            return judging(fabric, parts, looked)

        try:
            done = fit(
                fabric, parts, plan, cursor, stream,
                validate=validate, save=save, stop=stop,
                watcher=_Watchers([display, *observers]),
            )  # fmt: skip
            stream.close()  # no loader is left to die
        except NonFiniteLoss as error:
            kept = find_checkpoint(folder)
            if kept is not None:
                error.message += f"; the last good checkpoint is {kept}"
            raise
        except ValueError as error:
            if "more than 1 value per channel" not in str(error):  # as torch says it
                raise
            raise ArtcliError(
                "batch norm learns nothing from a batch of one picture",
                "give a larger --batch-size, a smaller --image-size, or a model without batch norm",
            ) from error
        except RuntimeError as error:
            if (dead := dead_loader(error)) is None:
                raise
            again = f"go on with: {_again(workspace, run, fold)}"
            if request.signal_number:
                raise Interrupted(request.signal_number, again) from error
            raise ArtcliError(
                dead, f"is memory short? With fewer --workers, or 0, {again} --workers 0"
            ) from error
        finally:
            for observer in observers:
                observer.close()
    if not done:
        raise Interrupted(
            request.signal_number or 2,
            f"saved after {cursor.step} steps; go on with: {_again(workspace, run, fold)}",
        )
    metrics = fold_result(folder, cursor, plan)
    if fabric.is_global_zero:
        write_sealed(folder / "result.json", metrics)
    fabric.barrier()
    if request.signal_number:  # it came when there was nothing left to train
        raise Interrupted(
            request.signal_number,
            f"the fold is trained; go on with: artcli predict {run}{workspace.flag}",
        )
    return FoldResult(run, fold, folder, metrics, recipe, fabric.is_global_zero)


def _training_set(
    fabric: Fabric,
    recipe: Recipe,
    components: Components,
    pixels: Pixels | Joined,
    split: Split,
    image_size: int,
) -> TrainingSet:
    """This rank's batches. Errors: `UsageError` when they are too small to be shared out."""
    labels = split.labels[split.training]
    dataset = TrainingSet(
        pixels=pixels,
        rows=split.training,
        labels=labels,
        expected=recipe.crops_each * np.asarray(components.sampler(labels), np.float64),
        crop=components.crop(),
        augmentation=components.augmentation(image_size),
        image_size=image_size,
        batch_size=recipe.batch_size,
        seed=recipe.seed,
        rank=fabric.global_rank,
        ranks=fabric.world_size,
    )
    least = round(dataset.expected.sum()) // dataset.batches_per_epoch
    if least < fabric.world_size:
        raise UsageError(
            f"batches of {least} cannot be shared out to {fabric.world_size} ranks",
            "give a larger --batch-size, or use fewer ranks",
        )
    return dataset


def features_of(
    workspace: Workspace,
    fabric: Fabric,
    components: Components,
    model: PaintingModel,
    learnt: int | None = None,
) -> Features:
    """Those of the model's body; precision and device decide their last digits, `learnt` how many
    pictures are looked at together (`pictures_at_once`)."""
    digits = fabric.strategy.precision.precision, fabric.device.type
    facts = components.model.text, digits, library_versions()
    return Features.of(workspace.cache, model, *facts, learnt=learnt)


def assemble(
    fabric: Fabric,
    components: Components,
    recipe: Recipe,
    plan: Plan,
    model: PaintingModel,
    classes: Classes,
) -> Parts:
    """The recipe's parts, set up on Fabric's device around `model`."""
    fabric.to_device(model)
    optimizer = _optimizer(components, recipe, model)
    scheduler = components.scheduler(optimizer, plan.steps_per_epoch, plan.epochs)
    trained: Any = torch.compile(model) if recipe.compile else model
    wrapped, wrapped_optimizer = fabric.setup(trained, optimizer)  # shares the weights out
    ema = Ema(wrapped.module, recipe.ema) if recipe.ema else None
    return Parts(
        wrapped,
        wrapped_optimizer,
        scheduler,
        components.loss.blamed(components.loss(classes.counts)),
        components.mixer.blamed(components.mixer(len(classes.names))),
        ema,
    )


def _optimizer(
    components: Components, recipe: Recipe, model: PaintingModel
) -> torch.optim.Optimizer:
    """That of the weights that are trained. Errors: `UsageError` for what does not go together."""
    groups = parameter_groups(model.backbone, model.head, recipe.head_lr, recipe.layer_decay)
    optimizer: torch.optim.Optimizer = components.optimizer(groups)
    if recipe.precision == "16" and getattr(optimizer, "needs_closure", False):
        raise UsageError(
            f"--optimizer {components.optimizer.text} works out gradients more than once a step, "
            "which 16-bit floats with their scaler do not allow",
            "give --precision bf16 or 32",
        )
    return optimizer


def _places(plan: Plan, cursor: Cursor) -> list[tuple[int, int]]:
    """(epoch, batch) of all batches from the cursor on."""
    every = itertools.product(range(plan.epochs), range(plan.batches_per_epoch))
    return [place for place in every if place >= (cursor.epoch, cursor.batch)]


class _Watchers:
    """Tells all of them; those without `step` (observers) are told of epochs alone."""

    def __init__(self, watchers: Sequence[Any]) -> None:
        self._watchers = watchers

    def step(self, cursor: Cursor, loss: float, lr: float) -> None:
        for watcher in self._stepped():
            watcher.step(cursor, loss, lr)

    def epoch(self, step: int, metrics: dict[str, Any]) -> None:
        for watcher in self._watchers:
            watcher.epoch(step, metrics)

    def _stepped(self) -> Iterator[Watcher]:
        return (watcher for watcher in self._watchers if hasattr(watcher, "step"))
