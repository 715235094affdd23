"""Several learned centres per artist, for one who painted in more than one manner."""

from __future__ import annotations

from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from artcli.plugin import Classes, HeadOutput


class SubcenterHead(nn.Module):
    """Features `(N, F)` float -> cosines with centres `(C, K, F)` -> logits `(N, C)`."""

    def __init__(
        self,
        num_features: int,
        num_classes: int,
        centres: int,
        gamma: float,
        scale: float,
        dropout: float,
    ) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.LayerNorm(num_features), nn.Dropout(dropout))
        # Of length about 1, so that steps turn them as fast as those of other layers.
        directions = torch.randn(num_classes, centres, num_features) / num_features**0.5
        self.centres = nn.Parameter(directions)
        self.gamma, self.scale = gamma, scale

    def forward(self, features: Tensor, targets: Tensor | None = None) -> HeadOutput:
        del targets  # the loss alone looks at them
        directions = F.normalize(self.layers(features), dim=1)
        centres = F.normalize(self.centres, dim=2)
        cosines = F.linear(directions, centres.flatten(0, 1)).unflatten(1, centres.shape[:2])
        nearness = (cosines / self.gamma).softmax(2)
        return HeadOutput(self.scale * (nearness * cosines).sum(2))


def subcenter(
    num_features: int,
    classes: Classes,
    *,
    centres: Annotated[int, Field(ge=1), "centres per artist; 1 is a cosine classifier"] = 3,
    gamma: Annotated[
        float, Field(gt=0), "how softly the nearest centre is chosen; towards 0: it alone"
    ] = 0.1,
    scale: Annotated[float, Field(gt=0), "what similarities are multiplied by"] = 20.0,
    dropout: Annotated[
        float, Field(ge=0, lt=1), "the share of the features that is zeroed in training"
    ] = 0.2,
) -> nn.Module:
    """Logits are cosines of the features and the nearer ones of an artist's centres.

    The deck's slides on genres show Kandinsky's two manners: one centre would lie between them.
    The centres are those of Sub-center ArcFace. Their similarities are averaged with the weights
    softmax(cosine / gamma), so that all centres learn, as in SoftTriple, whose gamma and scale
    these are. At scale 20 a cosine of 0.5 with one artist and of 0 with 49 others is a probability
    of 99.8 %.

    Source: Deng et al. 2020, "Sub-center ArcFace"; Qian et al. 2019, "SoftTriple Loss"; the last
    slide.
    """
    return SubcenterHead(num_features, len(classes.names), centres, gamma, scale, dropout)
