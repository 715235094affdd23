"""The real painting that is nearest to each generated work, to tell copies from new works.

A set and a survey come in, a `Neighbour` for each work goes out. A work is held against every
painting to learn from, whole and as the square in its middle (of which generators learn), plain
and in a mirror, and against parts half as wide and half as high. On what comes nearest it is laid.

A likeness is the correlation of detail of a few pixels in pictures of 64 by 64 (see
`duplicates.laying`): light, colour and large shapes do not count, and a little blur costs little.
`benchmarks/copies.py` measures what it is of copies, and of paintings that are none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from artcli import console
from artcli.contest.duplicates.finding import WHOLE_SIDES, greys_of, judge, shapes_of
from artcli.contest.duplicates.laying import ROUGH, SKEW, lay, relief
from artcli.contest.duplicates.parts import guess_parts
from artcli.contest.duplicates.threads import in_threads
from artcli.contest.images import read_image, resize
from artcli.contest.survey.records import SIDE
from artcli.contest.survey.surveying import survey

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.contest.generated.records import GeneratedSet, GeneratedWork
    from artcli.contest.tables import Contest
    from artcli.workspace.paths import Workspace

    Floats = NDArray[np.float32]
    Greys = NDArray[np.uint8]

# The least likeness of a copy. Of 1,103 real paintings all but two (a red and a black square on
# white) are less than 0.71 like any other; of their copies 99 in 100 are more than 0.75 like them.
COPY = 0.75
NEAREST = 8  # paintings that a work is laid on
_LESS = round(0.89 * SIDE)  # pixels: generators learn from crops that are a little smaller, too
_ROUGHER, _CELLS = 2 * ROUGH, 16  # what windows are compared by: pixels; cells along each side
_CHUNK = 256  # paintings that are compared with all works at a time


@dataclass(frozen=True)
class Neighbour:
    """The real painting nearest to a work: its id, and how much alike both are, 0 to 1.

    `mirrored`: it is nearest in a mirror; `part`: the work shows a part of it, about half as wide
    and half as high. `copy`: it shows the same, perhaps trimmed by up to a tenth or so of either
    side, in another tone, or a little blurred. Of a copy with much noise or blur, or made of less,
    only the likeness tells, and that the painting is its neighbour.
    """

    painting: str
    likeness: float
    mirrored: bool
    part: bool
    copy: bool

    def shows_content(self, work: GeneratedWork) -> bool:
        """Whether the work shows just what its own content shows, as a style transfer may."""
        return self.copy and self.painting == work.content

    def is_copy(self, work: GeneratedWork) -> bool:
        """Whether the work is a copy of a painting that is not its content."""
        return self.copy and self.painting != work.content


class _Window(NamedTuple):
    """A square of so many pixels from `left`, `top` on, of the whole or of the `middle` square."""

    middle: bool
    side: int
    left: int
    top: int


_PLACES = 0, (SIDE - _LESS) // 2, SIDE - _LESS
_WINDOWS = tuple(
    window
    for middle in (False, True)
    for window in (
        _Window(middle, SIDE, 0, 0),
        *(_Window(middle, _LESS, left, top) for top in _PLACES for left in _PLACES),
    )
)


class Near(NamedTuple):
    """How much alike a work and the painting number `row` are."""

    likeness: float
    row: int
    mirrored: bool = False
    part: bool = False


@dataclass(frozen=True, eq=False)
class Pictures:
    """Small grey pictures `(N, SIDE, SIDE)` uint8, squashed to squares, and the log `(N,)` of the
    width by the height of each before that."""

    greys: Greys
    shapes: Floats


def find_neighbours(
    workspace: Workspace, contest: Contest, found: GeneratedSet
) -> dict[str, Neighbour]:
    """The neighbour of each of the set's works, by the work's id, among all paintings to learn
    from that can be read; nothing where there are none.

    Of a painting a copy is known that shows at least nine tenths of either side, or about half of
    both; what lies between is not. The survey that `artcli eda` makes is used, or made.
    """
    if not found.works:
        return {}
    seen = survey(workspace.cache, contest)
    rows = seen.usable("train")
    if not rows:
        return {}
    real = Pictures(greys_of(seen)[rows], shapes_of(seen)[rows])
    ours = small(read_image(work.path) for work in found.works)
    return {
        work.id: Neighbour(
            seen.paintings[rows[near.row]].id,
            round(min(max(near.likeness, 0.0), 1.0), 4),
            near.mirrored,
            near.part,
            near.part or near.likeness >= COPY,
        )
        for work, near in zip(found.works, nearest(real, ours), strict=True)
    }


def nearest(real: Pictures, ours: Pictures) -> list[Near]:
    """What of `real` is nearest to each of `ours`: a whole that is a copy, a part, any whole."""
    jobs = list(zip(ours.greys, _candidates(real, ours.greys), strict=True))
    wholes = in_threads(partial(_nearest_whole, real), jobs)
    found = list(console.track(wholes, "Looking for copies", len(jobs)))
    parts = _parts(real, ours)
    return [
        parts[number] if number in parts and near.likeness < COPY else near
        for number, near in enumerate(found)
    ]


def _candidates(real: Pictures, ours: Greys) -> list[list[tuple[int, bool, _Window]]]:
    """For each of `ours` `(W, SIDE, SIDE)` the `NEAREST` paintings by their windows' cells, in a
    mirror or not."""
    looks = _cells([relief(grey, _ROUGHER) for grey in (*ours, *ours[:, :, ::-1])])
    found: list[list[tuple[float, int, bool, _Window]]] = [[] for _ in ours]
    for start in range(0, len(real.greys), _CHUNK):
        numbers = range(start, min(start + _CHUNK, len(real.greys)))
        windows = np.concatenate(list(in_threads(partial(_windows, real), numbers)))
        scores = (looks @ windows.T).reshape(len(looks), len(numbers), len(_WINDOWS))
        best, which = scores.max(2), scores.argmax(2)
        for work, so_far in enumerate(found):
            for look in (work, work + len(ours)):
                for at in np.argsort(-best[look], kind="stable")[:NEAREST].tolist():
                    window = _WINDOWS[which[look, at]]
                    so_far.append((float(best[look, at]), numbers[at], look != work, window))
            so_far.sort(key=lambda one: -one[0])
            del so_far[NEAREST:]
    return [[one[1:] for one in so_far] for so_far in found]


def _windows(real: Pictures, number: int) -> Floats:
    """The cells of each of a painting's windows."""
    views = [relief(_view(real, number, middle), _ROUGHER) for middle in (False, True)]
    return _cells(
        [
            views[middle][top : top + side, left : left + side]
            for middle, side, left, top in _WINDOWS
        ]
    )


