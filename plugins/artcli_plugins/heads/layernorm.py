"""The deck's head: LayerNorm, GELU and dropout before the linear layer."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from torch import Tensor, nn

from artcli.plugin import Classes, HeadOutput


class LayerNormHead(nn.Module):
    """LayerNorm, GELU, Dropout, Linear: features `(N, F)` float -> logits `(N, C)`."""

    def __init__(self, num_features: int, num_classes: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.LayerNorm(num_features),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(num_features, num_classes),
        )

    def forward(self, features: Tensor, targets: Tensor | None = None) -> HeadOutput:
        del targets  # the loss alone looks at them
        return HeadOutput(self.layers(features))


def layernorm(
    num_features: int,
    classes: Classes,
    *,
    dropout: Annotated[
        float, Field(ge=0, lt=1), "the share of the features that is zeroed in training"
    ] = 0.2,
) -> nn.Module:
    """LayerNorm, GELU, dropout and the linear layer: the deck's head.

    The slides name the three layers and not their order. Dropout stands last, next to the linear
    layer, where its rescaling keeps the expected logits; before the GELU, which is not linear, it
    would not.

    Source: Ba et al. 2016, "Layer Normalization"; Hendrycks and Gimpel 2016, "Gaussian Error Linear
    Units"; Srivastava et al. 2014, "Dropout"; slide "LayerNorm, Dropout".
    """
    return LayerNormHead(num_features, len(classes.names), dropout)
