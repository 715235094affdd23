"""Slips of the pen in train.csv that its rows let one guess: wrong ids, and names misspelt.

The table and the contest read from it come in; out goes, row by row, what it may have been meant to
say, and why. They are guesses, for a person to decide on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from artcli.contest.names import near_pairs

if TYPE_CHECKING:
    from artcli.contest.csvfile import Row, Table
    from artcli.contest.tables import Contest

_DIGITS = 9  # of a file's number, at most


def wrong_ids(table: Table) -> Iterator[tuple[int, str, str]]:
    """(row, id, why) of rows whose id is repeated while the number of their file is nobody's id.

    Only where most files have their row's id for a number.
    """
    rows = Counter(row["id"] for row in table.rows)
    meant = {row.number: _file_number(row) for row in table.rows}
    if 2 * sum(meant[row.number] == row["id"] for row in table.rows) <= len(table.rows):
        return
    taken = set(rows)
    for row in table.rows:
        number = meant[row.number]
        if rows[row["id"]] > 1 and number and number not in taken:
            taken.add(number)
            why = (
                f"the id {row['id']} is given to several rows and {number}, which the file of this"
                " row means, to none"
            )
            yield row.number, number, why


def misspelt_names(contest: Contest) -> Iterator[tuple[str, str, str]]:
    """(id, artist, why) of the works of the rarer of two names that nearly agree."""
    works = dict(zip(contest.artists, contest.counts, strict=True))
    meant: dict[str, str] = {}
    for pair in near_pairs(contest.artists):
        rarer, commoner = sorted(pair, key=works.__getitem__)
        if works[rarer] < works[commoner]:
            meant[rarer] = max(commoner, meant.get(rarer, commoner), key=works.__getitem__)
    for painting in contest.train:
        if name := meant.get(given := str(painting.artist)):
            why = f"{name!r} has {works[name]:,} works and {given!r} {works[given]:,}"
            yield painting.id, name, f"{why}: a slip of the pen?"


def _file_number(row: Row) -> str | None:
    """The number that the name of the row's file is, as ids write it: 70 of ./train/0070.jpg."""
    stem = PurePosixPath(row.cells.get("img_path", "")).stem
    known = stem.isascii() and stem.isdecimal() and len(stem) <= _DIGITS
    return str(int(stem)) if known else None
