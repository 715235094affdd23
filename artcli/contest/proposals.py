"""Corrections proposed to a person: `fixes.csv` and `groups.csv` in a folder of reports.

Suspected labels, rows to remove and known faults come in, and become corrections of train.csv; out
of the file that a person has edited come those marked to be applied. Nothing is applied here.

    apply,row,id,img_path,artist,new_id,new_img_path,new_artist,why
    yes,3897,3896,./train/3896.jpg,Edgar Degas,3896,./train/3896.jpg,Titian,a known fault of …
    ,12,11,./train/0011.jpg,Claude Monet,11,./train/0011.jpg,Alfred Sisley,the models say 0.93
    ,81,80,./train/0080.jpg,Titian,,,,remove this row: its picture is truncated

Leave new_id, new_img_path and new_artist all blank to leave the row out of the contest. `apply` is
`yes`, `no`, or blank while nobody has decided. A cell that a spreadsheet would run, such as an
artist whose name begins with =, stands behind an apostrophe; it is read without.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from artcli.contest.additions import add_lines, read_edited
from artcli.contest.csvfile import Row, holds_control
from artcli.contest.fixes import COLUMNS as FIX_COLUMNS
from artcli.contest.fixes import FIXES_NAME, OLD, Fix, holds, known_fault, read_fix, read_train
from artcli.contest.slips import misspelt_names, wrong_ids
from artcli.errors import Problems

if TYPE_CHECKING:
    from artcli.contest.tables import Contest, Painting

COLUMNS = ("apply", *FIX_COLUMNS, "why")
GROUPS_NAME, GROUP_COLUMNS = "groups.csv", ("id", "group")
_ANSWERS = {"yes": True, "no": False, "": None}


@dataclass(frozen=True)
class Proposal:
    """A correction, why it is proposed, and whether to apply it: None while nobody has decided."""

    fix: Fix
    why: str
    apply: bool | None = None

    def cells(self) -> tuple[str, ...]:
        """The proposal as a line of its file, in the order of `COLUMNS`."""
        answer = next(text for text, apply in _ANSWERS.items() if apply is self.apply)
        return (answer, *self.fix.cells(), " ".join(self.why.split()))


@dataclass(frozen=True)
class Written:
    """The files of proposals, and how many lines were new to each; of all corrections in the first,
    how many are marked `yes`, and how many wait for an answer."""

    fixes: Path
    groups: Path
    added: int
    grouped: int
    marked: int
    waiting: int


def propose(
    contest: Contest,
    *,
    suspects: Iterable[tuple[str, str, str]] = (),
    removals: Iterable[tuple[str, str]] = (),
) -> tuple[Proposal, ...]:
    """What to correct in train.csv, one proposal for a row, the surest first.

    The faults that artcli knows are marked to be applied. Slips of the pen, `removals` (id, why)
    and `suspects` (id, the artist to name instead, why) wait for a person's answer.
    Errors: `ValueError` for an artist who is none of the contest's.
    """
    table = read_train(contest.data, [], [])
    if table is None:
        return ()
    rows = {row.number: row for row in table.rows}
    made: list[Proposal] = []
    if fault := known_fault(table):
        why = f"a known fault of the {fault.contest} contest's files"
        fitting = (fix for fix in fault.fixes if holds(rows[fix.row], fix.old))
        made += [Proposal(fix, why, True) for fix in fitting]
    for number, key, why in wrong_ids(table):
        old = {column: rows[number][column] for column in OLD}
        made.append(Proposal(Fix(number, old, old | {"id": key}), why))
    paintings = {painting.id: painting for painting in contest.train}
    for key, why in removals:
        old = _cells(contest, paintings[key], rows)
        removal = Fix(paintings[key].row, old, dict.fromkeys(OLD, ""))
        made.append(Proposal(removal, f"remove this row: {why}"))
    for key, artist, why in (*misspelt_names(contest), *suspects):
        if artist not in contest.artists:
            raise ValueError(f"{artist!r} is none of the contest's artists")
        old = _cells(contest, paintings[key], rows)
        made.append(Proposal(Fix(paintings[key].row, old, old | {"artist": artist}), why))
    first: dict[int, Proposal] = {}
    for proposal in made:
        if _one_line(proposal.fix):
            first.setdefault(proposal.fix.row, proposal)
    return tuple(first.values())


def write_proposals(
    folder: Path, proposals: Sequence[Proposal], groups: Iterable[tuple[str, str, str]] = ()
) -> Written:
    """Write corrections and `groups` (id, group, why) for a person to edit, into `folder`.

    Every line that is there stays as it is: a correction is added where none of the same row and
    values is listed, a painting where it is in no line. Those of a group that is listed already
    join it by its name there. Errors: `Problems` where a file that is there is damaged.
    """
    fixes_csv, groups_csv = folder / FIXES_NAME, folder / GROUPS_NAME
    there = {_meant(proposal.fix) for proposal in read_proposals(folder)}
    added = [proposal for proposal in proposals if _meant(proposal.fix) not in there]
    if added:
        add_lines(fixes_csv, COLUMNS, [proposal.cells() for proposal in added])
    grouped = _new_in_groups(dict(read_proposed_groups(folder)), groups)
    if grouped:
        add_lines(groups_csv, (*GROUP_COLUMNS, "why"), grouped)
    answers = [proposal.apply for proposal in read_proposals(folder)]
    return Written(
        fixes_csv, groups_csv, len(added), len(grouped), answers.count(True), answers.count(None)
    )


def read_proposals(folder: Path) -> tuple[Proposal, ...]:
    """The corrections in `folder`, as they were proposed and edited; none without a file.

    Errors: `Problems` with all that is wrong in the file.
    """
    path = folder / FIXES_NAME
    table = read_edited(path, COLUMNS)
    if table is None:
        return ()
    table = table.as_it_was()
    problems: list[str] = []
    found: list[Proposal] = []
    for line in table.rows:
        answer = line["apply"].casefold()
        if answer not in _ANSWERS:
            problems.append(
                f"{table.where(line, 'apply')}: {line['apply']!r} is neither yes nor no, nor blank"
            )
        fix = read_fix(table, line, problems)
        if fix is not None:
            found.append(Proposal(fix, line["why"], _ANSWERS.get(answer)))
    if problems:
        raise Problems(f"{path} does not serve", problems, "mend these lines, or remove them")
    return tuple(found)


def read_proposed_groups(folder: Path) -> tuple[tuple[str, str], ...]:
    """(id, group) of every line; the group is "" where a person does not want the painting in it.

    Errors: `Problems` where the file is damaged.
    """
    table = read_edited(folder / GROUPS_NAME, GROUP_COLUMNS)
    return tuple((row["id"], row["group"]) for row in table.as_it_was().rows) if table else ()


def _new_in_groups(
    listed: dict[str, str], groups: Iterable[tuple[str, str, str]]
) -> list[tuple[str, str, str]]:
    lines = list(groups)
    name_of: dict[str, str] = {}
    for key, group, _ in lines:
        if listed.get(key):
            name_of.setdefault(group, listed[key])
    return [
        (key, name_of.get(group, group), " ".join(why.split()))
        for key, group, why in lines
        if key not in listed
    ]


def _cells(contest: Contest, painting: Painting, rows: dict[int, Row]) -> dict[str, str]:
    """The row of `painting` in train.csv; where that has no paths, the path that its id means."""
    path = f"./{painting.path.relative_to(contest.data).as_posix()}"
    return {column: rows[painting.row].cells.get(column, path) for column in OLD}


def _one_line(fix: Fix) -> bool:
    """Whether a CSV file of ours can hold the correction: no control characters, no half row."""
    whole = fix.removes or all(fix.new.values())
    return whole and not any(map(holds_control, fix.cells()))


def _meant(fix: Fix) -> tuple[int, tuple[str, ...]]:
    return fix.row, tuple(fix.old.values())
