"""Two runs beside each other: whether one is better, and on which artists and paintings they part.

A `Lineup` of two comes in, which is out-of-fold predictions of the same pieces; plain records come
out. "First" and "second" are the two runs in the order of the lineup; a difference is the first
less the second.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from artcli.contest.f1 import Estimate, f1_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from artcli.predicting.exam import Exam, Lineup


@dataclass(frozen=True)
class OfArtist:
    """The F1 of one artist by each run, and how many of the pieces are the artist's."""

    artist: str
    first: float
    second: float
    pieces: int

    @property
    def difference(self) -> float:
        return self.first - self.second


@dataclass(frozen=True)
class OfPainting:
    """A painting of whose pieces `differing` are named otherwise by the two runs.

    `first` and `second`: the artists that each run names, with the number of pieces of each, most
    first.
    """

    id: str
    artist: str
    pieces: int
    differing: int
    first: tuple[tuple[str, int], ...]
    second: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Compared:
    """Two runs on the same N pieces.

    `difference`: of macro F1, paired by painting; `artists`: those who occur, by the size of their
    difference, greatest first; `paintings`: those on which the runs differ, by the number of pieces
    and then by how many more of them one run has right; `both`, `only_first`, `only_second`,
    `neither`: the pieces that are right, which sum to N.
    """

    names: tuple[str, str]
    folds: tuple[int, ...]
    f1: tuple[Estimate, Estimate]
    difference: Estimate
    artists: tuple[OfArtist, ...]
    paintings: tuple[OfPainting, ...]
    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def pieces(self) -> int:
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def more_than_noise(self) -> bool:
        """Whether the interval of the difference leaves out 0."""
        return self.difference.low > 0 or self.difference.high < 0

    @property
    def verdict(self) -> str:
        if not self.more_than_noise:
            return "not more than noise: the interval holds 0"
        return f"more than noise: {self.names[self.difference.value < 0]} is better"


def compare(lineup: Lineup) -> Compared:
    """The two runs of `lineup` by all that their out-of-fold predictions say."""
    exam = lineup.exam
    first, second = lineup.oof.argmax(2)
    right, other_right = first == exam.truth, second == exam.truth
    return Compared(
        names=(lineup.names[0], lineup.names[1]),
        folds=tuple(np.unique(exam.folds).tolist()),
        f1=(exam.score(first), exam.score(second)),
        difference=exam.difference(first, second),
        artists=_by_artist(exam, first, second),
        paintings=_by_painting(exam, first, second),
        both=int((right & other_right).sum()),
        only_first=int((right & ~other_right).sum()),
        only_second=int((~right & other_right).sum()),
        neither=int((~right & ~other_right).sum()),
    )


def _by_artist(
    exam: Exam, first: NDArray[np.intp], second: NDArray[np.intp]
) -> tuple[OfArtist, ...]:
    size = len(exam.classes)
    true = np.bincount(exam.truth, minlength=size)
    scores = [
        f1_of(
            np.bincount(guess[guess == exam.truth], minlength=size),
            true,
            np.bincount(guess, minlength=size),
        )[0]
        for guess in (first, second)
    ]
    found = [
        OfArtist(exam.classes[n], float(scores[0][n]), float(scores[1][n]), int(true[n]))
        for n in np.flatnonzero(true)
    ]
    return tuple(sorted(found, key=lambda one: (-abs(one.difference), one.artist)))


def _by_painting(
    exam: Exam, first: NDArray[np.intp], second: NDArray[np.intp]
) -> tuple[OfPainting, ...]:
    found: list[tuple[int, OfPainting]] = []
    for key in np.unique(exam.ids[first != second]):
        rows = np.flatnonzero(exam.ids == key)
        truth, ours, theirs = exam.truth[rows], first[rows], second[rows]
        painting = OfPainting(
            str(key),
            exam.classes[truth[0]],
            len(rows),
            int((ours != theirs).sum()),
            _named(exam.classes, ours),
            _named(exam.classes, theirs),
        )
        gained = abs(int((ours == truth).sum()) - int((theirs == truth).sum()))
        found.append((gained, painting))
    found.sort(key=lambda one: (-one[1].differing, -one[0], one[1].id))
    return tuple(painting for _, painting in found)


def _named(classes: Sequence[str], guess: NDArray[np.intp]) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(classes[number] for number in guess.tolist()).most_common())
