"""Two ranks that judge a model, one of which is spoilt; torchrun starts this very file."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from ranks import run_as_two_ranks
from torch import Tensor, nn

from artcli.host.records import HeadOutput
from artcli.training.devices import start_fabric
from artcli.training.finite import refuse_non_finite
from artcli.training.loop import NonFiniteLoss, evaluate
from artcli.training.recipe import Recipe


class Normed(nn.Module):
    """Batch norm as the whole model."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3)

    def forward(self, images: Tensor) -> HeadOutput:
        return HeadOutput(self.norm(images.float()).mean((2, 3)))


def test_ranks_judge_the_first_ones_buffers_few_pictures_serve_them_and_all_stop_at_nan() -> None:
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
    optimizer = SimpleNamespace(optimizer=torch.optim.SGD(model.parameters()))
    parts: Any = SimpleNamespace(model=SimpleNamespace(module=model), ema=None, optimizer=optimizer)
    refuse_non_finite(fabric, parts, 3)
    model.norm.weight.data[0] = float("nan") if fabric.global_rank else 1.0
    with pytest.raises(NonFiniteLoss, match="model's weights" if fabric.global_rank else "another"):
        refuse_non_finite(fabric, parts, 3)
    print("as expected")


if __name__ == "__main__":
    as_one_rank()
