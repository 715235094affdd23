"""List the runs of a workspace, compare two, look at one, remove one."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artcli.commands.options import JsonOption, WorkspaceOption, hand_on

if TYPE_CHECKING:
    from artcli.predicting.candidates import Candidate

command = typer.Typer(invoke_without_command=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The run's name.")]


class Column(StrEnum):
    """What the list can be sorted by."""

    CREATED = "created"
    NAME = "name"
    F1 = "f1"
    WHOLE_F1 = "whole-f1"
    TRAIN_LOSS = "train-loss"
    VALIDATION_LOSS = "validation-loss"
    EPOCHS = "epochs"
    TIME = "time"
    STATE = "state"


@command.callback()
def list_command(
    context: typer.Context,
    sort: Annotated[
        Column, typer.Option(help="Sort by this: F1 from the best down, all else upward.")
    ] = Column.CREATED,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="A B", help="Compare two by F1, artist by artist and painting by painting."
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """List the runs of a workspace, compare two, look at one, remove one.

    Without a subcommand: all runs, and what artcli tta and artcli ensemble made of them, oldest
    first. Of a run of several folds the F1 is over all its folds' pieces, the losses are means; the
    interval is a 95 % bootstrap over paintings.
    """
    if context.invoked_subcommand is not None:
        hand_on(context, workspace, json)
        return
    from artcli import console
    from artcli.commands.run_tables import show_list
    from artcli.predicting.candidates import list_candidates
    from artcli.workspace.paths import find_workspace

    found = find_workspace(workspace)
    if compare is not None:
        from artcli.commands.run_comparison import show_comparison

        show_comparison(found, *compare, json=json)
        return
    runs = list_candidates(found)
    runs = sorted(runs, key=lambda run: _sort_key(run, sort))
    if json:
        console.print_json([_document(run) for run in runs])
    elif runs:
        show_list(runs)
    else:
        console.note(f"There is no run yet. Train one with: artcli train{found.flag}")


@command.command("show")
def show_command(
    name: NameArgument, workspace: WorkspaceOption = None, json: JsonOption = False
) -> None:
    """Show a run: its recipe, its folds epoch by epoch, and where its files are.

    Of a result: what it is made of, and how.
    """
    from artcli import console
    from artcli.commands.run_tables import (
        show_history,
        show_list,
        show_made_by,
        show_recipe,
        show_works,
    )
    from artcli.predicting.candidates import find_candidate, list_candidates
    from artcli.training.record import works_learnt
    from artcli.workspace.paths import find_workspace
    from artcli.workspace.runs import read_history, run_parts

    found = find_workspace(workspace)
    runs = list_candidates(found)
    run = find_candidate(runs, name)
    folds = run.record.folds if run.record else ()
    histories = {
        fold.label: read_history(found.run_dir(name) / f"fold-{fold.label}") for fold in folds
    }
    works = {
        fold.label: learnt
        for fold in folds
        if (learnt := works_learnt(found.run_dir(name) / f"fold-{fold.label}"))
    }
    folders = run_parts(found, name)
    if json:
        document = {
            **_document(run), "history": histories, "generated": works, "folders": folders,
        }  # fmt: skip
        console.print_json(document)
        return
    show_list([run])
    if run.record:
        show_recipe(run.record)
    if works:
        show_works(works)
    if run.made_by:
        show_made_by(run, runs)
    for fold in folds:
        show_history(fold, histories[fold.label])
    for folder in folders:
        console.out().print(console.safe(folder))


@command.command("remove")
def remove_command(
    name: NameArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Remove a run's checkpoints and predictions; its submissions, and results made of it, stay."""
    from artcli import console
    from artcli.predicting.candidates import find_candidate, list_candidates, made_of
    from artcli.predicting.made_by import listed
    from artcli.workspace.paths import find_workspace
    from artcli.workspace.runs import remove_run, run_parts

    found = find_workspace(workspace)
    runs = list_candidates(found)
    run, results = find_candidate(runs, name), made_of(runs, name)
    if not yes:
        folders = "\n".join(f"  {folder}" for folder in run_parts(found, name))
        typer.echo(f"This removes the {run.kind} {name} ({run.state}):\n{folders}", err=True)
    if results:
        kept = "stays, but cannot" if len(results) == 1 else "stay, but cannot"
        console.warn(f"{listed(results)}, made of {name}, {kept} be made anew without it")
    if not yes:
        typer.confirm("Remove it?", abort=True, err=True)
    removed = remove_run(found, name)
    if json:
        console.print_json({"run": name, "removed": removed, "made_of_it": results})
        return
    for folder in removed:
        console.success(f"removed {folder}")


def _sort_key(run: Candidate, column: Column) -> tuple[Any, ...]:
    """What is unknown comes last, whichever way the column is sorted."""
    from artcli.commands.run_tables import metric_of

    record = run.record
    value: float
    match column:
        case Column.F1 | Column.WHOLE_F1:
            value = -metric_of(run, column.replace("-", "_"))
        case Column.TRAIN_LOSS | Column.VALIDATION_LOSS:
            value = metric_of(run, column.replace("-", "_"))
        case Column.EPOCHS:
            value = sum(fold.epochs for fold in record.folds) if record else math.nan
        case Column.TIME:
            value = record.seconds if record else math.nan
        case Column.NAME:
            return (run.name,)
        case Column.STATE:
            return run.state, run.created, run.name
        case Column.CREATED:
            return run.created, run.name
    return math.isnan(value), value if not math.isnan(value) else 0.0, run.created, run.name


def _document(run: Candidate) -> dict[str, Any]:
    """A run as JSON: means over its folds, and each fold."""
    from artcli.commands.run_tables import metric_of

    record = run.record
    names = ("train_loss", "validation_loss", "f1_low", "f1_high", "whole_f1")
    return {
        "name": run.name,
        "created": run.created,
        "state": record.state if record else "result" if run.made_by else "imported",
        "remark": run.state,
        "f1": run.f1,
        "judged_on": run.judged_on,
        **{name: metric_of(run, name) for name in names},
        "epochs": sum(fold.epochs for fold in record.folds) if record else None,
        "seconds": record.seconds if record else None,
        "predicted_folds": run.folds,
        "has_test_predictions": run.has_test,
        "recipe": record.recipe if record else None,
        "made_by": run.made_by or None,
        "folds": {
            fold.label: {
                "state": fold.state,
                "epochs": fold.epochs,
                "seconds": fold.seconds,
                "checkpoint": fold.checkpoint,
                **fold.metrics,
            }
            for fold in (record.folds if record else ())
        },
        "versions": record.facts.get("versions") if record else None,
        "plugins": record.facts.get("plugins") if record else None,
    }
