"""The sampler starter-name: rare artists more often, by a power of their counts."""

from typing import Annotated, Any

from pydantic import Field

from artcli.plugin import Component, hookimpl


@hookimpl
def artcli_components() -> list[Component]:
    return [
        Component(
            kind="sampler",
            name="starter-name",
            target=starter_name,
            summary="rare artists more often, by a power of their counts",
        )
    ]


def starter_name(
    labels: Any,
    *,
    power: Annotated[float, Field(ge=0, le=1), "1: each painting once; 0: each artist alike"] = 0.5,
) -> Any:
    """An artist of n paintings is drawn in proportion to n to the power given.

    Labels (N,) give the expected draws of each painting in an epoch, (N,), N in all.
    """
    import numpy as np

    counts = np.bincount(labels)[labels].astype(float)
    weights = counts ** (power - 1)
    return weights * (len(labels) / weights.sum())


def test_contract() -> None:
    from artcli.testing import check

    for component in artcli_components():
        check(component)
