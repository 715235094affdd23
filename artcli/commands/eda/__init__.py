"""Look at a contest's data, and find what is wrong with it: a report to read, and corrections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from artcli.commands.options import DeviceOption, JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from collections.abc import Callable

    from artcli.contest.tables import Contest
    from artcli.training.describing import Described
    from artcli.workspace.paths import Workspace


def command(
    run: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="Judge artists and labels by this run, or result "
            "[default: the best one that is judged on every painting].",
        ),
    ] = None,
    features: Annotated[
        str | None,
        typer.Option(
            metavar="RUN|MODEL",
            help="Lay out the map by what this run's body, or this model, sees "
            "[default: colour and texture].",
        ),
    ] = None,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix",
            help="Write proposed corrections to reports/eda/fixes.csv, to be looked at, marked and "
            "applied with artcli init --repair.",
        ),
    ] = False,
    device: DeviceOption = "auto",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Look at a contest's data, and find what is wrong with it: a report to read, and corrections.

    A summary here; a page (HTML that needs no other file), figures and tables in reports/eda. It
    works before any model exists, and on a contest that cannot be used yet. Once a run is judged
    on every painting (artcli kfold), it shows which artists are taken for each other, and which
    labels are probably wrong. Pictures that have not changed are not read again.
    """
    from dataclasses import asdict
    from shlex import join

    from artcli import console
    from artcli.commands.eda.fixing import propose_fixes
    from artcli.commands.eda.summary import show
    from artcli.contest.proposals import read_proposals
    from artcli.reporting.eda.gather import gather
    from artcli.reporting.eda.writing import eda_folder, write_report
    from artcli.workspace.paths import find_workspace

    found = find_workspace(workspace)
    if fix:
        read_proposals(eda_folder(found))  # damaged, it is told before the work and not after it
    describe = None if features is None else _describer(found, features, device)
    report = gather(found, run=run, describe=describe)
    given = [("--run", run), ("--features", features)]
    line = join(["artcli", "eda", *(word for pair in given if pair[1] for word in map(str, pair))])
    document = write_report(found, report, line)
    proposed = propose_fixes(found, report) if fix else None
    if json:
        fixes = proposed and asdict(proposed)
        console.print_json({**document, "measured_anew": report.survey.measured, "fixes": fixes})
    else:
        show(found, report, proposed, line)


def _describer(workspace: Workspace, features: str, device: str) -> Callable[[Contest], Described]:
    """What gives the features. Errors: where there is no such body, before any picture is read."""
    from artcli.host.discovery import load_host
    from artcli.training.describing import describe, require_body

    host = load_host(workspace)
    require_body(workspace, host, features)
    return lambda contest: describe(workspace, host, contest, features, device=device)
