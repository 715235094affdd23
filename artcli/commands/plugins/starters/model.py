"""The model starter-name: a small convolutional net, trained from nothing."""

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from artcli.plugin import Component, hookimpl

if TYPE_CHECKING:
    from torch import Tensor


@hookimpl
def artcli_components() -> list[Component]:
    return [
        Component(
            kind="model",
            name="starter-name",
            target=starter_name,
            summary="a small convolutional net, trained from nothing",
        )
    ]


def starter_name(
    *,
    width: Annotated[int, Field(ge=1), "channels of the first; each next has twice"] = 16,
    image_size: Annotated[int, Field(ge=8), "the side of the pictures it is given"] = 64,
) -> Any:
    """Four convolutions, each halving the picture, and the mean of what the last one sees."""
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            widths = [3] + [width * 2**stage for stage in range(4)]
            layers: list[nn.Module] = []
            for before, after in pairwise(widths):
                layers += [
                    nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False),
                    nn.BatchNorm2d(after),
                    nn.ReLU(inplace=True),
                ]
            self.layers = nn.Sequential(*layers)
            # What a run asks of every model.
            self.num_features = widths[-1]
            self.image_size = image_size
            self.mean = (0.5, 0.5, 0.5)
            self.std = (0.5, 0.5, 0.5)

        def forward(self, images: "Tensor") -> "Tensor":
            seen: Tensor = self.layers(images)
            return seen.mean((2, 3))

    return Net()


def test_contract() -> None:
    from artcli.testing import check

    for component in artcli_components():
        check(component)
