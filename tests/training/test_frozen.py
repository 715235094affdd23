"""Where the body is frozen, an epoch shows the features of each painting's own crops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import albumentations as A
import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from artcli.contest.pixel_store import sum_of
from artcli.contest.pixels import Pixels
from artcli.host.records import Box
from artcli.training.data import FeatureSet, TrainingSet
from artcli.training.features import Features
from artcli.training.frozen import on_features
from artcli.training.model import PaintingModel

CROPS, APART = 5, 20  # of two paintings' shades; within a painting they differ by less


class Shade(nn.Module):
    """A picture's mean shade, 0 to 255, as its one feature."""

    mean, std = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(255.0))

    def forward(self, images: Tensor) -> Tensor:
        return images.mean((1, 2, 3))[:, None] * self.scale


def paintings(folder: Path, rows: Sequence[int]) -> TrainingSet:
    """Of these rows of six; each gets lighter to the right, so that crops differ."""
    across = np.arange(16)[None, None, :, None]
    array = APART * np.arange(6)[:, None, None, None] + np.broadcast_to(across, (6, 16, 16, 3))
    array.astype(np.uint8).tofile(folder / "pixels")
    sums = tuple(map(sum_of, array.astype(np.uint8)))

    def strip(rng: np.random.Generator, _width: int, _height: int) -> Box:
        left = rng.uniform(0, 0.75)
        return Box(left, 0, left + 0.25, 1)

    return TrainingSet(
        pixels=Pixels(folder / "pixels", 16, tuple("abcdef"), sizes=np.full((6, 2), 16), sums=sums),
        rows=np.array(rows),
        labels=np.array(rows) % 3,
        expected=np.full(len(rows), float(CROPS)),
        crop=strip,
        augmentation=A.Compose([]),
        image_size=4,
        batch_size=7,
        seed=0,
    )


def frozen(folder: Path, *rows: int) -> tuple[FeatureSet, PaintingModel]:
    model = PaintingModel(Shade(), nn.Identity())
    fabric, features = Fabric(accelerator="cpu", devices=1), Features.of(folder, model)
    found, judge = on_features(fabric, features, CROPS, paintings(folder, rows), None)
    assert judge is None
    assert isinstance(found, FeatureSet)
    return found, model


def test_each_painting_has_the_features_of_its_own_crops(tmp_path: Path) -> None:
    found, model = frozen(tmp_path, 3, 0, 4, 1)
    assert found.features.shape == (4, CROPS, 1)
    for row, own in zip((3, 0, 4, 1), found.features, strict=True):
        assert (own.div(APART).floor() == row).all()
        assert own.max() - own.min() > 1
    assert not any(weight.requires_grad for weight in model.backbone.parameters())


def test_a_painting_has_the_same_crops_in_every_fold(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one, two = frozen(tmp_path, 3, 0, 4, 1)[0], frozen(tmp_path / "other", 5, 4, 3)[0]
    assert torch.equal(two.features[1:], one.features[[2, 0]])


def test_an_epoch_draws_among_all_crops_and_names_the_painting(tmp_path: Path) -> None:
    found, _ = frozen(tmp_path, 3, 0, 4, 1)
    seen: set[float] = set()
    for epoch in range(8):
        batches = [found[epoch, number] for number in range(found.batches_per_epoch)]
        assert sum(len(batch.labels) for batch in batches) == 4 * CROPS
        for batch in batches:
            assert torch.equal(batch.images.div(APART).floor()[:, 0] % 3, batch.labels.float())
            seen |= set(batch.images[:, 0].tolist())
    assert seen == set(found.features.flatten().tolist())
    again = replace(found)[1, 1]
    assert torch.equal(again.images, found[1, 1].images)
