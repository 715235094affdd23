"""What artcli can mend in a contest's files by itself, and how: beside them, never in them.

A data folder comes in; `Repairs` go out, which say row by row what they would change and write it
as `fixes.csv` and `aliases.csv`. Only what is known is mended: faults of published files that
artcli ships corrections for, and names whose bare letters are those of exactly one other name.
Reading the folder afterwards finds nothing more to mend.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from artcli.contest.csvfile import Row, read_table, to_text
from artcli.contest.fixes import COLUMNS, FIXES_NAME, Fix, KnownFault, known_fault, read_train
from artcli.contest.genres import ALIASES_NAME, ARTISTS_NAME, read_genres
from artcli.contest.names import unicode_form
from artcli.workspace.files import write_bytes, write_text


@dataclass(frozen=True)
class Repairs:
    """Corrections not yet made: a known fault of train.csv, and spellings to join."""

    fault: KnownFault | None = None
    aliases: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return self.fault is not None or bool(self.aliases)

    @property
    def offers(self) -> tuple[str, ...]:
        """What they would do, in short."""
        made = [f"join {artist!r} with {name!r}" for artist, name in self.aliases]
        if self.fault:
            rows = len(self.fault.changes)
            made.insert(
                0,
                f"correct {rows} row{'s' * (rows > 1)} of train.csv (a known fault of the"
                f" {self.fault.contest} contest's files)",
            )
        return tuple(made)

    @property
    def account(self) -> tuple[str, ...]:
        """What they do, row by row."""
        return (
            *(self.fault.changes if self.fault else ()),
            *(
                f"{artist!r} of train.csv is {name!r} of {ARTISTS_NAME}"
                for artist, name in self.aliases
            ),
        )

    def write(self, data: Path, into: Path | None = None) -> None:
        """Add the corrections to the files in `data`, or leave it alone and write them `into`."""
        fixes: tuple[Fix, ...] = self.fault.fixes if self.fault else ()
        for name, header, lines in (
            (FIXES_NAME, COLUMNS, [fix.cells() for fix in fixes]),
            (ALIASES_NAME, ("artist", "name"), list(self.aliases)),
        ):
            if lines:
                _add_lines(data / name, (into or data) / name, header, lines)


def find_repairs(data: Path) -> Repairs:
    """What can be mended in the folder `data`; nothing where its tables cannot be read."""
    table = read_train(data, [], [])
    if table is None:
        return Repairs()
    first_row: dict[str, int] = {}
    by_form: dict[str, str] = {}
    for row in table.rows:
        first_row.setdefault(
            by_form.setdefault(unicode_form(row["artist"]), row["artist"]), row.number
        )
    unjoined = read_genres(data, first_row, [], []).unjoined
    aliases = ((artist, name) for artist, name in unjoined.items() if name is not None)
    return Repairs(known_fault(table), tuple(aliases))


def _add_lines(
    existing: Path, target: Path, header: Sequence[str], lines: Iterable[Sequence[str]]
) -> None:
    table = read_table(existing, header, []) if existing.exists() else None
    if table is None:
        write_text(target, to_text(header, lines))
        return
    blank = dict.fromkeys(table.header, "")
    added = [Row(0, 0, blank | dict(zip(header, line, strict=True))) for line in lines]
    write_bytes(target, table.with_rows((*table.rows, *added)).to_bytes())
