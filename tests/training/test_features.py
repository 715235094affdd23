"""Features are computed once for each picture and net, and kept whatever happens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import save
from torch import Tensor, nn

from artcli.errors import ArtcliError
from artcli.training.features import Features
from artcli.training.model import PaintingModel


class Counting(nn.Module):
    """The mean of each channel, times a weight; it counts the pictures it has seen."""

    mean, std = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))
        self.seen = 0

    def forward(self, images: Tensor) -> Tensor:
        self.seen += len(images)
        return images.mean((2, 3)) * self.weight


@pytest.fixture
def body() -> Counting:
    return Counting()


@pytest.fixture(scope="module")
def fabric() -> Fabric:
    return Fabric(accelerator="cpu", devices=1)


def pictures(count: int, side: int = 4, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def features(folder: Path, body: Counting, *facts: object) -> Features:
    return Features.of(folder, PaintingModel(body, nn.Identity()), *facts)


def test_they_are_those_of_the_body_in_the_order_of_the_pictures(
    tmp_path: Path, body: Counting, fabric: Fabric
) -> None:
    shown = pictures(40)
    found = features(tmp_path, body)(fabric, shown, "Features")
    expected = torch.from_numpy(shown).float().mean((1, 2)) / 255
    torch.testing.assert_close(found, expected)


def test_a_picture_is_computed_once_whatever_comes_with_it(
    tmp_path: Path, body: Counting, fabric: Fabric
) -> None:
    first = features(tmp_path, body)(fabric, pictures(20), "Features")
    assert body.seen == 20
    more = np.concatenate([pictures(5, seed=1), pictures(20)[::-1]])
    again = features(tmp_path, body)(fabric, more, "Features")
    assert body.seen == 25
    assert torch.equal(again[5:], first.flip(0))


def test_other_weights_or_facts_are_another_net(tmp_path: Path, body: Counting) -> None:
    plain = features(tmp_path, body)
    assert features(tmp_path, body, "bf16").file != plain.file
    body.mean = (0.5, 0.5, 0.5)
    assert features(tmp_path, body).file != plain.file
    body.mean = (0.0, 0.0, 0.0)
    assert features(tmp_path, body).file == plain.file
    with torch.no_grad():
        body.weight.mul_(2)
    assert features(tmp_path, body).file != plain.file
    assert plain.file.parent == tmp_path / "features"


def test_what_was_computed_before_an_interruption_is_kept(
    tmp_path: Path, body: Counting, fabric: Fabric
) -> None:
    class Interrupting:
        def __len__(self) -> int:
            return 40

        def __getitem__(self, chosen: NDArray[np.intp]) -> NDArray[np.uint8]:
            if chosen[-1] > 20:
                raise KeyboardInterrupt
            return pictures(40)[chosen]

    with pytest.raises(KeyboardInterrupt):
        features(tmp_path, body)(fabric, Interrupting(), "Features")
    assert body.seen == 16
    features(tmp_path, body)(fabric, pictures(40), "Features")
    assert body.seen == 40


@pytest.mark.parametrize(
    "damaged",
    [
        b"torn",
        save({"features": torch.zeros(3, 3)}),
        save({"marks": torch.zeros(2, 16, dtype=torch.uint8), "features": torch.zeros(3, 3)}),
        save({"marks": torch.zeros(3, 16), "features": torch.zeros(3, 3)}),
        save({"marks": torch.zeros(3, 16, dtype=torch.uint8), "features": torch.zeros(3)}),
    ],
)
def test_a_damaged_file_is_made_again(
    tmp_path: Path, body: Counting, fabric: Fabric, damaged: bytes
) -> None:
    kept = features(tmp_path, body)
    found = kept(fabric, pictures(3), "Features")
    kept.file.write_bytes(damaged)
    assert torch.equal(kept(fabric, pictures(3), "Features"), found)
    assert body.seen == 6


def test_a_full_disk_is_told(
    tmp_path: Path, body: Counting, fabric: Fabric, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise SafetensorError("No space left on device")

    monkeypatch.setattr("artcli.training.features.save_file", full)
    with pytest.raises(ArtcliError, match=r"cannot write .*: No space left on device"):
        features(tmp_path, body)(fabric, pictures(3), "Features")


def test_the_oldest_make_room(
    tmp_path: Path, body: Counting, fabric: Fabric, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("artcli.training.features.MOST_BYTES", 10 * 3 * 4)  # ten pictures'
    features(tmp_path, body)(fabric, pictures(8), "Features")
    features(tmp_path, body)(fabric, pictures(8, seed=1), "Features")
    assert body.seen == 16
    features(tmp_path, body)(fabric, pictures(8, seed=1), "Features")
    assert body.seen == 16
    features(tmp_path, body)(fabric, pictures(8), "Features")
    assert body.seen == 22  # two were left
