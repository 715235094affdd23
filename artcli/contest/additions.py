"""Lines added to a CSV file that people edit, too: what it holds stays, and so does its form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from artcli.contest.csvfile import Row, Table, read_table, to_text
from artcli.contest.problem import code_of
from artcli.contest.spreadsheets import disarmed
from artcli.errors import Problems
from artcli.workspace.files import write_bytes, write_text
from artcli.workspace.plain_files import is_there


def add_lines(
    path: Path, header: Sequence[str], lines: Iterable[Sequence[str]], *, into: Path | None = None
) -> None:
    """Add `lines`, whose cells are of the columns `header`, to the file `path`, made if need be.

    Its own columns, their order, its encoding and its line ends are kept; the lines' cells are
    disarmed for spreadsheets, and read again by `Table.as_it_was`. `into`: the file is left
    alone, and written there with the lines. Errors: `Problems` where the file is damaged.
    """
    lines = [[disarmed(cell) for cell in line] for line in lines]
    table = read_edited(path, header)
    if table is None:
        write_text(into or path, to_text(header, lines))
        return
    blank = dict.fromkeys(table.header, "")
    added = [Row(0, 0, blank | dict(zip(header, line, strict=True))) for line in lines]
    longer = table.with_rows((*table.rows, *added))
    try:
        written = longer.to_bytes()
    except UnicodeEncodeError:  # a spreadsheet saved it in an encoding that lacks a new letter
        written = replace(longer, form=replace(longer.form, encoding="utf-8")).to_bytes()
    write_bytes(into or path, written)


def read_edited(path: Path, columns: Sequence[str]) -> Table | None:
    """The file `path`, any cell of which may be blank; None where there is no such file.

    Errors: `Problems` where it is damaged: it is never taken for less than its owner wrote.
    """
    if not is_there(path):
        return None
    problems: list[str] = []
    table = read_table(path, columns, problems, may_be_blank=columns)
    damage = [problem for problem in problems if code_of(problem) != "no-rows"]
    if table is None or damage:
        raise Problems(f"{path} does not serve", damage, "mend it, or remove it")
    return table
