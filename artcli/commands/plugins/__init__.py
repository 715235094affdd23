"""See what plugins offer, and add your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from artcli.commands.options import JsonOption, WorkspaceOption, hand_on, workspace_if_any

command = typer.Typer(
    help="See what plugins offer, and add your own.",
    invoke_without_command=True,
    rich_markup_mode="markdown",  # as the root: Rich's own would swallow [names]
)

KindArgument = Annotated[
    str, typer.Argument(metavar="KIND", help="A kind of component, such as loss.")
]


@command.callback()
def list_plugins(
    context: typer.Context,
    kind: Annotated[str | None, typer.Option(metavar="KIND", help="List this kind only.")] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """See what plugins offer, and add your own.

    Without a subcommand: every component by kind, with its source, and the plugins that could not
    be loaded, with the reason.
    """
    if context.invoked_subcommand is not None:
        hand_on(context, workspace, json)
        return
    from artcli import console
    from artcli.commands.plugins import listing
    from artcli.host.discovery import load_host

    found = listing.listing(load_host(workspace_if_any(workspace)), kind)
    if json:
        console.print_json(listing.as_json(found))
    else:
        listing.show(found)


@command.command()
def show(
    kind: KindArgument,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The component's name, such as focal.")
    ],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show one component: how it is used, its options, what it says of itself."""
    from dataclasses import asdict

    from artcli import console
    from artcli.commands.plugins import page
    from artcli.host.discovery import load_host

    found = page.page(load_host(workspace_if_any(workspace)), kind, name)
    if json:
        console.print_json(asdict(found))
    else:
        page.show(found)


@command.command()
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Python file that is a plugin.")],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Trust a plugin file as it is now, and register it in the workspace.

    The file is run, once, to see what it offers; a broken one is not registered. One from outside
    the workspace is copied into its folder plugins. An edited file must be added again.
    """
    from artcli import console
    from artcli.commands.plugins import files
    from artcli.workspace.paths import find_workspace

    place = find_workspace(workspace)
    added = files.add(place, file)
    if json:
        console.print_json(files.as_json(added))
    else:
        files.show_added(added, place.flag)


@command.command()
def remove(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A registered file, or the name of a component it offers."
        ),
    ],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Unregister a plugin file, and trust it no more; the file itself stays."""
    from artcli import console
    from artcli.commands.plugins import files
    from artcli.workspace.paths import find_workspace

    path = files.remove(find_workspace(workspace), name)
    if json:
        console.print_json({"removed": path, "file_kept": path.exists()})
    else:
        console.success(f"{name} is no longer registered")
        if path.exists():
            console.out().print(f"The file itself stays: {console.safe(path)}")


@command.command()
def new(
    kind: KindArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new component's name.")],
    package: Annotated[
        bool,
        typer.Option(
            "--package/--file",
            help="A package to publish, in a new folder here, or one file in the workspace.",
        ),
    ] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write a starter: a small component that works, with its test, to be changed at will."""
    from artcli import console
    from artcli.commands.plugins import starting
    from artcli.workspace.paths import find_workspace

    found = workspace_if_any(workspace) if package else find_workspace(workspace)
    made = starting.start(kind, name, found, Path.cwd() if package else None)
    if json:
        console.print_json(starting.as_json(made))
    else:
        starting.show(made, found.flag if found else "")
