"""Options that every subcommand shares, and the words that repeat them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from artcli.errors import ArtcliError

if TYPE_CHECKING:
    from artcli.workspace.paths import Workspace

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        metavar="DIR",
        help="The workspace [default: the nearest artcli.toml upward, else ./workspace].",
    ),
]
DEVICES = ("auto", "cpu", "cuda", "mps")


def _known_device(device: str) -> str:
    """Said with the command line; whether it is there, once torch is."""
    if device not in DEVICES:
        raise typer.BadParameter(f"there is no device {device}: {', '.join(DEVICES)}")
    return device


DeviceOption = Annotated[
    str,
    typer.Option(
        "--device",
        metavar="DEVICE",
        help="auto, cpu, cuda or mps.",
        callback=_known_device,
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=0,
        max=1024,
        help="Processes that prepare pictures; the result is the same with any number.",
    ),
]


class Pool(StrEnum):
    """What pictures of the test may be pooled with."""

    SIBLINGS = "siblings"


PoolOption = Annotated[
    Pool | None,
    typer.Option(
        "--pool",
        metavar="siblings",
        help="Pool what is said of pieces of one painting, which are found by their overlap, if "
        "that does not lower the out-of-fold score. The test has more pieces than a fold to be "
        "mistaken for siblings, so precision there may be a little lower than is measured. A "
        "contest's rules may forbid to use one picture of the test for another.",
    ),
]
BatchSizeOption = Annotated[
    int | None,
    typer.Option(
        "--batch-size", min=1, help="Pictures at a time [default: 16 on a CPU, elsewhere 64]."
    ),
]
AutoBatchOption = Annotated[
    bool,
    typer.Option(
        "--auto-batch",
        help="Where memory is short, begin again with batches of half the size and twice as many "
        "to a step; the run's recipe then says so.",
    ),
]
FromRecipeOption = Annotated[
    str | None,
    typer.Option(
        "--recipe",
        metavar="NAME|RUN|FILE",
        help="Begin from this recipe: a run's, a named one (artcli recipes lists them) or a "
        "file; flags override it.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document for scripts.")]


def hand_on(context: typer.Context, workspace: Path | None, json: bool) -> None:
    """Let `artcli runs -w DIR show RUN` mean what `artcli runs show RUN -w DIR` means."""
    assert context.invoked_subcommand is not None
    given = {"workspace": workspace, "json": json or None}
    known = {name: value for name, value in given.items() if value is not None}
    context.default_map = {context.invoked_subcommand: known}


def workspace_if_any(option: Path | None) -> Workspace | None:
    """The workspace, or None where there is none and none was asked for."""
    from artcli.workspace.paths import find_workspace

    try:
        return find_workspace(option)
    except ArtcliError:
        if option is not None:
            raise
        return None
