"""Train one fold of a run, then predict the paintings it has not seen and the test."""

from __future__ import annotations

import os
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artcli.commands.going_on import going_on
from artcli.commands.options import (
    AutoBatchOption,
    DeviceOption,
    FromRecipeOption,
    JsonOption,
    WorkersOption,
    WorkspaceOption,
)
from artcli.commands.recipe_options import with_recipe_options
from artcli.errors import ArtcliError, UsageError

if TYPE_CHECKING:
    from artcli.contest.tables import Contest
    from artcli.host.discovery import Host
    from artcli.training.recipe import Recipe
    from artcli.training.run import FoldResult
    from artcli.workspace.paths import Workspace


@with_recipe_options
def command(
    given: dict[str, Any],
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The run's name [default: MODEL-1, -2, …].")
    ] = None,
    fold: Annotated[
        str | None,
        typer.Option(
            metavar="N|all",
            help="The fold that validates, or all: train on everything, for all epochs "
            "[default: 0].",
        ),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Go on with a run that was stopped, by its own recipe."),
    ] = None,
    recipe: FromRecipeOption = None,
    auto_batch: AutoBatchOption = False,
    device: DeviceOption = "auto",
    workers: WorkersOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Train a model on the workspace's paintings, and predict the test with it.

    Four fifths of the paintings are trained on; pieces of the others, cut and re-encoded like the
    test's, say how good the model is. The probabilities of both are kept for submit.
    """
    from artcli import console
    from artcli.contest.tables import read_contest
    from artcli.host.discovery import load_host
    from artcli.training.devices import pick_device
    from artcli.workspace.paths import find_workspace

    found = find_workspace(workspace)
    host = load_host(found)
    # Whatever is wrong with the command line is said before data is read.
    run, label, chosen = (
        _resumed(found, resume, fold, {**given, "name": name, "recipe": recipe})
        if resume is not None
        else _new(found, host, name, fold, recipe, given)
    )
    pick_device(device)
    contest = read_contest(found)
    for notice in contest.notices if _leads() else ():
        console.note(notice)

    from artcli.predicting.predict import predict_fold
    from artcli.training.run import run_fold
    from artcli.workspace.runs import hold_fold

    claimed = run if resume is not None else lambda: _unused(found, name, chosen)
    lock = hold_fold(found, claimed, label) if _leads() else nullcontext(run)
    with going_on(lambda: _again(found, run, label)), lock as run:
        result = run_fold(
            found, host, contest, chosen, run, label,
            device=device, workers=workers, auto_batch=auto_batch,
        )  # fmt: skip
        if not result.leader:
            return
        predictions = predict_fold(found, host, contest, result.run, label, device=device)
        if json:
            console.print_json(
                {
                    "run": result.run,
                    "fold": label,
                    "recipe": result.recipe.model_dump(),
                    "checkpoints": result.folder,
                    "predictions": predictions,
                    **result.metrics,
                }
            )
        else:
            show(result, predictions, found, contest)


def _new(
    workspace: Workspace,
    host: Host,
    name: str | None,
    fold: str | None,
    source: str | None,
    given: dict[str, Any],
) -> tuple[str, str, Recipe]:
    from artcli.training.components import recipe_from_flags
    from artcli.training.named import find_recipe

    if name is not None:
        _require_free(workspace, name)  # before what takes seconds
    base = None if source is None else find_recipe(host, workspace, source)
    recipe, _ = recipe_from_flags(host, given, base)
    return _unused(workspace, name, recipe), _label(fold, recipe), recipe


def _unused(workspace: Workspace, name: str | None, recipe: Recipe) -> str:
    from artcli.workspace.runs import free_name

    if name is None:
        return free_name(workspace, recipe.model.partition(":")[0])
    _require_free(workspace, name)
    return name


def _require_free(workspace: Workspace, run: str) -> None:
    from artcli.workspace.runs import in_use, run_parts

    if run_parts(workspace, run) and _leads():
        hint = "choose another --name"
        if (workspace.run_dir(run) / "recipe.toml").is_file():
            with suppress(ArtcliError):  # its predictions are damaged
                finished, unfinished = _folds(workspace, run)
                done = finished and not unfinished
                more = "train another fold of it" if done else "go on with it"
                flag = f"{run}{workspace.flag}{' --fold N' if done else ''}"
                hint += f"; or {more}: artcli train --resume {flag}"
        raise ArtcliError(f"there is a run {run} already{in_use(workspace, run)}", hint)


def _again(workspace: Workspace, run: str, label: str) -> str:
    if not (workspace.run_dir(run) / "recipe.toml").is_file():
        return "nothing had begun: call it again"
    return f"go on with: artcli train --resume {run} --fold {label}{workspace.flag}"


def _leads() -> bool:
    """Whether this is the first of torchrun's ranks, or the only process: it makes the run."""
    return os.environ.get("RANK", "0") == "0"


