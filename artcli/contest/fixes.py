"""Corrections of train.csv by row position, as data: `fixes.csv`, and those artcli ships.

A correction says which data row it means (counted from 1, as artcli's messages count), what stands
there now, and what should:

    row,id,img_path,artist,new_id,new_img_path,new_artist
    3897,3896,./train/3896.jpg,Edgar Degas,3896,./train/3896.jpg,Titian

It is applied where the row holds the old values, left alone where it holds the new ones already,
and refused otherwise. Several lines may name one row: copies of a contest differ. train.csv itself
is never changed; `read_train` gives it corrected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path

from artcli.contest.csvfile import Row, Table, read_table
from artcli.contest.names import unicode_form

FIXES_NAME, TRAIN_NAME = "fixes.csv", "train.csv"
_OLD = ("id", "img_path", "artist")
_NEW = tuple(f"new_{column}" for column in _OLD)
COLUMNS = ("row", *_OLD, *_NEW)


@dataclass(frozen=True)
class Fix:
    """One correction: the data row it means, the values it expects there and those it writes."""

    row: int
    old: dict[str, str]
    new: dict[str, str]

    def cells(self) -> tuple[str, ...]:
        """The correction as a line of a fixes file, in the order of `COLUMNS`."""
        return (str(self.row), *self.old.values(), *self.new.values())


def read_train(
    data: Path, problems: list[str], notices: list[str], corrections: Path | None = None
) -> Table | None:
    """train.csv of the folder `data`, corrected by the fixes.csv in `corrections`, or in `data`."""
    table = read_table(data / TRAIN_NAME, ("id", "artist"), problems, optional=("img_path",))
    if table is None:
        return None
    notices += table.notices
    fixes_file = (corrections or data) / FIXES_NAME
    if fixes_file.exists():
        table, changes = apply_fixes(table, read_fixes(fixes_file, problems), problems)
        if changes:
            notices.append(f"{FIXES_NAME} corrects {len(changes)} rows of {TRAIN_NAME}")
    return table


def read_fixes(path: Path, problems: list[str]) -> tuple[Fix, ...]:
    """The corrections in the CSV file `path`; what is wrong with it is appended to `problems`."""
    table = read_table(path, COLUMNS, problems)
    if table is None:
        return ()
    fixes = []
    for line in table.rows:
        if not line["row"].isdecimal() or int(line["row"]) < 1:
            problems.append(
                f"{table.where(line, 'row')}: {line['row']!r} is not a data row (they count from 1)"
            )
            continue
        old = {column: line[column] for column in _OLD}
        new = {column: line[f"new_{column}"] for column in _OLD}
        fixes.append(Fix(int(line["row"]), old, new))
    return tuple(fixes)


def apply_fixes(
    table: Table, fixes: tuple[Fix, ...], problems: list[str]
) -> tuple[Table, list[str]]:
    """`table` corrected, and a line for each row changed; rows that fit no line are problems.

    Applying twice is applying once. The columns that `table` lacks are not compared.
    """
    rows = {row.number: row for row in table.rows}
    changes: list[str] = []
    for number in sorted({fix.row for fix in fixes}):
        mine = [fix for fix in fixes if fix.row == number]
        row = rows.get(number)
        if row is None:
            problems.append(f"{FIXES_NAME}: {table.path.name} has no row {number}")
        elif any(_holds(row, fix.new) for fix in mine):
            continue
        elif fix := next((fix for fix in mine if _holds(row, fix.old)), None):
            cells = {**row.cells, **{k: v for k, v in fix.new.items() if k in row.cells}}
            rows[number] = replace(row, cells=cells)
            changes.append(
                f"{table.path.name} row {number}: {_shown(row, fix)} -> {_shown(rows[number], fix)}"
            )
        else:
            problems.append(
                f"{FIXES_NAME}: {table.path.name} row {number} (line {row.line}) holds"
                f" {_shown(row, mine[0])}, neither the old nor the new values of the correction"
            )
    return table.with_rows(rows[row.number] for row in table.rows), changes


@dataclass(frozen=True)
class KnownFault:
    """A fault of a published contest's files that `fixes` correct, row by row as `changes` tell."""

    contest: str
    fixes: tuple[Fix, ...]
    changes: tuple[str, ...]


def known_fault(table: Table) -> KnownFault | None:
    """The shipped corrections whose pattern `table` shows.

    The pattern is there when every row named holds old or new values, and one of them old ones.
    """
    for name, fixes in _shipped():
        misfits: list[str] = []
        _, changes = apply_fixes(table, fixes, misfits)
        if changes and not misfits:
            return KnownFault(name, fixes, tuple(changes))
    return None


def _shipped() -> Iterator[tuple[str, tuple[Fix, ...]]]:
    folder = files("artcli.contest") / "known_fixes"
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".csv"):
            with as_file(entry) as path:
                yield entry.name.removesuffix(".csv").capitalize(), read_fixes(path, [])


def _holds(row: Row, values: dict[str, str]) -> bool:
    return all(
        unicode_form(row[column]) == unicode_form(value)
        for column, value in values.items()
        if column in row.cells
    )


def _shown(row: Row, fix: Fix) -> str:
    return ",".join(row[column] for column in fix.old if column in row.cells)
