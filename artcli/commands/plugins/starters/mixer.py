"""The mixer starter-name: each picture shines through another."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from artcli.plugin import Component, hookimpl

if TYPE_CHECKING:
    from torch import Generator, Tensor


@hookimpl
def artcli_components() -> list[Component]:
    return [
        Component(
            kind="mixer",
            name="starter-name",
            target=starter_name,
            summary="each picture shines through another",
        )
    ]


def starter_name(
    num_classes: int,
    *,
    p: Annotated[float, Field(ge=0, le=1), "how often a batch is mixed"] = 0.5,
    smoothing: Annotated[
        float, Field(ge=0, lt=1), "what share of a mixed target goes to all artists"
    ] = 0.0,
) -> Callable[..., Any]:
    """MixUp (Zhang et al., 2018) with shares drawn evenly from 0 to 1."""
    import torch

    def mix(images: "Tensor", targets: "Tensor", generator: "Generator") -> "tuple[Tensor, Tensor]":
        # The generator is the only source of chance, so that a run can be repeated.
        draw, share = torch.rand(2, generator=generator).tolist()
        if draw >= p:
            return images, targets
        other = torch.randperm(len(images), generator=generator).to(images.device)
        images = share * images + (1 - share) * images[other]
        targets = share * targets + (1 - share) * targets[other]
        return images, (1 - smoothing) * targets + smoothing / num_classes

    return mix


def test_contract() -> None:
    from artcli.testing import check

    for component in artcli_components():
        check(component)
