"""One linear layer on the features."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from torch import Tensor, nn

from artcli.plugin import Classes, HeadOutput


class LinearHead(nn.Module):
    """Dropout, Linear: features `(N, F)` float -> logits `(N, C)`."""

    def __init__(self, num_features: int, num_classes: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Dropout(dropout), nn.Linear(num_features, num_classes))

    def forward(self, features: Tensor, targets: Tensor | None = None) -> HeadOutput:
        del targets  # the loss alone looks at them
        return HeadOutput(self.layers(features))


def linear(
    num_features: int,
    classes: Classes,
    *,
    dropout: Annotated[
        float, Field(ge=0, lt=1), "the share of the features that is zeroed in training"
    ] = 0.0,
) -> nn.Module:
    """Dropout, none by default, and one linear layer, as in the deck's baseline.

    Source: slide "Baseline Model"; Srivastava et al. 2014, "Dropout".
    """
    return LinearHead(num_features, len(classes.names), dropout)
