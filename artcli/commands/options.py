"""Options that every subcommand shares, and the words that repeat them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    pass

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        metavar="DIR",
        help="The workspace [default: the nearest artcli.toml upward, else ./workspace].",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document for scripts.")]


def hand_on(context: typer.Context, workspace: Path | None, json: bool) -> None:
    """Let `artcli runs -w DIR show RUN` mean what `artcli runs show RUN -w DIR` means."""
    assert context.invoked_subcommand is not None
    given = {"workspace": workspace, "json": json or None}
    known = {name: value for name, value in given.items() if value is not None}
    context.default_map = {context.invoked_subcommand: known}