def _cells(details: Sequence[Floats]) -> Floats:
    """The detail of pictures, as vectors of mean 0 and length 1 (0 where nothing varies)."""
    small = [cv2.resize(one, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA) for one in details]
    flat = np.asarray(small, np.float32).reshape(len(small), -1)
    flat = flat - flat.mean(1, keepdims=True)
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.asarray(flat / np.maximum(lengths, 1e-6), np.float32)


def _nearest_whole(real: Pictures, job: tuple[Greys, Sequence[tuple[int, bool, _Window]]]) -> Near:
    grey, candidates = job
    return max(
        Near(_likeness(grey[:, ::-1] if mirrored else grey, _cut(real, row, window)), row, mirrored)
        for row, mirrored, window in candidates
    )


def _likeness(ours: Greys, real: Greys) -> float:
    """How much alike two pictures `(SIDE, SIDE)` are, as they are or once one is laid on the other
    (which must not have to be stretched much)."""
    ours = np.ascontiguousarray(ours)
    pair = relief(ours, ROUGH).ravel(), relief(real, ROUGH).ravel()
    powers = float(pair[0] @ pair[0]) * float(pair[1] @ pair[1])
    plain = float(pair[0] @ pair[1]) / math.sqrt(powers + 1e-9)
    laid = lay(ours, real, scale=ROUGH)
    low, high = WHOLE_SIDES
    if laid is None or laid.skew > SKEW or not low <= min(laid.width, laid.height) <= high:
        return plain
    return max(plain, laid.likeness) if max(laid.width, laid.height) <= high else plain


def _parts(real: Pictures, ours: Pictures) -> dict[int, Near]:
    """The works that show about half the width and half the height of a painting, by number."""
    count, works = len(real.greys), len(ours.greys)
    greys = np.concatenate([real.greys, ours.greys, ours.greys[:, :, ::-1]])
    shapes = np.concatenate([real.shapes, ours.shapes, ours.shapes])
    looks, wholes = np.arange(count, len(greys)), np.arange(count)
    found: dict[int, Near] = {}
    for guesses in guess_parts(greys, shapes, looks, wholes):
        for match in in_threads(partial(judge, greys, shapes), guesses):
            if match is not None:
                mirrored, work = divmod(match.second - count, works)
                near = Near(match.likeness, match.first, bool(mirrored), True)
                found[work] = max(near, found.get(work, near))
    return found


def _cut(real: Pictures, number: int, window: _Window) -> Greys:
    """A painting's window, `(SIDE, SIDE)`."""
    middle, side, left, top = window
    return _squared(_view(real, number, middle)[top : top + side, left : left + side])


def _view(real: Pictures, number: int, middle: bool) -> Greys:
    """A painting whole, or the square in its middle; both `(SIDE, SIDE)`."""
    grey: Greys = real.greys[number]
    if not middle:
        return grey
    stretch = math.exp(-abs(float(real.shapes[number])))  # the shorter side by the longer one
    side = max(8, round(SIDE * stretch))
    start = (SIDE - side) // 2
    wide = real.shapes[number] > 0
    return _squared(grey[:, start : start + side] if wide else grey[start : start + side])


def _squared(grey: Greys) -> Greys:
    return np.asarray(
        cv2.resize(np.ascontiguousarray(grey), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC),
        np.uint8,
    )


def small(pictures: Iterable[NDArray[np.uint8]]) -> Pictures:
    """Pictures `(H, W, 3)` uint8 RGB of any size, as they are compared."""
    greys, shapes = [], []
    for picture in pictures:
        height, width = picture.shape[:2]
        greys.append(np.asarray(cv2.cvtColor(resize(picture, SIDE, SIDE), cv2.COLOR_RGB2GRAY)))
        shapes.append(math.log(width / height))
    return Pictures(np.asarray(greys, np.uint8), np.asarray(shapes, np.float32))