def _resumed(
    workspace: Workspace, run: str, fold: str | None, others: dict[str, Any]
) -> tuple[str, str, Recipe]:
    from artcli.training.recipe import flag_of, read_recipe

    if extra := [name for name, value in others.items() if value is not None]:
        flags = ", ".join(map(flag_of, extra))
        raise UsageError(
            f"--resume goes on with the run's own recipe; it does not take {flags}",
            "to train with other settings: "
            f"artcli train --recipe {run}{workspace.flag} --name NAME …",
        )
    folder = workspace.run_dir(run)
    if not (folder / "recipe.toml").is_file():
        raise ArtcliError(
            f"there is no run {run} to go on with",
            "artcli runs lists them; artcli train starts one",
        )
    recipe = read_recipe(folder / "recipe.toml")
    finished, unfinished = _folds(workspace, run)
    if fold is None and not unfinished and finished:
        raise ArtcliError(
            f"the run {run} is finished (fold {', '.join(finished)}): there is nothing to resume",
            f"train another fold of it with: artcli train --resume {run} --fold N{workspace.flag}",
        )
    label = _label(unfinished[0] if fold is None and unfinished else fold, recipe)
    if label in finished:
        raise ArtcliError(
            f"fold {label} of the run {run} is finished: there is nothing to resume",
            f"finished: {', '.join(finished)}; name another fold",
        )
    return run, label, recipe


def _folds(workspace: Workspace, run: str) -> tuple[list[str], list[str]]:
    """The folds of a run that are trained and predicted, and those that were begun alone."""
    from artcli.predicting.folder import read_facts
    from artcli.workspace.runs import ALL

    folder = workspace.run_dir(run)
    begun = sorted(place.name.removeprefix("fold-") for place in folder.glob("fold-*"))
    said = {*(read_facts(workspace, run) or {"folds": {}})["folds"]}  # of trained folds, mostly
    if not workspace.test_csv.exists():
        said.add(ALL)  # which has nothing to predict
    finished = [
        label
        for label in begun
        if label in said and (folder / f"fold-{label}" / "result.json").exists()
    ]
    return finished, [label for label in begun if label not in finished]


def _label(fold: str | None, recipe: Recipe) -> str:
    if fold is None:
        return "0"
    if fold == "all" or (fold.isdecimal() and int(fold) < recipe.folds):
        return fold if fold == "all" else str(int(fold))
    raise UsageError(f"--fold {fold}: there is no such fold", f"0 to {recipe.folds - 1}, or all")


def show(result: FoldResult, predictions: Path, workspace: Workspace, contest: Contest) -> None:
    """The summary that a person reads."""
    from artcli import console

    out, metrics = console.out(), result.metrics
    epochs = f"{metrics['epochs']} epoch{'s' * (metrics['epochs'] != 1)}"
    console.success(
        f"run {result.run}, fold {result.fold}: {epochs} in "
        f"{console.duration(metrics['seconds'])} of training, "
        f"{metrics['images_per_second']:.0f} pictures/s"
        + (", stopped early" if metrics["stopped_early"] else "")
    )
    if "f1" in metrics:
        out.print(
            f"Crop F1 [bold]{metrics['f1']:.4f}[/] (95 % interval {metrics['f1_low']:.3f} to "
            f"{metrics['f1_high']:.3f}), whole-painting F1 {metrics['whole_f1']:.4f}, "
            f"from epoch {metrics['best_epoch']}"
        )
    else:
        out.print("Trained on all paintings, so there is nothing left to validate on.")
    out.print(f"Checkpoints  {console.safe(result.folder)}")
    if predictions.is_dir():  # there may be nothing to predict
        out.print(f"Predictions  {console.safe(predictions)}")
    if contest.test:
        place = console.safe(workspace.flag)
        out.print(f"Next: [bold]artcli submit {console.safe(result.run)}{place}[/]")
