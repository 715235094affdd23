"""What is done where memory is short: said in one line or, when asked, batches of half the size.

Half as many pictures in a batch and twice as many batches to a step leave each step its pictures,
and so the learning rate what it was; batch norm and mixing see smaller batches.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import torch

from artcli import console
from artcli.errors import ArtcliError
from artcli.training.checkpoint import find_checkpoint
from artcli.workspace.locks import is_held
from artcli.workspace.runs import lock_path

if TYPE_CHECKING:
    from pathlib import Path

    from artcli.training.recipe import Recipe
    from artcli.workspace.paths import Workspace


def halved(recipe: Recipe) -> Recipe:
    """The recipe with batches of half the size (rounded up), twice as many of them to a step."""
    half = -(-recipe.batch_size // 2)
    return recipe.model_copy(update={"batch_size": half, "accumulate": 2 * recipe.accumulate})


def after_short_memory(
    workspace: Workspace, run: str, fold: str, recipe: Recipe, *, auto_batch: bool
) -> Recipe:
    """The recipe to try the fold with again, where `auto_batch` allows it; nothing of the former
    one then stands in the run's folder.

    Errors: `ArtcliError`, which says what may be done, where it is not allowed, where a fold of
    the run has learnt with the larger batches, or where one picture is too much.
    """
    folder = workspace.run_dir(run)
    what = f"memory is short for batches of {recipe.batch_size}"
    if recipe.batch_size == 1:
        raise ArtcliError(f"{what} picture", "give a smaller --image-size or another --model")
    less = halved(recipe)
    flags = f"--batch-size {less.batch_size} --accumulate {less.accumulate}"
    if begun := _begun(workspace, run, fold):
        kept = find_checkpoint(folder / f"fold-{fold}")
        raise ArtcliError(
            f"{what} pictures, with which fold {', '.join(begun)} of the run {run} was trained"
            + (f"; the last good checkpoint is {kept}" if kept else ""),
            "go on where there is more memory; or train a new run: artcli train --recipe "
            f"{run} {flags}{workspace.flag}",
        )
    if not auto_batch:
        raise ArtcliError(
            f"{what} pictures",
            f"--auto-batch halves them; or give {flags}, or a smaller --image-size",
        )
    console.warn(
        f"{what} pictures: fold {fold} is begun again with batches of {less.batch_size}, "
        f"{less.accumulate} to a step"
    )
    (folder / "run.json").unlink(missing_ok=True)  # both are written anew with the next try
    return less


def _begun(workspace: Workspace, run: str, fold: str) -> list[str]:
    """The folds of the run that have learnt something, or are learning beside this one."""

    def counts(place: Path) -> bool:
        label = place.name.removeprefix("fold-")
        done = (place / "result.json").exists() or find_checkpoint(place) is not None
        return done or (label != fold and is_held(lock_path(workspace, run, label)))

    places = sorted(workspace.run_dir(run).glob("fold-*"))
    return [place.name.removeprefix("fold-") for place in places if counts(place)]


def release_memory() -> None:
    """Give back what a try that failed has left. Call it when nothing holds its error any more."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
