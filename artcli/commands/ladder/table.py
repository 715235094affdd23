"""A ladder as tables for people; on a narrow terminal the changes have one of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artcli import console
from artcli.reporting.ladder_cells import COLUMNS, cells, notes

if TYPE_CHECKING:
    from pathlib import Path

    from artcli.reporting.ladder import Ladder

WIDE = 140  # characters; a narrower terminal has no room for the changes beside the numbers
_CHANGE = COLUMNS.index("Change")


def show(ladder: Ladder, folder: Path) -> None:
    out = console.out()
    rows = [cells(row, ladder.seeds) for row in ladder.rows]
    columns = list(COLUMNS)
    if out.width < WIDE:
        changes = [(row[0], row[_CHANGE]) for row in rows]
        out.print(console.table("", ["Row", "Change"], changes))
        rows = [row[:_CHANGE] + row[_CHANGE + 1 :] for row in rows]
        del columns[_CHANGE]
    table = console.table("", columns, rows)
    table.collapse_padding, table.show_edge = True, False  # room for a hundred characters
    for column in table.columns:
        column.overflow = "fold"
        column.no_wrap = column.justify == "right"  # a number cut short would be another number
    out.print(table)
    for note in notes(ladder):
        out.print(note, style="dim", markup=False, soft_wrap=False)
    out.print(f"Report  {console.safe(folder / 'ladder.html')}")
