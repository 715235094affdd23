"""What can be mended in a contest's files, and how: beside them, never in them.

A data folder comes in; `Repairs` go out, which say row by row what they would change and write it
as `fixes.csv`, `aliases.csv` and `groups.csv`. Of itself artcli mends only what is known: faults of
published files that it ships corrections for, and names whose bare letters are those of exactly one
other name. Of what it proposes (`contest.proposals`) it takes what a person has marked. Reading the
folder afterwards finds nothing more to mend.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from artcli.contest.additions import add_lines, read_edited
from artcli.contest.csvfile import Table
from artcli.contest.fixes import (
    COLUMNS,
    FIXES_NAME,
    Fix,
    KnownFault,
    apply_fixes,
    known_fault,
    read_train,
)
from artcli.contest.genres import ALIASES_NAME, ARTISTS_NAME, read_genres
from artcli.contest.names import nearest_names, unicode_form
from artcli.contest.proposals import (
    GROUP_COLUMNS,
    GROUPS_NAME,
    read_proposals,
    read_proposed_groups,
)
from artcli.errors import Problems


@dataclass(frozen=True)
class Repairs:
    """Corrections not yet made: of rows of train.csv, a known fault's among them; spellings to
    join, as (artist, name); paintings that belong together, as (id, group).

    `changes` tell the corrections row by row; `waiting` is the number of those proposed that nobody
    has answered yet.
    """

    fault: KnownFault | None = None
    fixes: tuple[Fix, ...] = ()
    changes: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    groups: tuple[tuple[str, str], ...] = ()
    waiting: int = 0

    def __bool__(self) -> bool:
        return bool(self.fixes or self.aliases or self.groups)

    @property
    def offers(self) -> tuple[str, ...]:
        """What is known would do, in short."""
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
        together: dict[str, list[str]] = {}
        for key, group in self.groups:
            together.setdefault(group, []).append(key)
        return (
            *self.changes,
            *(
                f"{artist!r} of train.csv is {name!r} of {ARTISTS_NAME}"
                for artist, name in self.aliases
            ),
            *(
                f"{GROUPS_NAME}: {', '.join(keys)} in the group {group!r}, which shares a fold"
                for group, keys in together.items()
            ),
        )

    def write(self, data: Path, into: Path | None = None) -> None:
        """Add the corrections to the files in `data`, or leave it alone and write them `into`.

        Errors: `Problems` where a file that is there is damaged.
        """
        for name, header, lines in (
            (FIXES_NAME, COLUMNS, [fix.cells() for fix in self.fixes]),
            (ALIASES_NAME, ("artist", "name"), list(self.aliases)),
            (GROUPS_NAME, GROUP_COLUMNS, list(self.groups)),
        ):
            if lines:
                add_lines(data / name, header, lines, into=into and into / name)


def find_repairs(data: Path, proposed: Path | None = None) -> Repairs:
    """What can be mended in the folder `data`; nothing where its tables cannot be read.

    `proposed` is a folder of proposals; a known fault is left alone where a person says `no` to
    one of its corrections there. Errors: `Problems` where marked proposals do not fit the tables,
    or a file of proposals is damaged.
    """
    table = read_train(data, [], [])
    if table is None:
        return Repairs()
    proposals = read_proposals(proposed) if proposed else ()
    declined = {proposal.fix.cells() for proposal in proposals if proposal.apply is False}
    fault = known_fault(table)
    if fault and not declined.isdisjoint(fix.cells() for fix in fault.fixes):
        fault = None
    known = fault.fixes if fault else ()
    marked = tuple(proposal.fix for proposal in proposals if proposal.apply)
    problems = _strangers(table, known, marked)
    hint = "correct these lines, or write no into their column apply"
    if problems:
        hint += "; to leave a row out, leave new_id, new_img_path and new_artist all blank"
    fixes = tuple({fix.cells(): fix for fix in (*known, *marked)}.values())
    fixed, changes = apply_fixes(table, fixes, problems)
    problems += sorted({*fixed.repeated("id")} - {*table.repeated("id")})
    if proposed and problems:
        raise Problems(
            f"the proposals in {proposed / FIXES_NAME} do not fit {table.path}",
            problems,
            hint,
        )
    return Repairs(
        fault,
        _of_changed_rows(fixes, table, fixed),
        tuple(changes),
        _aliases(data, fixed),
        _new_groups(data, fixed, read_proposed_groups(proposed)) if proposed else (),
        sum(proposal.apply is None for proposal in proposals),
    )


def _strangers(table: Table, known: Sequence[Fix], marked: Iterable[Fix]) -> list[str]:
    """A problem for each correction in `marked` that names an artist nobody knows."""
    artists = [row["artist"] for row in table.rows] + [fix.new["artist"] for fix in known]
    forms = {unicode_form(artist) for artist in artists}
    return [
        f"row {fix.row}: {fix.new['artist']!r} is no artist of the contest; the nearest:"
        f" {', '.join(map(repr, nearest_names(fix.new['artist'], artists))) or 'none'}"
        for fix in marked
        if not fix.removes and unicode_form(fix.new["artist"]) not in forms
    ]


def _of_changed_rows(fixes: Iterable[Fix], before: Table, after: Table) -> tuple[Fix, ...]:
    now = {row.number: row for row in after.rows}
    changed = {row.number for row in before.rows if now.get(row.number) != row}
    return tuple(fix for fix in fixes if fix.row in changed)


def _aliases(data: Path, table: Table) -> tuple[tuple[str, str], ...]:
    first_row: dict[str, int] = {}
    by_form: dict[str, str] = {}
    for row in table.rows:
        first_row.setdefault(
            by_form.setdefault(unicode_form(row["artist"]), row["artist"]), row.number
        )
    unjoined = read_genres(data, first_row, [], []).unjoined
    return tuple((artist, name) for artist, name in unjoined.items() if name is not None)


def _new_groups(
    data: Path, table: Table, proposed: Iterable[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    known = {row["id"] for row in table.rows}
    listed = read_edited(data / GROUPS_NAME, GROUP_COLUMNS)
    there = {(row["id"], row["group"]) for row in listed.as_it_was().rows} if listed else set()
    wanted = [(key, group) for key, group in dict.fromkeys(proposed) if group and key in known]
    sizes = Counter(group for _, group in {*wanted, *there})
    return tuple(one for one in wanted if one not in there and sizes[one[1]] > 1)
