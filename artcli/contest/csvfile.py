"""A CSV file as text: every cell a string, with the row and line it stands in, and the file's form.

Bytes come in; a `Table` goes out, or problems that name file, row, line and column. The `csv`
module reads it, because it alone tells the line of each row and lets a ragged row be reported
among all the others. Nothing is taken for a number, a date or "NA".
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from artcli.contest.problem import Problem
from artcli.contest.spreadsheets import as_it_was
from artcli.workspace.plain_files import read_plain

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True)
class TextForm:
    """How a text file is written down: what a file that must match it needs to know."""

    encoding: str = "utf-8"
    bom: bool = False
    newline: str = "\n"

    def encode(self, text: str) -> bytes:
        """`text`, whose lines end in \\n, as bytes of this form."""
        mark = "\ufeff" if self.bom else ""
        return (mark + text.replace("\n", self.newline)).encode(self.encoding)


@dataclass(frozen=True)
class Row:
    """One row: `number` counts data rows from 1, `line` counts the file's lines from 1."""

    number: int
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


@dataclass(frozen=True)
class Table:
    """A CSV file read: header and cells stripped of outer white space, all of them text."""

    path: Path
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    form: TextForm
    notices: tuple[str, ...] = ()

    def where(self, row: Row, column: str) -> str:
        return f"{self.path.name} row {row.number} (line {row.line}), column {column}"

    def repeated(self, column: str) -> list[str]:
        """A problem for each row whose cell in `column` an earlier row has already (not blank)."""
        first: dict[str, int] = {}
        return [
            Problem(
                f"{self.where(row, column)}: {row[column]!r} is already in row"
                f" {first[row[column]]}",
                f"repeated-{column}",
            )
            for row in self.rows
            if row[column] and first.setdefault(row[column], row.number) != row.number
        ]

    def blank(self, columns: Iterable[str]) -> list[str]:
        """A problem for each blank cell in `columns`, as far as the table has them."""
        there = [column for column in columns if column in self.header]
        return [
            Problem(f"{self.where(row, column)}: is blank", "blank-cell")
            for row in self.rows
            for column in there
            if not row[column]
        ]

    def with_rows(self, rows: Iterable[Row]) -> Table:
        return replace(self, rows=tuple(rows))

    def as_it_was(self) -> Table:
        """The table, whose cells were disarmed for spreadsheets when it was written."""
        return self.with_rows(
            replace(row, cells={column: as_it_was(cell) for column, cell in row.cells.items()})
            for row in self.rows
        )

    def to_bytes(self) -> bytes:
        """The table as a file of the same form."""
        cells = [[row[column] for column in self.header] for row in self.rows]
        return self.form.encode(to_text(self.header, cells))


def holds_control(cell: str) -> bool:
    """Whether a cell holds a control character, such as a line break, which none of ours may."""
    return any(letter < " " or "\x7f" <= letter <= "\x9f" for letter in cell)


