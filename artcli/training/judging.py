"""The pictures of a fold, opened before training, and what judges a model on those held out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch

from artcli import console
from artcli.errors import Problems
from artcli.training.data import one_hot
from artcli.training.loop import Parts, evaluate
from artcli.training.metrics import Validation, judge
from artcli.training.pixel_sets import PIECES, Wholes, piece_pixels, test_pixels, train_pixels
from artcli.workspace.runs import ALL

if TYPE_CHECKING:
    from lightning_fabric import Fabric

    from artcli.contest.pixels import Pixels
    from artcli.contest.splits import Folds
    from artcli.contest.tables import Contest
    from artcli.training.split import Split
    from artcli.workspace.paths import Workspace

Judge = Callable[["Fabric", Parts], Validation]


def open_pictures(
    workspace: Workspace, contest: Contest, folds: Folds, split: Split, fold: str, image_size: int
) -> tuple[Pixels, Judge | None]:
    """The training pixels, and what judges a model; all bad pictures are named before training."""
    test = test_pixels(workspace, contest, image_size)
    try:
        pixels = train_pixels(workspace, contest, image_size)
    except Problems as error:
        bad = [*error.problems, *test.bad.values()]
        raise Problems(f"{len(bad)} pictures cannot be used", bad, error.hint) from error
    if test.bad:
        console.warn(
            f"{len(test.bad)} test pictures cannot be read, so that submit will refuse or fill "
            f"them: {'; '.join(test.bad.values())}"
        )
    if fold == ALL:
        return pixels, None
    pieces = piece_pixels(workspace, contest, folds, int(fold), image_size)
    truth = split.labels[split.held]
    painting = np.repeat(np.arange(len(split.held)), PIECES)
    wholes = Wholes(pixels, split.held, image_size)

    def judging(fabric: Fabric, parts: Parts) -> Validation:
        logits = evaluate(fabric, parts.judged, pieces.array)
        targets = one_hot(torch.from_numpy(truth[painting]), logits.shape[1])
        loss = float(parts.criterion(logits, targets))
        guess = evaluate(fabric, parts.judged, wholes).argmax(1).numpy()
        return judge(loss, logits.argmax(1).numpy(), truth[painting], painting, guess, truth)

    return pixels, judging
