"""The report on disk: a page, its figures as PNG, its tables as CSV, and all of it as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artcli import __version__, console
from artcli.contest.csvfile import to_text
from artcli.contest.spreadsheets import disarmed
from artcli.reporting.eda.artist_figures import artist_figures
from artcli.reporting.eda.drawing import write_png
from artcli.reporting.eda.gallery_figures import gallery_figures
from artcli.reporting.eda.model_figures import model_figures
from artcli.reporting.eda.page import html_page
from artcli.reporting.eda.picture_figures import picture_figures
from artcli.reporting.eda.sheets import sheets
from artcli.workspace.files import explained, write_json, write_text

if TYPE_CHECKING:
    from artcli.reporting.eda.report import Cell, EdaReport, Sheet
    from artcli.workspace.paths import Workspace

PAGE, DOCUMENT = "eda.html", "eda.json"


def eda_folder(workspace: Workspace) -> Path:
    return workspace.reports / "eda"


def write_report(workspace: Workspace, report: EdaReport, line: str) -> dict[str, Any]:
    """Write `eda.html`, `eda.json`, `figures/NAME.png` and `tables/NAME.csv` into the folder
    `reports/eda`, and return the document. PNG and CSV files in `figures` and `tables` that this
    report lacks, such as those of an earlier one, are removed; whatever else is there stays."""
    folder = eda_folder(workspace)
    drawings = [*artist_figures(report), *picture_figures(report), *model_figures(report)]
    all_of_them = [*drawings, *gallery_figures(report)]
    tables = {sheet.name: sheet for sheet in sheets(report)}
    for drawn in console.track(all_of_them, "Drawing figures"):
        write_png(drawn, folder / "figures" / f"{drawn.name}.png")
    for sheet in tables.values():
        write_text(folder / "tables" / f"{sheet.name}.csv", csv_text(sheet))
    _leave_only(folder / "figures", (f"{drawn.name}.png" for drawn in all_of_them))
    _leave_only(folder / "tables", (f"{name}.csv" for name in tables))
    by_name = {drawn.name: drawn for drawn in drawings}  # the page shows pictures of its own
    write_text(
        folder / PAGE, html_page(report, by_name, tables, made=_made(workspace, report, line))
    )
    made = document(workspace, report, tables.values())
    write_json(folder / DOCUMENT, made)
    return made


def document(workspace: Workspace, report: EdaReport, tables: Iterable[Sheet]) -> dict[str, Any]:
    """Every figure of the report, as JSON's kinds: the same for the same data."""
    audit = report.audit
    return {
        "artcli": __version__,
        "workspace": str(workspace.root),
        "report": str(eda_folder(workspace) / PAGE),
        "paintings": len(report.contest.train),
        "test_pictures": len(report.contest.test),
        "imbalance": asdict(report.overview.imbalance),
        "findings": [asdict(finding) for finding in report.findings],
        "map": {"of": report.painting_map.of, "paintings": len(report.painting_map.rows)},
        "tables": {sheet.name: _records(sheet) for sheet in tables},
        "run": audit
        and {
            "name": audit.run,
            "f1": audit.f1,
            "f1_low": audit.f1_low,
            "f1_high": audit.f1_high,
            "order": list(audit.order),
            "confusion_matrix": audit.matrix.tolist(),
            "reliability": asdict(audit.reliability),
            "labels_not_audited": audit.why_not,
        },
    }


def csv_text(sheet: Sheet) -> str:
    """The table as CSV, its texts disarmed for spreadsheets."""
    header = [column.removeprefix(">") for column in sheet.columns]
    return to_text(header, [[_csv_cell(cell) for cell in row] for row in sheet.rows])


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return disarmed(cell)
    return "" if cell is None or cell != cell else str(cell)


def _records(sheet: Sheet) -> list[dict[str, Cell]]:
    names = [column.removeprefix(">") for column in sheet.columns]
    return [
        {name: None if cell != cell else cell for name, cell in zip(names, row, strict=True)}
        for row in sheet.rows
    ]


def _leave_only(folder: Path, names: Iterable[str]) -> None:
    wanted = set(names)
    for path in folder.glob("*.*"):
        if path.suffix in (".png", ".csv") and path.name not in wanted and path.is_file():
            with explained(path):
                path.unlink()


def _made(workspace: Workspace, report: EdaReport, line: str) -> list[str]:
    """How the report was made, line by line."""
    lines = [
        f"Made by artcli {__version__} on {date.today():%Y-%m-%d} from {workspace.data}, with: "
        f"{line}{workspace.flag}",
        f"The map is of {report.painting_map.of}.",
    ]
    if report.audit:
        lines.append(
            f"What models say is of {report.audit.run}, out of fold: of every painting by a model "
            "that was not trained on it."
        )
    return lines
