"""The head starter-name: how far a picture's direction is from each artist's."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from artcli.plugin import Classes, Component, HeadOutput, hookimpl

if TYPE_CHECKING:
    from torch import Tensor


@hookimpl
def artcli_components() -> list[Component]:
    return [
        Component(
            kind="head",
            name="starter-name",
            target=starter_name,
            summary="how far a picture's direction is from each artist's",
        )
    ]


def starter_name(
    num_features: int,
    classes: Classes,
    *,
    scale: Annotated[float, Field(gt=0), "what cosines are multiplied by"] = 16.0,
    margin: Annotated[
        float, Field(ge=0, lt=1), "by how much the right artist must lead in training"
    ] = 0.1,
) -> Any:
    """Logits are cosines of features and a vector per artist (CosFace, Wang et al., 2018)."""
    import torch
    from torch import nn
    from torch.nn import functional

    class Head(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            artists = torch.empty(len(classes.names), num_features)
            self.artists = nn.Parameter(nn.init.trunc_normal_(artists, std=0.02))

        def forward(self, features: "Tensor", targets: "Tensor | None" = None) -> HeadOutput:
            directions = functional.normalize(features, dim=1)
            artists = functional.normalize(self.artists, dim=1)
            cosines = functional.linear(directions, artists)
            if not self.training or targets is None:
                return HeadOutput(scale * cosines)
            # Logits that know the truth are given apart; all of the loss is to be of them.
            forced = scale * (cosines - margin * targets)
            share = torch.ones((), device=features.device)
            return HeadOutput(scale * cosines, forced_logits=forced, forcing=share)

    return Head()


def test_contract() -> None:
    from artcli.testing import check

    for component in artcli_components():
        check(component)
