"""What the page shows as pictures: walls, pieces, duplicates, doubtful labels, mix-ups.

Cards name pictures by their number in the survey; nothing is read here. How many there are has a
limit each, so that a page of a large contest stays one that opens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from artcli.contest.crops import piece_boxes
from artcli.contest.duplicates.told import TURNED

if TYPE_CHECKING:
    from artcli.contest.duplicates.records import Match
    from artcli.contest.overview import ArtistFacts
    from artcli.contest.survey.records import Survey
    from artcli.host.records import Box
    from artcli.predicting.audit.records import Confusion, Suspect
    from artcli.reporting.eda.report import EdaReport

HUNG, SAME, SUSPECTS, MIX_UPS, QUARTERED = 3, 48, 40, 12, 3
BESIDE = 9  # pictures shown beside one that shows the same
NEAREST = 3  # paintings by an artist shown beside a doubtful one
_HOW = {
    "file": "the same file",
    "pixels": "the same pixels",
    "near": "the same painting",
    "mirrored": "mirrored",
    "part": "a part of it",
}
_BETWEEN = ("two artists", "training and test", "one artist", "the test")  # the gravest first


@dataclass(frozen=True)
class Wall:
    """Some paintings of an artist."""

    artist: ArtistFacts
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Same:
    """The picture number `row`, and others that show the same, in part or in whole, with what each
    is of it and how much they are alike, 0 to 1. `between`: whose they are; `grave` where that is
    a fault; `more`: how many are not shown."""

    row: int
    others: tuple[tuple[int, str, float], ...]
    between: str
    grave: bool
    more: int


@dataclass(frozen=True)
class Doubt:
    """A suspect, with the paintings by either artist that look most like it."""

    row: int
    suspect: Suspect
    by_given: tuple[int, ...]
    by_suggested: tuple[int, ...]


@dataclass(frozen=True)
class MixUp:
    """A confusion: a painting taken for another's, and one that is his."""

    confusion: Confusion
    rows: tuple[int, int]


@dataclass(frozen=True)
class Quartered:
    """A painting, and the pieces that stand for it in validation."""

    row: int
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Cards:
    walls: tuple[Wall, ...]
    quartered: tuple[Quartered, ...]
    same: tuple[Same, ...]
    doubts: tuple[Doubt, ...]
    mix_ups: tuple[MixUp, ...]

    def rows(self) -> list[int]:
        """Every picture that is shown large, once."""
        shown = (
            *(row for wall in self.walls for row in wall.rows),
            *(quartered.row for quartered in self.quartered),
            *(row for same in self.same for row in (same.row, *(one[0] for one in same.others))),
            *(doubt.row for doubt in self.doubts),
            *(row for mix_up in self.mix_ups for row in mix_up.rows),
        )
        return list(dict.fromkeys(shown))


def choose_cards(report: EdaReport) -> Cards:
    """The same ones each time: lots are drawn by the artist's place among all."""
    survey, audit = report.survey, report.audit
    works = defaultdict[str, list[int]](list, survey.works())
    row_of = {painting.id: row for row, painting in enumerate(survey.paintings) if painting.artist}
    return Cards(
        walls=tuple(
            Wall(artist, _drawn(works[artist.name], HUNG, at))
            for at, artist in enumerate(report.overview.artists)
            if works[artist.name]
        ),
        quartered=tuple(
            Quartered(row, piece_boxes(survey.paintings[row].id))
            for row in _drawn([row for rows in works.values() for row in rows], QUARTERED, 0)
        ),
        same=_same(survey, report.matches),
        doubts=tuple(
            Doubt(
                row_of[suspect.id],
                suspect,
                nearest(survey, row_of[suspect.id], works[suspect.given]),
                nearest(survey, row_of[suspect.id], works[suspect.suggested]),
            )
            for suspect in (audit.suspects[:SUSPECTS] if audit else ())
            if suspect.id in row_of
        ),
        mix_ups=tuple(
            MixUp(confusion, (row_of[confusion.example], row_of[confusion.model_of]))
            for confusion in (audit.confusions[:MIX_UPS] if audit else ())
            if confusion.example in row_of and confusion.model_of in row_of
        ),
    )


def nearest(
    survey: Survey, row: int, among: Sequence[int], count: int = NEAREST
) -> tuple[int, ...]:
    """The `count` pictures `among` others that are most like picture `row` in style."""
    others = np.asarray([other for other in among if other != row], np.intp)
    distances = np.linalg.norm(survey.styles[others] - survey.styles[row], axis=1)
    return tuple(others[np.argsort(distances, kind="stable")[:count]].tolist())


def _drawn(rows: Sequence[int], count: int, key: int) -> tuple[int, ...]:
    if len(rows) <= count:
        return tuple(rows)
    chosen = np.random.default_rng([len(rows), key]).choice(len(rows), count, replace=False)
    return tuple(rows[place] for place in sorted(chosen.tolist()))


def _same(survey: Survey, matches: Iterable[Match]) -> tuple[Same, ...]:
    """Matches of one picture side by side: across artists first, then training and test, others."""
    beside: defaultdict[tuple[int, int], list[Match]] = defaultdict(list)
    for match in matches:
        head = match.first if match.whole is None else match.whole
        beside[_gravity(survey, match), head].append(match)
    return tuple(
        Same(
            head,
            tuple(
                (match.first + match.second - head, _what(match), match.likeness)
                for match in found[:BESIDE]
            ),
            _BETWEEN[gravity],
            gravity < 2,
            max(0, len(found) - BESIDE),
        )
        for (gravity, head), found in sorted(beside.items(), key=lambda item: item[0])[:SAME]
    )


def _what(match: Match) -> str:
    return _HOW[match.how] + TURNED[match.turned]


def _gravity(survey: Survey, match: Match) -> int:
    """The place in `_BETWEEN` of whom the two pictures belong to."""
    first, second = survey.paintings[match.first], survey.paintings[match.second]
    if first.kind != second.kind:
        return 1
    return 0 if first.artist != second.artist else 2 if first.kind == "train" else 3
