"""The view starter-name: a piece as it is, and mirrored."""

from typing import TYPE_CHECKING, Annotated

from artcli.plugin import Component, View, hookimpl

if TYPE_CHECKING:
    from torch import Tensor


@hookimpl
def artcli_components() -> list[Component]:
    return [
        Component(
            kind="view",
            name="starter-name",
            target=starter_name,
            summary="a piece as it is, and mirrored",
        )
    ]


def starter_name(
    *, mirrored: Annotated[bool, "whether it is seen from behind, too"] = True
) -> list[View]:
    """Two looks at a piece, whose probabilities are averaged."""
    from torch.nn import functional

    def plain(pieces: "Tensor", size: int) -> "Tensor":
        resized = functional.interpolate(
            pieces.float(), (size, size), mode="bilinear", antialias=True
        )
        return resized.round().clamp(0, 255).to(pieces.dtype)

    def mirror(pieces: "Tensor", size: int) -> "Tensor":
        return plain(pieces.flip(3), size)

    views = [View("plain", plain)]
    return [*views, View("mirror", mirror)] if mirrored else views


def test_contract() -> None:
    from artcli.testing import check

    for component in artcli_components():
        check(component)
