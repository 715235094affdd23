"""The scheduler starter-name: up in a line, down in a line."""

from typing import Annotated, Any

from pydantic import Field

from artcli.plugin import Component, hookimpl


@hookimpl
def artcli_components() -> list[Component]:
    return [
        Component(
            kind="scheduler",
            name="starter-name",
            target=starter_name,
            summary="up in a line, down in a line",
        )
    ]


def starter_name(
    optimizer: Any,
    steps_per_epoch: int,
    epochs: int,
    *,
    warmup: Annotated[float, Field(ge=0, lt=1), "the share of all steps that goes up"] = 0.1,
) -> Any:
    """A factor on each group's rate: up to 1 in a line, then down to 0 in a line."""
    import torch

    steps = steps_per_epoch * epochs
    up = round(warmup * steps)

    def factor(step: int) -> float:
        # A function of the step alone, so that a resumed run goes on as if never stopped.
        if step < up:
            return (step + 1) / up
        return max(0.0, (steps - step) / (steps - up))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def test_contract() -> None:
    from artcli.testing import check

    for component in artcli_components():
        check(component)
