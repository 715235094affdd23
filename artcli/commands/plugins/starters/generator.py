"""The generator starter-name: parts of an artist's paintings, side by side."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from artcli.plugin import Component, hookimpl

if TYPE_CHECKING:
    from artcli.generating.request import NewWork, Request


@hookimpl
def artcli_components() -> list[Component]:
    return [
        Component(
            kind="generator",
            name="starter-name",
            target=starter_name,
            summary="parts of an artist's paintings, side by side",
        )
    ]


def starter_name(
    request: "Request",
    *,
    size: Annotated[int, Field(ge=16), "side of a work in pixels"] = 256,
) -> "Iterator[NewWork]":
    """The left half of one painting beside the right half of another, by the same artist."""
    import numpy as np

    from artcli.generating.request import NewWork

    for wanted in request.missing:
        paintings = request.by(wanted.artist)
        left, right = (request.choose(wanted.seed + side, paintings) for side in (0, 1))
        picture = np.array(request.square(left, size))
        picture[:, size // 2 :] = request.square(right, size)[:, size // 2 :]
        yield NewWork(wanted, picture, styles=(left, right))


def test_contract() -> None:
    from artcli.testing import check

    for component in artcli_components():
        check(component)
