"""From a trained model and pictures to probabilities: the one place where prediction meets torch.

`probabilities` is the loop; `predict_fold` and `predict_run` keep what a run says with it of its
validation paintings and of the test.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from artcli import console
from artcli.contest.splits import load_or_make_folds
from artcli.errors import ArtcliError
from artcli.predicting.folder import keep_fold
from artcli.predicting.predictions import ALL, WHOLE, Predictions, concat
from artcli.training.devices import pick_device, pictures_at_once
from artcli.training.loop import Pictures
from artcli.training.pixel_sets import Wholes, piece_pixels, test_pixels, train_pixels
from artcli.training.record import trained_on
from artcli.training.trained import Trained, load_trained
from artcli.workspace.runs import read_run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.contest.tables import Contest
    from artcli.host.discovery import Host
    from artcli.workspace.paths import Workspace


def probabilities(
    model: torch.nn.Module,
    images: Pictures,
    *,
    batch_size: int | None = None,
    device: str = "auto",
    description: str = "Predicting",
) -> NDArray[np.float32]:
    """What `model` (a `PaintingModel`, moved to `device` and left in evaluation mode) thinks.

    images: N >= 1 pictures `(N, S, S, 3)` uint8 RGB. device: auto, cpu, cuda or mps. Returns
    `(N, C)` float32; rows sum to 1.
    """
    return mean_probabilities(
        [model], images, batch_size=batch_size, device=device, description=description
    )


@torch.inference_mode()
def mean_probabilities(
    models: Sequence[torch.nn.Module],
    images: Pictures,
    *,
    batch_size: int | None = None,
    device: str = "auto",
    description: str = "Predicting",
) -> NDArray[np.float32]:
    """`probabilities`, the mean over several models; every picture is read once."""
    target = pick_device(device)
    for model in models:
        model.to(target).to(memory_format=torch.channels_last).eval()
    rows: list[NDArray[np.float32]] = []
    with console.progress(description, len(images)) as advance:
        for batch in _read_ahead(images, batch_size or pictures_at_once(target)):
            moved = batch.to(target)
            said = [model(moved).logits.float().softmax(1) for model in models]
            rows.append(torch.stack(said).mean(0).cpu().numpy())
            advance(len(batch))
    return np.concatenate(rows)


def _read_ahead(images: Pictures, batch_size: int) -> Iterator[torch.Tensor]:
    """Batches `(B, 3, S, S)` uint8, channels last; the next is read while one is in use."""

    def read(start: int) -> torch.Tensor:
        # Chosen by number, not as a slice: the pixels of a map are then read here, not later.
        chosen = np.arange(start, min(start + batch_size, len(images)))
        return torch.from_numpy(np.ascontiguousarray(images[chosen])).permute(0, 3, 1, 2)

    with ThreadPoolExecutor(1, "read-ahead") as reader:
        coming = reader.submit(read, 0)
        for start in range(0, len(images), batch_size):
            batch = coming.result()
            if start + batch_size < len(images):
                coming = reader.submit(read, start + batch_size)
            yield batch


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
    trained = load_trained(workspace, host, run, fold_label)
    if sorted(trained.classes) != list(contest.artists):
        raise ArtcliError(
            f"the run {run} was trained on other artists than those of {contest.data}",
            "train a new run on these: artcli train",
        )
    number = ALL if fold_label == "all" else int(fold_label)
    learnt = trained_on(workspace.run_dir(run) / f"fold-{fold_label}")
    told = _Told(trained, number, batch_size, device, learnt)
    seen = _out_of_fold(workspace, contest, told) if oof and told.fold != ALL else None
    of_test, bad = None, {}
    if test and contest.test:
        pixels = test_pixels(workspace, contest, trained.image_size)
        bad = dict(pixels.bad)
        if len(pixels):
            of_test = told.predict(pixels.keys, pixels.array, WHOLE, "Test pictures")
    record = read_run(workspace, run).fold(fold_label)
    facts = {
        "checkpoint": record.checkpoint if record else "",
        "image_size": trained.image_size,
    }
    return keep_fold(workspace, contest, run, oof=seen, test=of_test, bad=bad, facts=facts)


@dataclass(frozen=True)
class _Told:
    """A trained model as a source of `Predictions`."""

    trained: Trained
    fold: int
    batch_size: int | None
    device: str
    learnt: frozenset[str]  # ids of the paintings it was trained on

    def predict(
        self, ids: Sequence[str], images: Pictures, crops: int | Sequence[int], what: str
    ) -> Predictions:
        values = probabilities(
            self.trained.model,
            images,
            batch_size=self.batch_size,
            device=self.device,
            description=f"{what} (fold {self.trained.fold})",
        )
        return Predictions.make(ids, values, self.trained.classes, crops=crops, folds=self.fold)


def _out_of_fold(workspace: Workspace, contest: Contest, told: _Told) -> Predictions | None:
    trained = told.trained
    folds = load_or_make_folds(workspace, contest, trained.recipe.folds)
    held = folds.validation(told.fold)
    if held & told.learnt:
        console.warn(
            f"the folds have changed since fold {trained.fold} was trained: it has learnt some of "
            "the paintings that it would validate on, so nothing is said of them"
        )
        return None
    pieces = piece_pixels(workspace, contest, folds, told.fold, trained.image_size)
    parts = [key.rpartition("#") for key in pieces.keys]
    crops = [int(number) for _, _, number in parts]
    of_pieces = told.predict([key for key, _, _ in parts], pieces.array, crops, "Validation pieces")
    pixels = train_pixels(workspace, contest, trained.image_size)
    ids = [painting.id for painting in contest.train if painting.id in held]
    rows = np.array([pixels.row(key) for key in ids])
    wholes = Wholes(pixels, rows, trained.image_size)
    return concat([of_pieces, told.predict(ids, wholes, WHOLE, "Validation paintings")])
