"""The crop starter-name: a square part of random size at a random place."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from artcli.plugin import Box, Component, UsageError, hookimpl


@hookimpl
def artcli_components() -> list[Component]:
    return [
        Component(
            kind="crop",
            name="starter-name",
            target=starter_name,
            summary="a square part of random size at a random place",
        )
    ]


def starter_name(
    *,
    low: Annotated[float, Field(gt=0, le=1), "the least side, as a share of the shorter one"] = 0.2,
    high: Annotated[float, Field(gt=0, le=1), "the greatest side, likewise"] = 1.0,
) -> Callable[..., Box]:
    """A square part: making it a square picture does not distort it."""
    if low > high:
        raise UsageError(f"low={low} is above high={high}", "swap them")

    def crop(rng: Any, width: int, height: int) -> Box:
        side = float(rng.uniform(low, high)) * min(width, height)
        across, down = side / width, side / height
        left, top = float(rng.random()) * (1 - across), float(rng.random()) * (1 - down)
        return Box(left, top, min(1.0, left + across), min(1.0, top + down))

    return crop


def test_contract() -> None:
    from artcli.testing import check

    for component in artcli_components():
        check(component)
