"""A ladder as a table for people; on a narrow terminal as two, of scores and of differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from artcli import console
from artcli.reporting.ladder_cells import COLUMNS, DIFFERENCES, SCORES, cells, notes

if TYPE_CHECKING:
    from pathlib import Path

    from artcli.reporting.ladder import Ladder

WIDE = 140  # characters; a narrower terminal has no room for all columns side by side


def show(ladder: Ladder, folder: Path) -> None:
    """Tables, notes, and where the report lies."""
    out = console.out()
    rows = [cells(row, ladder.seeds) for row in ladder.rows]
    wide = out.width >= WIDE
    for chosen in [range(len(COLUMNS))] if wide else [SCORES, DIFFERENCES]:
        _print(rows, chosen)
    for note in notes(ladder):
        out.print(note, style="dim", markup=False, soft_wrap=False)
    out.print(f"Report  {console.safe(folder / 'ladder.html')}")


def _print(rows: Sequence[Sequence[str]], chosen: Sequence[int]) -> None:
    columns = [COLUMNS[number] for number in chosen]
    console.out().print(
        console.figures("", columns, [[row[number] for number in chosen] for row in rows])
    )
