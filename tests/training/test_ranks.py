"""Two ranks that judge a model; torchrun starts this very file."""

from __future__ import annotations

import numpy as np
import torch
from ranks import run_as_two_ranks
from torch import Tensor, nn

from artcli.host.records import HeadOutput
from artcli.training.devices import start_fabric
from artcli.training.loop import evaluate
from artcli.training.recipe import Recipe


class Normed(nn.Module):
    """Batch norm as the whole model."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3)

    def forward(self, images: Tensor) -> HeadOutput:
        return HeadOutput(self.norm(images.float()).mean((2, 3)))


def test_ranks_judge_the_first_ones_buffers_and_few_pictures_serve_them() -> None:
    run_as_two_ranks(__file__)


def as_one_rank() -> None:
    fabric = start_fabric(Recipe(), "cpu")
    model = Normed()
    assert model.norm.running_mean is not None
    model.norm.running_mean.fill_(fabric.global_rank)  # as if each had seen other pictures
    images = np.random.default_rng(0).integers(0, 256, (5, 2, 2, 3), dtype=np.uint8)
    expected = torch.from_numpy(images).float().mean((1, 2)) / (1 + model.norm.eps) ** 0.5
    for pictures in (5, 1):
        found = evaluate(fabric, model, images[:pictures])
        torch.testing.assert_close(found, expected[:pictures])
    print("as expected")


if __name__ == "__main__":
    as_one_rank()
