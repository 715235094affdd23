"""An ensemble as tables for people, and what may come next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from artcli import console
from artcli.predicting.made_by import listed
from artcli.reporting.ensemble_cells import (
    BINS,
    MEMBERS,
    SCORES,
    SETS,
    bin_rows,
    member_rows,
    notes,
    reliability_line,
    score_rows,
    set_rows,
)

if TYPE_CHECKING:
    from pathlib import Path

    from artcli.reporting.ensemble import EnsembleReport
    from artcli.workspace.paths import Workspace


def show(
    report: EnsembleReport, workspace: Workspace, folder: Path, *, without_test: Sequence[str]
) -> None:
    """Members, comparison, scores, reliability, notes, and the command that goes on.

    `without_test`: the runs that have not predicted the test.
    """
    out = console.out()
    out.print(console.figures("Runs", MEMBERS, member_rows(report)))
    if len(report.comparison.sets) > 1:
        out.print(console.figures("Alone, in pairs, together", SETS, set_rows(report)))
    out.print(console.figures(f"{report.name} ({report.how})", SCORES, score_rows(report)))
    out.print(console.figures("Reliability", BINS, bin_rows(report.ensemble.after)))
    out.print(reliability_line(report))
    for note in notes(report):
        out.print(note, style="dim", markup=False, soft_wrap=False)
    out.print(f"Report  {console.safe(folder / 'ensemble.html')}")
    console.success(f"kept as {report.name}")
    for why in report.kind:
        console.warn(why)
    if len(report.comparison.sets) > 1:
        proposed = console.safe(" + ".join(report.comparison.proposed))
        out.print(f"Proposed: {proposed} (chosen on these very pieces: its score is a little kind)")
    if without_test:
        console.warn(f"{listed(without_test)} did not predict the test, so nothing is to submit")
    if not (without_test and report.next_line.startswith("artcli submit")):
        out.print(f"Next: [bold]{console.safe(report.next_line + workspace.flag)}[/]")
