"""The model that is trained: backbone and head as one module that normalises its own input."""

from __future__ import annotations

from typing import Any, Self

import torch
from torch import Tensor, nn

from artcli.host.records import HeadOutput


class PaintingModel(nn.Module):
    """Pictures in, logits out.

    `backbone` turns `(N, 3, S, S)` normalised floats into features `(N, F)` and says its `mean`
    and `std`; `head(features, targets)` turns those into a `HeadOutput`. With `frozen_norm` the
    backbone's batch norms keep the statistics they came with, also while they are trained.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, backbone: nn.Module, head: nn.Module, *, frozen_norm: bool = False) -> None:
        super().__init__()
        self.frozen_norm = frozen_norm
        self.backbone = backbone
        self.head = head
        for name in ("mean", "std"):
            values: Any = getattr(backbone, name)
            scale = torch.tensor(values, dtype=torch.float32).view(1, 3, 1, 1) * 255
            self.register_buffer(name, scale, persistent=False)

    def train(self, mode: bool = True) -> Self:
        """Frozen batch norms stay as in evaluation, in training too.

        They keep the statistics of the pictures that they were trained on: small batches blur
        those, and an average of the weights fits no others.

        Source: He et al. 2016, "Deep Residual Learning for Image Recognition" (appendix A).
        """
        super().train(mode)
        if self.frozen_norm:
            for module in self.backbone.modules():
                if isinstance(module, nn.modules.batchnorm._BatchNorm):
                    module.eval()
        return self

    def normalise(self, images: Tensor) -> Tensor:
        """uint8 `(N, 3, S, S)` as the backbone's floats; features `(N, F)` as they are."""
        return images if images.ndim == 2 else (images.float() - self.mean) / self.std

    def forward(self, images: Tensor, targets: Tensor | None = None) -> HeadOutput:
        """Logits `(N, C)` of uint8 pictures, of normalised ones, or of features `(N, F)`.

        `targets` `(N, C)`, given in training alone, are for heads that have a use for them.
        """
        if images.dtype == torch.uint8:
            images = self.normalise(images)
        features = images if images.ndim == 2 else self.backbone(images)
        output: HeadOutput = self.head(features, targets)
        return output
