"""A sheet as a table of the page: cells as people read them, with what they are sorted by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from artcli.reporting.figures import MINUS

if TYPE_CHECKING:
    from artcli.reporting.eda.report import Cell, Sheet

MOST = 400  # rows on the page; all of them are in the CSV file
_YEARS = frozenset({"born", "died", "year", "years"})
_LIFE = frozenset({">born", ">died"})  # left to the CSV file where "years" says it


@dataclass(frozen=True)
class HtmlTable:
    """`columns`: (name, whether of numbers); `rows`: cells as (text, number to sort by or None).

    `left_out`: how many rows are in the CSV file alone.
    """

    name: str
    title: str
    note: str
    columns: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[tuple[str, float | None], ...], ...]
    left_out: int


def html_table(sheet: Sheet) -> HtmlTable:
    left = _LIFE if "years" in sheet.columns else frozenset[str]()
    kept = [place for place, name in enumerate(sheet.columns) if name not in left]
    names = [sheet.columns[place] for place in kept]
    columns = [(name.removeprefix(">"), name.startswith(">")) for name in names]
    years = [name.lower() in _YEARS for name, _ in columns]
    return HtmlTable(
        sheet.name,
        sheet.title,
        sheet.note,
        tuple(columns),
        tuple(
            tuple(
                (cell_text(row[place], sheet.digits, of_years=year), _number(row[place]))
                for place, year in zip(kept, years, strict=True)
            )
            for row in sheet.rows[:MOST]
        ),
        max(0, len(sheet.rows) - MOST),
    )


def cell_text(cell: Cell, digits: int, *, of_years: bool = False) -> str:
    """`1,866`, `0.61`, a text as it is; "" for None and NaN."""
    if isinstance(cell, str):
        return cell.replace(" ", "\N{NO-BREAK SPACE}") if of_years else cell
    if cell is None or cell != cell:
        return ""
    text = f"{abs(cell):,.{digits}f}" if isinstance(cell, float) else f"{abs(cell):,}"
    if of_years:
        text = text.replace(",", "")
    return f"{MINUS}{text}" if cell < 0 else text


def _number(cell: Cell) -> float | None:
    return None if cell is None or isinstance(cell, str) or cell != cell else float(cell)
