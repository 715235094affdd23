"""Corrections of train.csv by row position, as data: `fixes.csv`, and those artcli ships.

A correction says which data row it means (counted from 1, as artcli's messages count), what stands
there now, and what should:

    row,id,img_path,artist,new_id,new_img_path,new_artist
    3897,3896,./train/3896.jpg,Edgar Degas,3896,./train/3896.jpg,Titian

It is applied where the row holds the old values, left alone where it holds the new ones already,
and refused otherwise. Beside a new artist a blank new_id or new_img_path means that it stays; leave
new_id, new_img_path and new_artist all blank to leave the row out. Several lines may name one row:
copies of a contest differ, and what was corrected may be corrected again. train.csv itself is never
changed; `read_train` gives it corrected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path

from artcli.contest.csvfile import Row, Table, read_table
from artcli.contest.names import unicode_form
from artcli.contest.problem import Problem
from artcli.workspace.plain_files import is_there

FIXES_NAME, TRAIN_NAME = "fixes.csv", "train.csv"
OLD = ("id", "img_path", "artist")
_NEW = tuple(f"new_{column}" for column in OLD)
COLUMNS = ("row", *OLD, *_NEW)
_DIGITS = 9  # of a row's number, at most


@dataclass(frozen=True)
class Fix:
    """One correction: the data row it means, the values it expects there and those it writes.

    No new values at all (each of them blank): the row is removed.
    """

    row: int
    old: dict[str, str]
    new: dict[str, str]

    @property
    def removes(self) -> bool:
        return not any(self.new.values())

    def cells(self) -> tuple[str, ...]:
        """The correction as a line of a fixes file, in the order of `COLUMNS`."""
        return (str(self.row), *self.old.values(), *self.new.values())


def read_train(
    data: Path, problems: list[str], notices: list[str], corrections: Path | None = None
) -> Table | None:
    """train.csv of the folder `data`, corrected by the fixes.csv in `corrections`, or in `data`.

    Blank cells are problems where they are left when all is corrected.
    """
    table = read_table(
        data / TRAIN_NAME, ("id", "artist"), problems, optional=("img_path",), may_be_blank=OLD
    )
    if table is None:
        return None
    notices += table.notices
    fixes_file = (corrections or data) / FIXES_NAME
    if is_there(fixes_file):
        given = table
        table, changes = apply_fixes(given, read_fixes(fixes_file, problems), problems)
        removed = len(given.rows) - len(table.rows)
        done = [
            f"{does} {rows} row{'s' * (rows > 1)}"
            for does, rows in (("corrects", len(changes) - removed), ("removes", removed))
            if rows
        ]
        if done:
            notices.append(
                Problem(f"{FIXES_NAME} {' and '.join(done)} of {TRAIN_NAME}", "corrected-rows")
            )
    problems += table.blank(OLD)
    return table


def read_fixes(path: Path, problems: list[str]) -> tuple[Fix, ...]:
    """The corrections in the CSV file `path`; what is wrong with it is appended to `problems`."""
    table = read_table(path, COLUMNS, problems, may_be_blank=COLUMNS)
    if table is None:
        return ()
    found = (read_fix(table, line, problems) for line in table.as_it_was().rows)
    return tuple(fix for fix in found if fix is not None)


def read_fix(table: Table, line: Row, problems: list[str]) -> Fix | None:
    """The correction in a line of `table`, which has `COLUMNS`; None, with a problem, without."""
    old = {column: line[column] for column in OLD}
    new = {column: line[f"new_{column}"] for column in OLD}
    row = line["row"]
    if not (row.isascii() and row.isdecimal() and len(row) <= _DIGITS and int(row)):
        problems.append(
            Problem(
                f"{table.where(line, 'row')}: {row!r} is not a data row (they count from 1)",
                "bad-fix",
            )
        )
        return None
    if new["artist"]:
        new = {column: new[column] or old[column] for column in OLD}
    elif any(new.values()):
        problems.append(
            Problem(
                f"{table.where(line, 'new_artist')}: is blank; a row is removed where"
                f" {', '.join(_NEW)} are all blank",
                "bad-fix",
            )
        )
        return None
    return Fix(int(row), old, new)


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
            if not any(fix.removes for fix in mine):
                problems.append(
                    Problem(f"{FIXES_NAME}: {table.path.name} has no row {number}", "misfit-fix")
                )
            continue
        fixed = _fixed(row, mine)
        if fixed != row:
            new = _shown(fixed, mine[0]) if fixed else "removed"
            changes.append(f"{table.path.name} row {number}: {_shown(row, mine[0])} -> {new}")
        elif not any(holds(row, values) for fix in mine for values in (fix.old, fix.new)):
            problems.append(
                Problem(
                    f"{FIXES_NAME}: {table.path.name} row {number} (line {row.line}) holds"
                    f" {_shown(row, mine[0])}, neither the old nor the new values of the"
                    " correction",
                    "misfit-fix",
                )
            )
        if fixed is None:
            del rows[number]
        else:
            rows[number] = fixed
    return table.with_rows(rows[row.number] for row in table.rows if row.number in rows), changes


def _fixed(row: Row, fixes: list[Fix]) -> Row | None:
    """`row` as `fixes` leave it, each applied once at most, one to what another made; or None."""
    left = list(fixes)
    while fix := next((fix for fix in left if holds(row, fix.old)), None):
        left.remove(fix)
        if fix.removes:
            return None
        row = replace(row, cells={column: fix.new.get(column, row[column]) for column in row.cells})
    return row


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


def holds(row: Row, values: dict[str, str]) -> bool:
    return all(
        unicode_form(row[column]) == unicode_form(value)
        for column, value in values.items()
        if column in row.cells
    )


def _shown(row: Row, fix: Fix) -> str:
    return ",".join(row[column] for column in fix.old if column in row.cells)
