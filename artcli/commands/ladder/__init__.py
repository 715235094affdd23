"""Train the named recipes alike, row by row, and compare each with the one it is built on."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from artcli.commands.options import DeviceOption, JsonOption, WorkersOption, WorkspaceOption
from artcli.commands.recipe_options import over_recipes
from artcli.errors import EXIT_PROBLEM, UsageError


@over_recipes
def command(
    given: dict[str, Any],
    rows: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ROWS]…",
            help="Named recipes; and runs or results that are there, which are judged as they are "
            "[default: the ladder's own rows; of a new one, the recipes with published scores].",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        str, typer.Option(metavar="NAME", help="The ladder's name; its runs are NAME-ROW.")
    ] = "ladder",
    seeds: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1000,
            help="Train each row with the seeds SEED, SEED+1, … [default: 1 of them].",
        ),
    ] = None,
    device: DeviceOption = "auto",
    workers: WorkersOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Train named recipes alike, and compare each with the one it is built on.

    The flags of a recipe are the budget: they override every row. Fold 0 judges all rows on the
    same pieces of paintings, and the runs and results (of kfold, tta, ensemble) that are named as
    rows. Called again, the ladder goes on where it stopped, or takes in more rows; its table, with
    the differences that the slides found beside ours, is in reports/ladder/NAME.
    """
    from artcli import console
    from artcli.commands.ladder.climb import climb
    from artcli.commands.ladder.plan import plan_ladder
    from artcli.commands.ladder.table import show
    from artcli.contest.tables import read_contest
    from artcli.host.discovery import load_host
    from artcli.reporting.ladder import command_line, ladder_folder
    from artcli.reporting.ladder_page import write_report
    from artcli.training.devices import pick_device
    from artcli.training.generated import open_sets
    from artcli.training.recipe import flag_of
    from artcli.workspace.locks import hold
    from artcli.workspace.paths import find_workspace

    if int(os.environ.get("WORLD_SIZE", 1)) > 1:
        raise UsageError("a ladder trains in one process", "call it without torchrun")
    found = find_workspace(workspace)
    host = load_host(found)
    plan = plan_ladder(found, host, name, rows or [], seeds, given)
    if plan.budget and not given:
        listed = ", ".join(f"{flag_of(field)} {value}" for field, value in plan.budget.items())
        console.note(f"the budget is the ladder's own: {listed}")
    pick_device(device)
    contest = read_contest(found)
    open_sets(found, contest, given.get("generated", ()))
    for notice in contest.notices:
        console.note(notice)
    folder = ladder_folder(found, name)
    again = _again(command_line(rows or [], name, seeds or 1, given), device, workers) + found.flag
    with hold(folder / ".lock", f"the ladder {name}"):
        ladder = climb(
            found, host, contest, plan,
            device=device, workers=workers, save=lambda made: write_report(found, made),
            again=f"saved, the table so far in {folder / 'ladder.md'}; go on with: {again}",
        )  # fmt: skip
    if json:
        console.print_json({**ladder.document(), "folder": folder})
    else:
        show(ladder, folder)
    if any(row.reason for row in ladder.rows if row.name in plan.asked):
        raise typer.Exit(EXIT_PROBLEM)


def _again(line: str, device: str, workers: int | None) -> str:
    """`line`, on the same device with as many workers."""
    more = [f" --device {device}"] if device != "auto" else []
    more += [f" --workers {workers}"] if workers is not None else []
    return "".join([line, *more])
