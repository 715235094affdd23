"""What a run's models say of its validation paintings and of the test, kept with the run."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from artcli import console
from artcli.contest.splits import load_or_make_folds
from artcli.errors import ArtcliError
from artcli.predicting.folder import keep_fold
from artcli.predicting.looking import probabilities
from artcli.predicting.predictions import ALL, WHOLE, Predictions, concat
from artcli.training.components import bind_recipe
from artcli.training.devices import pick_device, pictures_at_once, start_fabric
from artcli.training.pixel_sets import Wholes, piece_pixels, test_pixels, train_pixels
from artcli.training.record import trained_on
from artcli.training.run import features_of
from artcli.training.trained import Trained, load_trained
from artcli.workspace.runs import read_run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.contest.pixels import Pixels
    from artcli.contest.tables import Contest
    from artcli.host.discovery import Host
    from artcli.training.loop import Pictures
    from artcli.workspace.paths import Workspace


def trained_folds(workspace: Workspace, run: str) -> list[str]:
    """The labels of the run's folds that have a model; `ArtcliError` when none has."""
    labels = [fold.label for fold in read_run(workspace, run).folds if fold.checkpoint]
    if not labels:
        raise ArtcliError(
            f"the run {run} has no checkpoint yet",
            f"go on with it: artcli train --resume {run}{workspace.flag}",
        )
    return labels


def predict_run(
    workspace: Workspace,
    host: Host,
    contest: Contest,
    run: str,
    *,
    batch_size: int | None = None,
    device: str = "auto",
) -> None:
    """`predict_fold` for each fold of the run that has a checkpoint."""
    for label in trained_folds(workspace, run):
        predict_fold(workspace, host, contest, run, label, batch_size=batch_size, device=device)


def predict_fold(
    workspace: Workspace,
    host: Host,
    contest: Contest,
    run: str,
    fold_label: str,
    *,
    oof: bool = True,
    test: bool = True,
    batch_size: int | None = None,
    device: str = "auto",
) -> Path:
    """Keep what one fold's model says of its validation paintings (`oof`) and of the test.

    Of each validation painting: its pieces (crops 0, 1, …) and the whole (crop -1). Fold "all"
    has none. Returns the folder of the run's predictions. Errors: `ArtcliError` when the run was
    trained on other artists than the contest's; as `load_trained` and the pixel cache.
    """
    fold = trained_fold(workspace, host, contest, run, fold_label)
    image_size = fold.trained.image_size
    together = batch_size or pictures_at_once(pick_device(device), fold.trained.recipe.batch_size)
    through_features = _features(workspace, host, fold, device)

    def said(
        ids: Sequence[str], images: Pictures, crops: int | Sequence[int], what: str
    ) -> Predictions:
        about, model = f"{what} (fold {fold_label})", fold.trained.model
        if through_features is not None:
            return fold.said(ids, through_features(images, about), crops)
        values = probabilities(model, images, batch_size=together, device=device, description=about)
        return fold.said(ids, values, crops)

    seen, held = None, held_pieces(workspace, contest, fold) if oof else None
    if held is not None:
        of_pieces = said(held.ids, held.pixels.array, held.crops, "Validation pieces")
        pixels = train_pixels(workspace, contest, image_size)
        ids = list(dict.fromkeys(held.ids))
        wholes = Wholes(pixels, np.array([pixels.row(key) for key in ids]), image_size)
        seen = concat([of_pieces, said(ids, wholes, WHOLE, "Validation paintings")])
    of_test, bad = None, {}
    if test and contest.test:
        pixels = test_pixels(workspace, contest, image_size)
        bad = dict(pixels.bad)
        if len(pixels):
            of_test = said(pixels.keys, pixels.array, WHOLE, "Test pictures")
    facts = {"checkpoint": fold.checkpoint, "image_size": image_size}
    return keep_fold(workspace, contest, run, oof=seen, test=of_test, bad=bad, facts=facts)


def _features(
    workspace: Workspace, host: Host, fold: TrainedFold, device: str
) -> Callable[[Pictures, str], NDArray[np.float32]] | None:
    """What a run of a frozen body says of pictures, by their features, which are kept: its folds
    share the body, and training has computed those of the validation pieces. None of others."""
    recipe, model = fold.trained.recipe, fold.trained.model
    if not recipe.freeze or int(os.environ.get("WORLD_SIZE", 1)) > 1:  # Fabric would call all ranks
        return None
    fabric = start_fabric(recipe, device)
    kept = features_of(workspace, fabric, bind_recipe(host, recipe), model, recipe.batch_size)

    @torch.inference_mode()
    def said(images: Pictures, what: str) -> NDArray[np.float32]:
        features = kept(fabric, images, what).to(fabric.device)
        probable: NDArray[np.float32] = model(features).logits.float().softmax(1).cpu().numpy()
        return probable

    return said


@dataclass(frozen=True)
class TrainedFold:
    """A fold of a run that has a model: its number (-1: all), the folder of its best step, and
    the ids of the paintings that it has learnt."""

    trained: Trained
    number: int
    checkpoint: str
    learnt: frozenset[str]

    def said(
        self, ids: Sequence[str], values: NDArray[np.float32], crops: int | Sequence[int]
    ) -> Predictions:
        """What its model says, `(R, C)`, of these pictures."""
        return Predictions.make(ids, values, self.trained.classes, crops=crops, folds=self.number)


def trained_fold(
    workspace: Workspace, host: Host, contest: Contest, run: str, label: str
) -> TrainedFold:
    """The fold `label` of a run. Errors: as `predict_fold`."""
    trained = load_trained(workspace, host, run, label)
    if sorted(trained.classes) != list(contest.artists):
        raise ArtcliError(
            f"the run {run} was trained on other artists than those of {contest.data}",
            f"train a new run on these: artcli train{workspace.flag}",
        )
    record = read_run(workspace, run).fold(label)
    return TrainedFold(
        trained,
        ALL if label == "all" else int(label),
        record.checkpoint if record else "",
        trained_on(workspace.run_dir(run) / f"fold-{label}"),
    )


@dataclass(frozen=True)
class HeldPieces:
    """The pieces of the paintings that a fold has not learnt: row i of `pixels` is the piece
    `crops[i]` of the painting `ids[i]`."""

    ids: tuple[str, ...]
    crops: tuple[int, ...]
    pixels: Pixels


def held_pieces(workspace: Workspace, contest: Contest, fold: TrainedFold) -> HeldPieces | None:
    """The validation pieces of a fold; None of fold "all", and (with a warning) where the folds
    have changed since it was trained."""
    trained = fold.trained
    if fold.number == ALL:
        return None
    folds = load_or_make_folds(workspace, contest, trained.recipe.folds)
    if folds.validation(fold.number) & fold.learnt:
        console.warn(
            f"the folds have changed since fold {trained.fold} was trained: it has learnt some of "
            "the paintings that it would validate on, so nothing is said of them"
        )
        return None
    pixels = piece_pixels(workspace, contest, folds, fold.number, trained.image_size)
    parts = [key.rpartition("#") for key in pixels.keys]
    return HeldPieces(
        tuple(key for key, _, _ in parts), tuple(int(number) for _, _, number in parts), pixels
    )
