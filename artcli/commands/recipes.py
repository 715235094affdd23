"""List the named recipes, look at one."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artcli.commands.options import JsonOption, WorkspaceOption, hand_on, workspace_if_any
from artcli.commands.run_tables import WIDE

if TYPE_CHECKING:
    from artcli.training.named import NamedRecipe

CHANGES_SHOWN = 6  # of one recipe, in the list

command = typer.Typer(invoke_without_command=True)


@command.callback()
def list_command(
    context: typer.Context, workspace: WorkspaceOption = None, json: JsonOption = False
) -> None:
    """List the named recipes, look at one.

    Without a subcommand: all of them, each with what it changes of its base. The scores are
    published ones, of those who made the recipe.
    """
    if context.invoked_subcommand is not None:
        hand_on(context, workspace, json)
        return
    from artcli import console
    from artcli.host.discovery import load_host
    from artcli.training.named import broken_recipes, named_recipes

    host = load_host(workspace_if_any(workspace))
    found, broken = named_recipes(host), broken_recipes(host)
    if json:
        reasons = [{"name": name, "reason": error.message} for name, error in broken.items()]
        console.print_json({"recipes": [_document(one) for one in found], "broken": reasons})
        return
    _show_list(found)
    for name, error in broken.items():
        reason = " ".join(error.message.split())
        console.out().print(f"[red]broken[/]  {console.safe(f'{name}: {reason}')}")
    console.out().print(
        "Train by one: [bold]artcli train --recipe NAME[/]; "
        "begin one of your own: [bold]artcli recipes show NAME > FILE[/]"
    )


@command.command("show")
def show_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The recipe's name, such as adamw.")],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Print a recipe as TOML, whole: a file that train --recipe takes."""
    from artcli import console
    from artcli.host.discovery import load_host
    from artcli.training.named import named_recipe

    found = named_recipe(load_host(workspace_if_any(workspace)), name)
    if json:
        console.print_json(_document(found))
        return
    for line in found.comment or (f"{found.name}: {found.about}",):
        typer.echo(f"# {line}".rstrip())
    typer.echo(found.recipe.to_toml(), nl=False)


def _show_list(found: list[NamedRecipe]) -> None:
    """One row for each recipe; on a narrow terminal the sentences have a table of their own."""
    from artcli import console

    out = console.out()
    columns = ["Recipe", "Base", ">F1", ">Private", "Changes"]
    rows = [_row(one) for one in found]
    about = [(one.name, one.about) for one in found]
    if wide := out.width >= WIDE:
        columns.append("What it is")
        rows = [(*row, sentence) for row, (_, sentence) in zip(rows, about, strict=True)]
    table = console.table("", columns, rows)
    table.collapse_padding = True
    for column in table.columns:
        column.overflow = "fold"
        column.no_wrap = column.header in columns[:4] or column.justify == "right"
    out.print(table)
    if not wide:
        out.print(console.table("", ["Recipe", "What it is"], about))


def _row(found: NamedRecipe) -> tuple[str, ...]:
    f1 = found.published.f1 if found.published else None
    private = found.published.private if found.published else None
    return (
        found.name,
        found.base or "",
        "" if f1 is None else f"{f1:.4f}",
        "" if private is None else f"{private:.4f}",
        _in_short(found.changes),
    )


def _in_short(changes: dict[str, Any]) -> str:
    """`sampler log · epochs 3`, and `…` for what there is beyond a few."""
    from artcli.host.spec import plain

    told = [f"{name} {plain(value)}" for name, value in changes.items()]
    return " · ".join(told[:CHANGES_SHOWN] + ["…"] * (len(told) > CHANGES_SHOWN))


def _document(found: NamedRecipe) -> dict[str, Any]:
    return {
        **asdict(found),
        "recipe": found.recipe.model_dump(),
        "published": found.published.model_dump() if found.published else None,
    }
