"""The voter starter-name: the better a model alone, the more its word counts."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from artcli.plugin import Component, hookimpl


@hookimpl
def artcli_components() -> list[Component]:
    return [
        Component(
            kind="voter",
            name="starter-name",
            target=starter_name,
            summary="the better a model alone, the more its word counts",
        )
    ]


def starter_name(
    *,
    power: Annotated[float, Field(ge=0), "0: all alike; the higher, the best alone"] = 4.0,
) -> Any:
    """A mean of probabilities, weighted by each model's own share of right answers."""
    import numpy as np

    class Voter:
        def fit(self, oof: Any, truth: Any) -> Callable[..., Any]:
            right = (oof.argmax(2) == truth).mean(1)
            weights = (right + 1e-9) ** power
            weights = weights / weights.sum()

            def vote(probabilities: Any) -> Any:
                return np.tensordot(weights, probabilities, axes=1)

            return vote

    return Voter()


def test_contract() -> None:
    from artcli.testing import check

    for component in artcli_components():
        check(component)
