"""The report of an ensemble as files: a page of HTML that needs no other, and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artcli.reporting.ensemble import EnsembleReport, ensemble_folder
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
from artcli.reporting.ensemble_plot import reliability_svg
from artcli.reporting.figures import signed
from artcli.reporting.page import columns_of, picture, render
from artcli.workspace.files import write_json, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from artcli.workspace.paths import Workspace


def write_report(workspace: Workspace, report: EnsembleReport) -> Path:
    """`ensemble.html` and `ensemble.json` in the ensemble's folder, which is returned."""
    folder = ensemble_folder(workspace, report.name)
    write_text(folder / "ensemble.html", html_page(report))
    write_json(folder / "ensemble.json", report.document())
    return folder


def html_page(report: EnsembleReport) -> str:
    made = report.ensemble
    offsets = sorted(made.offsets.items(), key=lambda pair: -abs(pair[1]))
    return render(
        "ensemble.html",
        report=report,
        members=(columns_of(MEMBERS), member_rows(report)),
        scores=(columns_of(SCORES), score_rows(report)),
        sets=(columns_of(SETS), set_rows(report)),
        bins=(columns_of(BINS), bin_rows(made.after)),
        offsets=(
            columns_of(("Artist", ">Added to the log probability")),
            [[artist, signed(offset)] for artist, offset in offsets if offset],
        ),
        reliability=reliability_line(report),
        notes=notes(report),
        plot=picture(reliability_svg(made.before, made.after)),
    )
