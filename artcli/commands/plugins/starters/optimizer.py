"""The optimizer starter-name: gradient descent with momentum."""

from typing import Annotated, Any

from pydantic import Field

from artcli.plugin import Component, hookimpl


@hookimpl
def artcli_components() -> list[Component]:
    return [
        Component(
            kind="optimizer",
            name="starter-name",
            target=starter_name,
            summary="gradient descent with momentum",
        )
    ]


def starter_name(
    parameter_groups: list[dict[str, Any]],
    *,
    lr: Annotated[float, Field(gt=0), "the rate of the reference group"] = 1e-2,
    momentum: Annotated[float, Field(ge=0, lt=1), "how much of the last step goes on"] = 0.9,
) -> Any:
    """Stochastic gradient descent with momentum."""
    import torch

    # The reference group has the multiplier 1; a head, for one, has more.
    for group in parameter_groups:
        group["lr"] = lr * group["lr_multiplier"]
    return torch.optim.SGD(parameter_groups, lr=lr, momentum=momentum)


def test_contract() -> None:
    from artcli.testing import check

    for component in artcli_components():
        check(component)
