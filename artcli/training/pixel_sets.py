"""Which pictures of a contest are kept in the pixel cache, and at what size.

Training paintings and generated works are kept whole at twice the model's side, so that a quarter
crop has all the detail the model can take; validation pieces and test pieces at the side itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from artcli.contest.crops import piece_boxes
from artcli.contest.pixels import Pixels, PixelSource, open_pixels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.contest.generated.records import GeneratedSet
    from artcli.contest.splits import Folds
    from artcli.contest.tables import Contest
    from artcli.workspace.paths import Workspace

PIECES = 5  # of each validation painting


def train_pixels(
    workspace: Workspace, contest: Contest, image_size: int, *, skip_bad: bool = False
) -> Pixels:
    """All whole paintings at twice `image_size`, by their ids; `skip_bad` is of `open_pixels`."""
    sources = [PixelSource(painting.id, painting.path) for painting in contest.train]
    return open_pixels(workspace.cache, sources, 2 * image_size, label="train", skip_bad=skip_bad)


def generated_pixels(workspace: Workspace, found: GeneratedSet, image_size: int) -> Pixels:
    """All works of a generated set, at the size of the paintings; keys `NAME/ID`."""
    sources = [PixelSource(f"{found.name}/{work.id}", work.path) for work in found.works]
    label = f"generated-{found.name}"
    return open_pixels(workspace.cache, sources, 2 * image_size, label=label)


def piece_pixels(
    workspace: Workspace, contest: Contest, folds: Folds, fold: int, image_size: int
) -> Pixels:
    """Five pieces of each painting that validates `fold`; keys `ID#0` … `ID#4`."""
    held = folds.validation(fold)
    sources = [
        PixelSource(painting.id, painting.path, piece_boxes(painting.id, PIECES))
        for painting in contest.train
        if painting.id in held
    ]
    label = f"pieces-{fold}-of-{folds.k}"
    return open_pixels(workspace.cache, sources, image_size, label=label)


def test_pixels(workspace: Workspace, contest: Contest, image_size: int) -> Pixels:
    """The test's pieces; those that cannot be read are in `bad`, with the reason."""
    sources = [PixelSource(painting.id, painting.path) for painting in contest.test]
    return open_pixels(workspace.cache, sources, image_size, label="test", skip_bad=True)


@dataclass(frozen=True)
class Wholes:
    """Rows of the training pixels as whole pictures at the model's side, shrunk when read."""

    pixels: Pixels
    rows: NDArray[np.intp]
    image_size: int

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, chosen: NDArray[np.intp]) -> NDArray[np.uint8]:
        """`(len(chosen), S, S, 3)` uint8 RGB."""
        side = (self.image_size, self.image_size)
        return np.stack(
            [
                cv2.resize(self.pixels.array[row], side, interpolation=cv2.INTER_AREA)
                for row in self.rows[chosen]
            ]
        )
