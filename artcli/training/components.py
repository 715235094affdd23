"""A recipe's components, found and checked all at once, before any data is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from artcli.errors import UsageError
from artcli.host.gathering import Gathered
from artcli.training.recipe import Recipe, make_recipe

if TYPE_CHECKING:
    from artcli.host.binding import Bound
    from artcli.host.discovery import Host

KINDS_OF_A_RUN = (
    "model", "head", "loss", "optimizer", "scheduler", "sampler", "crop", "augmentation", "mixer",
)  # fmt: skip


@dataclass(frozen=True)
class Components:
    """The recipe's components, their options checked, none of them called yet."""

    model: Bound
    head: Bound
    loss: Bound
    optimizer: Bound
    scheduler: Bound
    sampler: Bound
    crop: Bound
    augmentation: Bound
    mixer: Bound
    observers: tuple[Bound, ...]

    def canonical(self, recipe: Recipe) -> Recipe:
        """`recipe` with its specs as they were understood (paths absolute)."""
        specs = {kind: getattr(self, kind).text for kind in KINDS_OF_A_RUN}
        observers = tuple(observer.text for observer in self.observers)
        return recipe.model_copy(update={**specs, "observers": observers})

    def used(self) -> list[dict[str, str]]:
        """What each came from: kind, name, distribution, version."""
        bounds = [getattr(self, kind) for kind in KINDS_OF_A_RUN]
        found = {
            (registered.component.kind, registered.component.name): registered.facts
            for bound in (*bounds, *self.observers)
            for registered in bound.registered
        }
        return list(found.values())


def recipe_from_flags(
    host: Host, given: Mapping[str, Any], base: Recipe | None = None
) -> tuple[Recipe, Components]:
    """The recipe that flags make of `base` (else of the defaults), its specs canonical, and its
    components. Errors: all that is wrong with the flags at once."""
    gathered = Gathered()
    recipe = components = None
    with gathered.catching():
        recipe = make_recipe(given, base)
    specs = {name: value for name, value in given.items() if name in (*KINDS_OF_A_RUN, "observers")}
    with gathered.catching():
        components = bind_recipe(host, recipe or make_recipe(specs, base))
    gathered.raise_any("the command line is wrong")
    assert recipe is not None
    assert components is not None
    return components.canonical(recipe), components


def bind_recipe(host: Host, recipe: Recipe) -> Components:
    """Find and check every component that `recipe` names. Errors: all of them at once."""
    wanted = {f"--{kind}": (kind, getattr(recipe, kind)) for kind in KINDS_OF_A_RUN}
    observers = {
        f"--observer {number}": ("observer", text)
        for number, text in enumerate(recipe.observers, start=1)
    }
    bound = host.bind_all(wanted | observers)
    chosen: dict[str, Any] = {kind: bound[f"--{kind}"] for kind in KINDS_OF_A_RUN}
    model = chosen["model"]
    if recipe.freeze and chosen["mixer"].text != "none":
        raise UsageError(
            f"--freeze trains on features, and --mixer {recipe.mixer} mixes pictures",
            "give --mixer none, or leave out --freeze",
        )
    if recipe.freeze and recipe.layer_decay != 1:
        raise UsageError(
            "--freeze trains no layer of the body, and --layer-decay slows them",
            "leave out one of the two",
        )
    sized = model.accepts("image_size") and not model.given("image_size")
    if recipe.image_size is not None and sized:
        chosen["model"] = model.with_options(image_size=recipe.image_size)
    return Components(**chosen, observers=tuple(bound[flag] for flag in observers))