def to_text(header: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """A CSV document whose lines end in \\n, quoted only where it must be."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def read_table(
    path: Path,
    columns: Sequence[str],
    problems: list[str],
    *,
    optional: Sequence[str] = (),
    may_be_blank: Sequence[str] = (),
    lenient: bool = False,
) -> Table | None:
    """The CSV file at `path`, which must have `columns`; None when it cannot be read at all.

    It may have the `optional` columns too; any other is ignored, with a notice.

    What is wrong is appended to `problems`, all of it in one pass; a ragged row is left out.
    `lenient`: undecodable bytes become U+FFFD, with a notice, instead of a problem.
    """
    name = path.name
    data = _read_bytes(path, problems)
    if data is None:
        return None
    decoded = _decode(data, name, problems, lenient=lenient)
    if decoded is None:
        return None
    text, form, notices = decoded
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    raw: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for cells in reader:
            if cells:
                raw.append((line, [cell.strip() for cell in cells]))
            line = reader.line_num + 1
    except csv.Error as error:
        problems.append(
            Problem(
                f"{name} line {line}: not readable as CSV ({error}); an unclosed quote?",
                "unreadable-table",
            )
        )
        return None
    if not raw:
        problems.append(Problem(f"{name} is empty", "empty-table"))
        return None
    header = tuple(raw[0][1])
    if not _header_serves(name, header, columns, problems):
        return None
    ignored = [column for column in header if column not in (*columns, *optional)]
    if ignored:
        notices.append(
            Problem(f"{name}: columns not used: {', '.join(map(repr, ignored))}", "unused-columns")
        )
    table = Table(path, header, (), form, tuple(notices))
    used = [column for column in header if column in (*columns, *optional)]
    table = table.with_rows(_checked_rows(table, raw[1:], used, problems))
    problems += table.blank(column for column in used if column not in may_be_blank)
    return table


def _read_bytes(path: Path, problems: list[str]) -> bytes | None:
    try:
        data = read_plain(path)
    except FileNotFoundError:
        if path.is_symlink():
            why = f"{path.name} cannot be read: it is a link that leads nowhere"
            problems.append(Problem(why, "unreadable-table"))
        else:
            problems.append(Problem(f"{path.name} is missing", "missing-table"))
    except OSError as error:
        problems.append(
            Problem(f"{path.name} cannot be read: {error.strerror or error}", "unreadable-table")
        )
    else:
        if data:
            return data
        problems.append(Problem(f"{path.name} is empty (zero bytes)", "empty-table"))
    return None


def _decode(
    data: bytes, name: str, problems: list[str], *, lenient: bool
) -> tuple[str, TextForm, list[str]] | None:
    bom, encoding = next((known for known in _BOMS if data.startswith(known[0])), (b"", "utf-8"))
    notices: list[str] = []
    try:
        text = data.removeprefix(bom).decode(encoding)
    except UnicodeDecodeError as error:
        try:
            text, encoding = data.decode("cp949"), "cp949"
            notices.append(
                Problem(f"{name} is not UTF-8; read as cp949 (Korean Windows)", "not-utf-8")
            )
        except UnicodeDecodeError:
            line = data.count(b"\n", 0, error.start) + 1
            if not lenient:
                problems.append(
                    Problem(
                        f"{name} line {line}: neither UTF-8 nor cp949; save it as UTF-8",
                        "unreadable-table",
                    )
                )
                return None
            text = data.removeprefix(bom).decode(encoding, errors="replace")
            notices.append(
                Problem(
                    f"{name} line {line}: damaged characters, shown as \ufffd",
                    "damaged-characters",
                )
            )
    first = text.find("\n")
    if first < 0:
        newline = "\r" if "\r" in text else "\n"
    else:
        newline = "\r\n" if text[first - 1 : first] == "\r" else "\n"
    return text, TextForm(encoding, bool(bom) and encoding != "cp949", newline), notices


def _header_serves(
    name: str, header: Sequence[str], columns: Sequence[str], problems: list[str]
) -> bool:
    absent = [column for column in columns if column not in header]
    twice = sorted({column for column in header if header.count(column) > 1})
    shown = ",".join(header)
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    if absent:
        other = next((mark for mark in ";\t|" if mark in shown and len(header) == 1), "")
        problems.append(
            Problem(
                f"{name} line 1: the header must be {','.join(columns)} but is {shown!r}"
                f" (missing: {', '.join(absent)})"
                + (f"; its cells are parted by {other!r}: save it with commas" if other else ""),
                "bad-header",
            )
        )
    elif twice:
        problems.append(
            Problem(
                f"{name} line 1: the header {shown!r} has {', '.join(twice) or repr('')} twice",
                "bad-header",
            )
        )
    return not absent and not twice


def _checked_rows(
    table: Table,
    raw: Iterable[tuple[int, list[str]]],
    columns: Sequence[str],
    problems: list[str],
) -> list[Row]:
    rows: list[Row] = []
    for number, (line, cells) in enumerate(raw, start=1):
        if len(cells) != len(table.header):
            problems.append(
                Problem(
                    f"{table.path.name} row {number} (line {line}): {len(cells)} cells where the"
                    f" header has {len(table.header)}",
                    "ragged-row",
                )
            )
            continue
        row = Row(number, line, dict(zip(table.header, cells, strict=True)))
        rows.append(row)
        for column in columns:
            if holds_control(row[column]):
                problems.append(
                    Problem(
                        f"{table.where(row, column)}: holds a control character",
                        "control-character",
                    )
                )
    if not raw:
        problems.append(Problem(f"{table.path.name} has a header but no rows", "no-rows"))
    return rows
