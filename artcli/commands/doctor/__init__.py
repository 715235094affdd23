"""Say what is installed, what works, and what is wrong, with the fix for each."""

from __future__ import annotations

import typer

from artcli.commands.options import JsonOption, WorkspaceOption
from artcli.errors import EXIT_PROBLEM


def command(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Say what is installed, what works, and what is wrong, with the fix for each.

    Looks at versions, devices, plugins, the workspace, its data (every image is decoded, once),
    and disk space. Exit code 1 when something is wrong.
    """
    from artcli import console
    from artcli.commands.doctor.findings import WRONG, show
    from artcli.commands.doctor.installation import examine_devices, examine_packages
    from artcli.commands.doctor.workplace import examine_plugins, examine_workspace

    findings = examine_packages()
    console.note("starting torch, to see whether it works")
    findings += examine_devices()
    place, found = examine_workspace(workspace)
    findings += examine_plugins(place)
    findings += found
    wrong = sum(finding.state == WRONG for finding in findings)
    if json:
        console.print_json({"ok": not wrong, "findings": [vars(one) for one in findings]})
    else:
        show(findings)
    if wrong:
        raise typer.Exit(EXIT_PROBLEM)
