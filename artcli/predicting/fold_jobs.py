"""The folds of a run as jobs: each is trained and predicted by whatever process is given it.

A job is text alone, since its process may run on another machine: the function is found by its
name, plugins are discovered again, and what one fold says is kept in the workspace.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artcli.errors import ArtcliError
from artcli.host.jobs import Job
from artcli.predicting.folder import OOF, TEST, read_kept
from artcli.workspace.runs import hold_fold, read_run, run_parts

if TYPE_CHECKING:
    from artcli.contest.tables import Contest
    from artcli.training.recipe import Recipe
    from artcli.workspace.paths import Workspace


def fold_jobs(
    workspace: Workspace,
    contest: Contest,
    run: str,
    recipe: Recipe,
    *,
    device: str = "auto",
    workers: int | None = None,
    auto_batch: bool = False,
) -> list[Job]:
    """A job for each fold of `run` that is not both trained and predicted yet, in order.

    One that was stopped goes on where its last checkpoint is.
    """
    done = _finished_folds(workspace, contest, run)
    return [
        Job(
            f"{run} fold {fold}",
            f"{__name__}:train_and_predict",
            {
                "workspace": str(workspace.root),
                "run": run,
                "fold": fold,
                "recipe": recipe.model_dump(exclude_none=True, mode="json"),
                "device": device,
                "workers": workers,
                "auto_batch": auto_batch,
            },
        )
        for fold in map(str, range(recipe.folds))
        if fold not in done
    ]


def _finished_folds(workspace: Workspace, contest: Contest, run: str) -> list[str]:
    """The folds of `run` that are trained, and whose predictions are kept as the best step made
    them; none where the predictions are damaged, for then the next fold's replace them all."""
    if not run_parts(workspace, run):
        return []
    try:
        kept = read_kept(workspace, run)
    except ArtcliError:
        return []
    said = kept.folds if kept else {}
    wanted = {OOF, TEST} if contest.test else {OOF}
    return [
        fold.label
        for fold in read_run(workspace, run).folds
        if fold.state == "finished"
        and fold.label in said
        and said[fold.label].get("checkpoint") == fold.checkpoint
        and wanted <= set(said[fold.label].get("parts", ()))
    ]


def train_and_predict(
    *,
    workspace: str,
    run: str,
    fold: str,
    recipe: Mapping[str, Any],
    device: str,
    workers: int | None,
    auto_batch: bool = False,
) -> dict[str, Any]:
    """Train a fold, or go on with it, and keep its out-of-fold and test probabilities.

    Returns the fold's metrics. Errors: as `run_fold` and `predict_fold`.
    """
    from artcli.contest.tables import read_contest
    from artcli.host.discovery import load_host
    from artcli.predicting.predict import predict_fold  # torch, after what needs none
    from artcli.training.recipe import make_recipe, read_recipe
    from artcli.training.run import run_fold
    from artcli.workspace.paths import find_workspace

    found = find_workspace(Path(workspace))
    host, contest = load_host(found), read_contest(found)
    with hold_fold(found, run, fold):
        begun = read_run(found, run).fold(fold)
        if begun is None or begun.state != "finished":
            chosen, kept = make_recipe(recipe), found.run_dir(run) / "recipe.toml"
            if auto_batch and kept.is_file():  # a fold before may have taken smaller batches
                chosen = read_recipe(kept)
            run_fold(
                found, host, contest, chosen, run, fold,
                device=device, workers=workers, auto_batch=auto_batch,
            )  # fmt: skip
        predict_fold(found, host, contest, run, fold, device=device)
    finished = read_run(found, run).fold(fold)
    assert finished is not None  # it has been trained
    return dict(finished.metrics)
