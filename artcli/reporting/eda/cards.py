"""What the page shows as pictures: a wall for each artist, pairs, doubtful labels, mix-ups, pieces.

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

if TYPE_CHECKING:
    from artcli.contest.duplicates.records import Match
    from artcli.contest.overview import ArtistFacts
    from artcli.contest.survey.records import Survey
    from artcli.host.records import Box
    from artcli.predicting.audit.records import Confusion, Suspect
    from artcli.reporting.eda.report import EdaReport

HUNG, PAIRS, SUSPECTS, MIX_UPS, QUARTERED = 3, 48, 40, 12, 3
NEAREST = 3  # paintings by an artist shown beside a doubtful one
_HOW = {
    "file": "the same file",
    "pixels": "the same pixels",
    "near": "the same painting",
    "mirrored": "mirrored",
    "part": "a part of it",
}


@dataclass(frozen=True)
class Wall:
    """Some paintings of an artist."""

    artist: ArtistFacts
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Pair:
    """Two pictures that show the same; `between`: whose they are, `grave` where that is a fault."""

    rows: tuple[int, int]
    how: str
    between: str
    grave: bool
    likeness: float


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
    pairs: tuple[Pair, ...]
    doubts: tuple[Doubt, ...]
    mix_ups: tuple[MixUp, ...]

    def rows(self) -> list[int]:
        """Every picture that is shown large, once."""
        shown = (
            *(row for wall in self.walls for row in wall.rows),
            *(quartered.row for quartered in self.quartered),
            *(row for pair in self.pairs for row in pair.rows),
            *(doubt.row for doubt in self.doubts),
            *(row for mix_up in self.mix_ups for row in mix_up.rows),
        )
        return list(dict.fromkeys(shown))


def choose_cards(report: EdaReport) -> Cards:
    """The same ones each time: lots are drawn by the artist's place among all."""
    survey, audit = report.survey, report.audit
    by_artist = _usable_by_artist(survey)
    row_of = {painting.id: row for row, painting in enumerate(survey.paintings) if painting.artist}
    return Cards(
        walls=tuple(
            Wall(artist, _drawn(by_artist[artist.name], HUNG, at))
            for at, artist in enumerate(report.overview.artists)
            if by_artist[artist.name]
        ),
        quartered=tuple(
            Quartered(row, piece_boxes(survey.paintings[row].id))
            for row in _drawn([row for rows in by_artist.values() for row in rows], QUARTERED, 0)
        ),
        pairs=tuple(_pair(survey, match) for match in _gravest(survey, report.matches)[:PAIRS]),
        doubts=tuple(
            Doubt(
                row_of[suspect.id],
                suspect,
                nearest(survey, row_of[suspect.id], by_artist[suspect.given]),
                nearest(survey, row_of[suspect.id], by_artist[suspect.suggested]),
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


def _usable_by_artist(survey: Survey) -> defaultdict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for row, (painting, measures) in enumerate(zip(survey.paintings, survey.measures, strict=True)):
        if painting.artist is not None and not measures.problem:
            found[painting.artist].append(row)
    return found


def _drawn(rows: Sequence[int], count: int, key: int) -> tuple[int, ...]:
    if len(rows) <= count:
        return tuple(rows)
    chosen = np.random.default_rng([len(rows), key]).choice(len(rows), count, replace=False)
    return tuple(rows[place] for place in sorted(chosen.tolist()))


def _gravest(survey: Survey, matches: Iterable[Match]) -> list[Match]:
    """Across artists first, then those between training and test, then all others."""
    return sorted(matches, key=lambda match: _gravity(survey, match))


def _gravity(survey: Survey, match: Match) -> int:
    first, second = survey.paintings[match.first], survey.paintings[match.second]
    if first.kind != second.kind:
        return 1
    return 0 if first.artist != second.artist else 2 if first.kind == "train" else 3


def _pair(survey: Survey, match: Match) -> Pair:
    between = ("two artists", "training and test", "one artist", "the test")
    gravity = _gravity(survey, match)
    rows = (match.first, match.second)
    if match.whole == match.second:
        rows = (match.second, match.first)
    return Pair(rows, _HOW[match.how], between[gravity], gravity < 2, match.likeness)
