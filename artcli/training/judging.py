"""The pictures of a fold, opened before training, and what judges a model on those held out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from artcli import console
from artcli.contest.pixels import Joined, Pixels
from artcli.errors import Problems
from artcli.training.data import one_hot
from artcli.training.generated import refuse_other_sources
from artcli.training.loop import NonFiniteLoss, Parts, Pictures, evaluate
from artcli.training.metrics import Validation, judge
from artcli.training.pixel_sets import (
    PIECES,
    Wholes,
    generated_pixels,
    piece_pixels,
    test_pixels,
    train_pixels,
)
from artcli.workspace.runs import ALL

if TYPE_CHECKING:
    from lightning_fabric import Fabric
    from numpy.typing import NDArray

    from artcli.contest.generated.records import GeneratedSet
    from artcli.contest.splits import Folds
    from artcli.contest.tables import Contest
    from artcli.training.split import Split
    from artcli.workspace.paths import Workspace


@dataclass(frozen=True)
class Judge:
    """What judges a model: `pieces` of the paintings held out, and the `wholes` of them.

    Both are pictures, or the features of pictures. `truth` `(N,)` is the class of each painting;
    `learnt`: from how many pictures a rank learns at once.
    Errors: `NonFiniteLoss` where the model says of one what is no number.
    """

    pieces: Pictures
    wholes: Pictures
    truth: NDArray[np.int64]
    learnt: int | None = None

    @property
    def pictures(self) -> int:
        """How many are looked at."""
        return len(self.pieces) + len(self.wholes)

    def __call__(
        self, fabric: Fabric, parts: Parts, advance: Callable[[int], object]
    ) -> Validation:
        """`advance` is told how many pictures were looked at, each time."""
        painting = np.repeat(np.arange(len(self.truth)), PIECES)
        logits = evaluate(fabric, parts.judged, self.pieces, self.learnt, advance)
        targets = one_hot(torch.from_numpy(self.truth[painting]), logits.shape[1])
        loss = float(parts.criterion(logits, targets))
        wholes = evaluate(fabric, parts.judged, self.wholes, self.learnt, advance)
        _refuse_non_finite(loss, {"pieces": logits, "paintings": wholes})
        guess = wholes.argmax(1).numpy()
        truth = self.truth
        return judge(loss, logits.argmax(1).numpy(), truth[painting], painting, guess, truth)


def _refuse_non_finite(loss: float, said: Mapping[str, Tensor]) -> None:
    for what, logits in said.items():
        if bad := int((~logits.isfinite()).any(1).sum()):
            raise NonFiniteLoss(
                f"the logits of {bad} of {len(logits)} validation {what} are not finite",
                "try a lower learning rate, like --optimizer adamw:lr=1e-4, or --precision 32",
            )
    if not math.isfinite(loss):
        raise NonFiniteLoss(f"the validation loss is {loss}", "try another --loss")


def open_pictures(
    workspace: Workspace,
    contest: Contest,
    folds: Folds,
    split: Split,
    fold: str,
    image_size: int,
    sets: Sequence[GeneratedSet] = (),
) -> tuple[Pixels | Joined, Judge | None]:
    """The training pixels, after them those of the generated `sets`, and what judges a model.

    All bad pictures are named before training. Errors: also as `refuse_other_sources`.
    """
    test = test_pixels(workspace, contest, image_size)
    try:
        pixels = train_pixels(workspace, contest, image_size)
    except Problems as error:
        bad = [*error.problems, *test.bad.values()]
        raise Problems(f"{len(bad)} pictures cannot be used", bad, error.hint) from error
    if test.bad:
        told = (
            f"{len(test.bad)} test pictures cannot be read, so that submit will refuse or fill them"
        )
        console.warn(Problems(told, [*test.bad.values()]).message)
    refuse_other_sources(sets, pixels.sha256)
    works = [generated_pixels(workspace, found, image_size) for found in sets]
    shown = Joined((pixels, *works)) if works else pixels
    if fold == ALL:
        return shown, None
    pieces = piece_pixels(workspace, contest, folds, int(fold), image_size)
    wholes = Wholes(pixels, split.held, image_size)
    return shown, Judge(pieces.array, wholes, split.labels[split.held])
