"""The loss starter-name: cross-entropy that allows for rare artists."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from artcli.plugin import Component, hookimpl


@hookimpl
def artcli_components() -> list[Component]:
    return [
        Component(
            kind="loss",
            name="starter-name",
            target=starter_name,
            summary="cross-entropy that allows for rare artists",
        )
    ]


def starter_name(
    class_counts: tuple[int, ...],
    *,
    strength: Annotated[
        float, Field(ge=0), "how far to allow for it; 0 is plain cross-entropy"
    ] = 1.0,
) -> Callable[..., Any]:
    """Cross-entropy after logit adjustment (Menon et al., 2021).

    Logits (N, C) and targets (N, C) whose rows sum to 1 give a scalar. The logarithm of an
    artist's share of the paintings is added first, so that training cannot gain by preferring
    artists of many works.
    """
    import torch
    from torch.nn import functional

    shares = torch.tensor(class_counts, dtype=torch.float32).clamp(min=1)
    offsets = strength * (shares / shares.sum()).log()

    def loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        # Logits go in as they are: cross_entropy holds the one softmax there may be.
        return functional.cross_entropy(logits + offsets.to(logits.device), targets)

    return loss


def test_contract() -> None:
    from artcli.testing import check

    for component in artcli_components():
        check(component)
