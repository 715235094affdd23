"""What `artcli doctor` finds: lines, each of them fine, of note, or wrong with a fix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

OK, NOTE, WRONG = "ok", "note", "wrong"
_MARKS = {OK: "[green]✓[/]", NOTE: "[yellow]·[/]", WRONG: "[red]✗[/]"}


@dataclass
class Finding:
    """One thing looked at; `fix` says what to do about it."""

    area: str
    state: str
    text: str
    fix: str | None = None


def show(findings: Sequence[Finding]) -> None:
    from artcli import console

    out = console.out()
    area = ""
    for finding in findings:
        if finding.area != area:
            area = finding.area
            out.print(f"\n[bold]{area}[/]")
        first, *rest = finding.text.splitlines()
        out.print(f"  {_MARKS[finding.state]} {console.safe(first)}")
        for line in rest:
            out.print(f"    {console.safe(line)}")
        if finding.fix:
            out.print(f"    [dim]fix:[/] {console.safe(finding.fix)}")
    wrong = sum(finding.state == WRONG for finding in findings)
    out.print(f"\n[red]{wrong} to mend[/]" if wrong else "\n[green]Nothing to mend.[/]")
