"""A trained model, rebuilt from its run's folder: recipe, plugins, and verified weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from artcli.errors import ArtcliError
from artcli.host.records import Classes
from artcli.training.checkpoint import find_checkpoint, load_checkpoint
from artcli.training.components import Components, bind_recipe
from artcli.training.model import PaintingModel
from artcli.training.recipe import Recipe, read_recipe
from artcli.workspace.files import read_json

if TYPE_CHECKING:
    from artcli.host.discovery import Host
    from artcli.workspace.paths import Workspace


@dataclass(frozen=True)
class Trained:
    """A model in eval mode on the CPU, with the names of its logits' columns."""

    model: PaintingModel
    classes: tuple[str, ...]
    image_size: int
    recipe: Recipe
    fold: str


def build_model(components: Components, recipe: Recipe, classes: Classes) -> PaintingModel:
    """Backbone and head of a recipe, pre-trained or not as its options say."""
    backbone = components.model()
    model = PaintingModel(
        backbone,
        components.head(backbone.num_features, classes),
        frozen_norm=recipe.freeze_norm and came_trained(components),
    )
    order = torch.channels_last if recipe.channels_last else torch.contiguous_format
    return model.to(memory_format=order)


def came_trained(components: Components) -> bool:
    """Whether the recipe's backbone starts from weights that were trained before, as its options
    `pretrained` and `weights` say; a model that has neither starts from random ones."""
    options = components.model.options
    return bool(options.get("pretrained") or options.get("weights"))


def load_trained(workspace: Workspace, host: Host, run: str, fold: str) -> Trained:
    """The best weights (of a fold trained on everything: the last) of one fold of a run.

    Errors: `ArtcliError` when there is no such fold, when its plugins are gone, or when a file
    is not the one that was written.
    """
    folder = workspace.run_dir(run)
    recipe = read_recipe(folder / "recipe.toml")
    about = read_json(folder / "run.json")
    place = find_checkpoint(folder / f"fold-{fold}", "best")
    if place is None:
        raise ArtcliError(
            f"the run {run} has no trained fold {fold}",
            f"train it with: artcli train --resume {run}{workspace.flag}",
        )
    components = bind_recipe(host, recipe)
    own = components.model
    # The weights come from the checkpoint: nothing is to be downloaded or read for them.
    untrained = {"pretrained": False, "weights": None}
    options = {name: value for name, value in untrained.items() if own.accepts(name)}
    backbone = own.with_options(**options)()
    classes = _classes(about)
    model = PaintingModel(backbone, components.head(backbone.num_features, classes))
    judged = "average" if recipe.ema else "model"
    try:
        model.load_state_dict(load_checkpoint(place, [judged])[judged])
    except RuntimeError as error:
        raise ArtcliError(
            f"the weights in {place} do not fit the model {recipe.model}",
            "was the plugin or the library that made it changed? See run.json for the versions",
        ) from error
    return Trained(model.eval(), classes.names, int(about["image_size"]), recipe, fold)


def _classes(about: dict[str, Any]) -> Classes:
    kept = about["classes"]
    return Classes(
        tuple(kept["names"]),
        tuple(kept["counts"]),
        tuple(kept["genres"]),
        tuple(tuple(row) for row in kept["genre_matrix"]),
    )
