from __future__ import annotations

from pathlib import Path

import albumentations as A
import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from artcli.contest.pixel_store import sum_of
from artcli.contest.pixels import Pixels
from artcli.host.records import Box, HeadOutput
from artcli.training.data import TrainingSet
from artcli.training.features import Crops, Features
from artcli.training.model import PaintingModel
from artcli.training.probe import PASSES, fit_head


class Body(nn.Module):
    """The mean colour of each row, through a layer that must stay as it is."""

    mean, std = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(24, 24)
        self.dropout = nn.Dropout(0.5)

    def forward(self, images: Tensor) -> Tensor:
        return self.dropout(self.layer(images.mean(3).flatten(1)))


class Head(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(24, 3)

    def forward(self, features: Tensor, targets: Tensor | None = None) -> HeadOutput:
        del targets
        return HeadOutput(self.layer(features))


def make_dataset(folder: Path) -> TrainingSet:
    """Pictures of three shades, a class each, with noise."""
    rng = np.random.default_rng(0)
    labels = np.arange(24) % 3
    array = 80 * labels[:, None, None, None] + rng.integers(0, 60, (24, 16, 16, 3))
    array.astype(np.uint8).tofile(folder / "pixels")
    sums = tuple(map(sum_of, array.astype(np.uint8)))
    keys = tuple(map(str, range(24)))
    return TrainingSet(
        pixels=Pixels(folder / "pixels", 16, keys, sizes=np.full((24, 2), 16), sums=sums),
        rows=np.arange(24),
        labels=labels,
        expected=np.ones(24),
        crop=lambda _rng, _width, _height: Box(0, 0, 1, 1),
        augmentation=A.Compose([A.HorizontalFlip(p=0.5)]),
        image_size=8,
        batch_size=5,
        seed=0,
    )


def make_model() -> PaintingModel:
    torch.manual_seed(0)
    return PaintingModel(Body(), Head())


def fitted(dataset: TrainingSet, folder: Path) -> PaintingModel:
    model = make_model()
    torch.rand(3)  # what was drawn before must not matter
    features = Features.of(folder, model)(
        Fabric(accelerator="cpu", devices=1), Crops(dataset, 2, "probe"), "Features"
    )
    labels = torch.from_numpy(dataset.labels).repeat(2)
    criterion = nn.functional.cross_entropy
    fit_head(model.head, features, labels, criterion, dataset.seed, torch.device("cpu"))
    return model


def loss_of(model: PaintingModel, dataset: TrainingSet) -> float:
    pictures = np.stack([dataset.picture(number, 0) for number in range(24)])
    model.eval()
    with torch.no_grad():
        logits = model(torch.from_numpy(pictures).permute(0, 3, 1, 2)).logits
    return float(nn.functional.cross_entropy(logits, torch.from_numpy(dataset.labels)))


def test_the_head_learns_and_the_body_stays(tmp_path: Path) -> None:
    dataset, before = make_dataset(tmp_path), make_model()
    after = fitted(dataset, tmp_path)
    assert loss_of(after, dataset) < loss_of(before, dataset) - 0.1
    for name, value in before.backbone.state_dict().items():
        assert torch.equal(after.backbone.state_dict()[name], value)


def test_a_head_is_told_how_far_the_probe_has_come() -> None:
    told: list[float] = []
    head = Head()
    head.progress = told.append  # type: ignore[assignment]
    features, labels = torch.randn(6, 24), torch.arange(6) % 3
    fit_head(head, features, labels, nn.functional.cross_entropy, 0, torch.device("cpu"))
    assert told == [number / PASSES for number in range(PASSES)]


def test_a_probe_is_repeatable(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path)
    first, second = fitted(dataset, tmp_path).state_dict(), fitted(dataset, tmp_path).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
