"""The contract of each kind, as one table, and `check`, which holds a component to its own.

A contract calls a component as a run does and asserts what a run relies on. It knows nothing of
any one component, so the same contracts run over this project's components and over yours.
"""

from __future__ import annotations

from collections.abc import Callable

from artcli.host.binding import Bound, bind
from artcli.host.discovery import load_host
from artcli.host.records import Component, Registered, Source
from artcli.testing import generating, learning, pictures, recipes, running, stepping

CONTRACTS: dict[str, Callable[[Bound], None]] = {
    "model": learning.check_model,
    "head": learning.check_head,
    "loss": learning.check_loss,
    "optimizer": stepping.check_optimizer,
    "scheduler": stepping.check_scheduler,
    "sampler": pictures.check_sampler,
    "crop": pictures.check_crop,
    "augmentation": pictures.check_augmentation,
    "mixer": pictures.check_mixer,
    "view": pictures.check_view,
    "voter": running.check_voter,
    "generator": generating.check_generator,
    "executor": running.check_executor,
    "observer": running.check_observer,
    "recipe": recipes.check_recipe,
}


def check(component: Component | Bound, options: str = "") -> None:
    """Hold a component to the contract of its kind.

    `options` are written as on the command line: `"gamma=3,alpha=0.5"`. A component that is
    used by another (`Use["optimizer"]`) is looked for among the installed ones. Errors:
    `AssertionError` says what the component must do and did not; `ArtcliError`, that it or its
    options cannot be used at all.
    """
    bound = component if isinstance(component, Bound) else bound_alone(component, options)
    try:
        CONTRACTS[bound.kind.name](bound)
    except AssertionError as broken:
        raise AssertionError(f"{bound.kind.name} {bound.text}: {broken}") from broken


def bound_alone(component: Component, options: str = "") -> Bound:
    """The component bound to its options, whether or not it is installed."""

    def find(kind: str, name: str) -> Registered:
        if (kind, name) == (component.kind, component.name):
            return Registered(component, Source("this test", "", "installed"))
        return load_host().find(kind, name)

    text = f"{component.name}:{options}" if options else component.name
    return bind(component.kind, text, find)
