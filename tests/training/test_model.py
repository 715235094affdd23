from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn

from artcli.host.records import HeadOutput
from artcli.training.model import PaintingModel


class Body(nn.Module):
    mean, std = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.dropout = nn.Dropout(0.5)

    def forward(self, images: Tensor) -> Tensor:
        return self.dropout(self.norm(images).mean((2, 3)))


class Head(nn.Module):
    def forward(self, features: Tensor, targets: Tensor | None = None) -> HeadOutput:
        del targets
        return HeadOutput(features)


IMAGES = torch.arange(4 * 3 * 2 * 2, dtype=torch.uint8).view(4, 3, 2, 2)


@pytest.mark.parametrize("frozen", [True, False])
def test_frozen_norms_keep_their_statistics_and_the_rest_trains(frozen: bool) -> None:
    model = PaintingModel(Body(), Head(), frozen_norm=frozen).train()
    before = deepcopy(model.backbone.norm.running_mean)
    model(IMAGES).logits.sum().backward()
    assert torch.equal(model.backbone.norm.running_mean, before) == frozen
    assert model.backbone.norm.weight.grad is not None  # scale and shift are trained
    assert model.backbone.dropout.training
    assert not model.eval().backbone.dropout.training
