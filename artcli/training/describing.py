"""The paintings of a contest as a body sees them: a row of features of each whole picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from artcli import console
from artcli.errors import ArtcliError
from artcli.training.components import bind_recipe, recipe_from_flags
from artcli.training.devices import start_fabric
from artcli.training.keys import key
from artcli.training.pixel_sets import Wholes, train_pixels
from artcli.training.run import features_of
from artcli.training.trained import build_model, came_trained, load_trained
from artcli.workspace.runs import list_runs, read_run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.contest.tables import Contest
    from artcli.host.discovery import Host
    from artcli.training.components import Components
    from artcli.training.model import PaintingModel
    from artcli.training.recipe import Recipe
    from artcli.workspace.paths import Workspace


@dataclass(frozen=True, eq=False)
class Described:
    """`features` `(M, F)` float32 of the paintings `ids` that could be read; `of`: whose they are,
    in words."""

    of: str
    ids: tuple[str, ...]
    features: NDArray[np.float32]


def describe(
    workspace: Workspace, host: Host, contest: Contest, body: str, *, device: str = "auto"
) -> Described:
    """The features that `body` gives: a run's name (its first trained fold), or a model's spec.

    They are kept in the workspace's cache, as those of frozen bodies are. Errors: as of training.
    """
    if body in {run.name for run in list_runs(workspace)}:
        of, recipe, components, model, image_size = _of_run(workspace, host, body)
    else:
        recipe, components = _of_spec(workspace, host, body)
        if not came_trained(components):
            console.warn(f"{components.model.text} has random weights: it was not trained before")
        torch.manual_seed(key(recipe.seed, "weights"))
        model = build_model(components, recipe, contest.classes())
        image_size = int(model.backbone.image_size)  # type: ignore[arg-type]
        of = f"features of {components.model.text}"
    fabric = start_fabric(recipe, device)
    pixels = train_pixels(workspace, contest, image_size, skip_bad=True)
    if not len(pixels):
        return Described(of, (), np.zeros((0, 0), np.float32))
    features = features_of(workspace, fabric, components, model)
    wholes = Wholes(pixels, np.arange(len(pixels)), image_size)
    return Described(of, pixels.keys, features(fabric, wholes, "Features of the paintings").numpy())


def require_body(workspace: Workspace, host: Host, body: str) -> None:
    """Errors: `ArtcliError` where `body` is neither a run's name nor a model's spec."""
    if body not in {run.name for run in list_runs(workspace)}:
        _of_spec(workspace, host, body)


def _of_spec(workspace: Workspace, host: Host, body: str) -> tuple[Recipe, Components]:
    try:
        return recipe_from_flags(host, {"model": body})
    except ArtcliError as error:
        if (workspace.predictions / Path(body).name).is_dir():
            raise ArtcliError(
                f"{body} has predictions and no body", "name a run that was trained here"
            ) from error
        why = error.message.removeprefix("--model: ")
        raise ArtcliError(f"{body!r} is no run, nor a model: {why}", error.hint) from error


def _of_run(
    workspace: Workspace, host: Host, name: str
) -> tuple[str, Recipe, Components, PaintingModel, int]:
    labels = [fold.label for fold in read_run(workspace, name).folds if fold.checkpoint]
    trained = load_trained(workspace, host, name, labels[0] if labels else "0")
    components = bind_recipe(host, trained.recipe)
    of = f"features of the run {name}, fold {trained.fold}"
    return of, trained.recipe, components, trained.model, trained.image_size
