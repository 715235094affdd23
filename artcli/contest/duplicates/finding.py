"""Which pictures of a contest show the same: a survey comes in, matches of pairs go out.

Exact copies are known by their hashes. What else may be the same is guessed from perceptual hashes
(whole pictures) and from windows (parts), and believed only when the fine detail of both agrees
once one is laid on the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np

from artcli import console
from artcli.contest.duplicates.hashes import CHUNK, guess_whole, shape
from artcli.contest.duplicates.laying import lay
from artcli.contest.duplicates.parts import guess_parts, shrunk
from artcli.contest.duplicates.records import Guess, Match
from artcli.contest.duplicates.threads import in_threads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.contest.survey.records import Survey

    Floats = NDArray[np.float32]
    Greys = NDArray[np.uint8]

PART_SIDES = 0.38, 0.65  # the least and the most of a whole's width and height that a part shows
WHOLE_SIDES = 0.85, 1 / 0.85  # one's width and height by the other's, where both are whole


def find_matches(survey: Survey) -> tuple[Match, ...]:
    """Pairs of usable pictures that show the same, in order of their numbers, each pair once.

    Pictures to learn from are compared with each other and with the test's. Of the test's among
    themselves only exact copies are told: pieces of one painting overlap, and are expected to. Of
    several exact copies each is matched with the first alone, which stands for them all. A part is
    known where it shows about half the width and half the height of a picture to learn from.
    """
    usable = [row for row, measures in enumerate(survey.measures) if not measures.problem]
    exact = tuple(_exact(survey, usable))
    copies = {match.second for match in exact}
    rows = np.array([row for row in usable if row not in copies], np.intp)
    train = np.array([row for row in rows if survey.paintings[row].kind == "train"], np.intp)
    greys, shapes = greys_of(survey), shapes_of(survey)
    guesses = (
        ("Looking for duplicates", guess_whole(survey, shapes, train, rows), len(train)),
        ("Looking for parts", guess_parts(greys, shapes, rows, train), len(rows)),
    )
    found: dict[tuple[int, int], Match] = {}
    for description, chunks, count in guesses:
        with console.progress(description, -(-count // CHUNK)) as advance:
            for chunk in chunks:
                for match in in_threads(partial(judge, greys, shapes), chunk):
                    if match and _better(match, found.get((match.first, match.second))):
                        found[match.first, match.second] = match
                advance()
    return tuple(sorted((*exact, *found.values()), key=lambda match: (match.first, match.second)))


def _exact(survey: Survey, rows: Iterable[int]) -> Iterator[Match]:
    """Each copy with the first of its kind."""
    files: dict[str, int] = {}
    pixels: dict[str, int] = {}
    for row in rows:
        measures = survey.measures[row]
        if (first := files.setdefault(measures.sha256, row)) < row:
            yield Match(first, row, "file", 1.0)
        elif (first := pixels.setdefault(measures.pixels, row)) < row:
            yield Match(first, row, "pixels", 1.0)


def judge(greys: Greys, shapes: Floats, guess: Guess) -> Match | None:
    """The match that was guessed, if it is one.

    greys: `(N, SIDE, SIDE)` uint8; shapes: `(N,)`, the log of each picture's width by its height.
    """
    one, other = np.rot90(greys[guess.one], guess.turned), greys[guess.other]
    if guess.how == "part":
        one = shrunk(one)
    if guess.how == "mirrored":
        one = one[:, ::-1]
    laid = lay(np.ascontiguousarray(one), other, guess.left, guess.top)
    stretch = float(shapes[guess.other] - shape(shapes[guess.one], guess.turned))
    low, high = PART_SIDES if guess.how == "part" else WHOLE_SIDES
    if (
        laid is None
        or not (low <= laid.width <= high and low <= laid.height <= high)
        or not laid.same(stretch)
    ):
        return None
    first, second = sorted((guess.one, guess.other))
    whole = guess.other if guess.how == "part" else None
    likeness = round(min(laid.likeness, 1.0), 4)
    return Match(first, second, guess.how, likeness, whole, guess.turned)


def _better(match: Match, former: Match | None) -> bool:
    """Whole pictures before parts, then the likelier."""
    if former is None:
        return True
    return (match.whole is None, match.likeness) > (former.whole is None, former.likeness)


def greys_of(survey: Survey) -> Greys:
    """`(N, SIDE, SIDE)` uint8; the small pictures are read from disk one after the other."""
    greys = np.empty(survey.thumbs.shape[:3], np.uint8)
    for row, thumb in enumerate(survey.thumbs):
        greys[row] = cv2.cvtColor(np.asarray(thumb), cv2.COLOR_RGB2GRAY)
    return greys


def shapes_of(survey: Survey) -> Floats:
    """`(N,)`: the log of each picture's width by its height."""
    sizes = [(max(1, one.width), max(1, one.height)) for one in survey.measures]
    pairs = np.array(sizes, np.float64).reshape(-1, 2)
    return np.asarray(np.log(pairs[:, 0] / pairs[:, 1]), np.float32)
