"""Find the pieces of one painting, among validation pieces and among the test's.

The evidence for validation pieces is learnt from paintings of other splits alone, so that what is
measured on them is what can be hoped for on the test; for the test it is learnt from all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from artcli.predicting.siblings.candidates import (
    NEAREST,
    ROWS,
    candidate_pairs,
    friends_of_friends,
    of_one_kind,
    unique_pairs,
)
from artcli.predicting.siblings.evidence import LIMIT, Evidence
from artcli.predicting.siblings.grouping import group, log_of_odds_against
from artcli.predicting.siblings.likeness import colours, likenesses
from artcli.predicting.siblings.measures import Quality, group_sizes, pair_quality
from artcli.predicting.siblings.pieces import Pieces, kept_side, test_pieces, validation_pieces

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from artcli.contest.tables import Contest
    from artcli.predicting.exam import Lineup
    from artcli.workspace.paths import Workspace

    Pairs = NDArray[np.intp]
    Floats = NDArray[np.floating]
    Numbers = NDArray[np.integer]

STRANGERS = 3  # of each piece, to learn from


@dataclass(frozen=True, eq=False)
class Compared:
    """Pairs of pieces `(P, 2)` and their `likeness` `(P, L)`."""

    pairs: Pairs
    likeness: Floats

    def __add__(self, more: Compared) -> Compared:
        return Compared(
            np.concatenate([self.pairs, more.pairs]),
            np.concatenate([self.likeness, more.likeness]),
        )


@dataclass(frozen=True, eq=False)
class Grouped:
    """Pieces in `groups` `(N,)`, which follow from the `log_odds` `(P,)` of `pairs` `(P, 2)`."""

    pieces: Pieces
    groups: NDArray[np.intp]
    pairs: Pairs
    log_odds: Floats


@dataclass(frozen=True, eq=False)
class Siblings:
    """The groups of the exam's pieces, `validation` `(N,)`, and of the test's, `test` `(T,)`, with
    how well those of the validation, which the evidence had not seen, agree with the truth."""

    of_validation: Grouped
    of_test: Grouped
    quality: Quality

    @property
    def validation(self) -> NDArray[np.intp]:
        return self.of_validation.groups

    @property
    def test(self) -> NDArray[np.intp]:
        return self.of_test.groups

    @property
    def pooled(self) -> int:
        """How many of the test's pieces have siblings."""
        return len(self.test) - group_sizes(self.test).get(1, 0)

    def document(self) -> dict[str, Any]:
        """The figures, as JSON."""
        quality = self.quality
        return {
            "precision": quality.precision if quality.found else None,  # JSON has no NaN
            "recall": quality.recall if quality.true else None,
            "validation_groups": group_sizes(self.validation),
            "test_groups": group_sizes(self.test),
            "test_pieces_pooled": self.pooled,
        }


def find_siblings(workspace: Workspace, contest: Contest, lineup: Lineup) -> Siblings:
    """The siblings among the exam's pieces and among the test's, in the line-up's orders.

    Errors: `ArtcliError` when the exam's pieces are not those of the workspace's folds; `Problems`
    when pictures of the test cannot be read.
    """
    exam = lineup.exam
    side = kept_side(workspace, lineup.names)
    pieces = validation_pieces(workspace, contest, lineup, side)
    tested = test_pieces(workspace, contest, lineup.test_ids, side)
    judged, evidence = group_known(pieces, exam.ids, exam.folds, exam.splits(contest))
    found = group_unknown(tested, evidence)
    return Siblings(judged, found, pair_quality(judged.groups, exam.ids))


def group_known(
    pieces: Pieces, paintings: ArrayLike, folds: ArrayLike, splits: ArrayLike
) -> tuple[Grouped, Evidence | None]:
    """Groups of pieces whose `paintings` `(N,)` are known, found as if they were not; and the
    evidence learnt from all of them.

    A group lies in one of `folds` `(N,)`. Of each pair of pieces the evidence is learnt from
    paintings in other `splits` `(N,)` than those of the two.
    """
    names, split = np.asarray(paintings), np.asarray(splits)
    search = _Search.among(pieces, np.asarray(folds))
    strange = search.compare(_strangers(search.histograms, names, split))
    own: dict[tuple[int, int], Evidence | None] = {}

    def learn(compared: Compared, taught: NDArray[np.bool_]) -> Evidence | None:
        known = compared + strange
        rows = np.flatnonzero(taught[known.pairs].all(1))
        same = names[known.pairs[rows, 0]] == names[known.pairs[rows, 1]]
        return Evidence.fit(known.likeness[rows], same)

    def judge(compared: Compared) -> Floats:
        log_odds = np.empty(len(compared.pairs))
        between = np.sort(split[compared.pairs], axis=1)
        for low, high in np.unique(between, axis=0).tolist():
            if (low, high) not in own:
                own[low, high] = learn(compared, ~np.isin(split, (low, high)))
            rows = (between == (low, high)).all(1)
            log_odds[rows] = _weigh(own[low, high], compared.likeness[rows])
        return log_odds

    grouped, compared = search.group(judge)
    return grouped, learn(compared, np.ones(len(names), bool))


def group_unknown(pieces: Pieces, evidence: Evidence | None) -> Grouped:
    """Groups by `evidence`; without it, all pieces are alone."""
    search = _Search.among(pieces, np.zeros(len(pieces), np.intp))
    return search.group(lambda found: _weigh(evidence, found.likeness))[0]


@dataclass(frozen=True, eq=False)
class _Search:
    """Pieces, of which those of one of `kinds` `(N, 3)`, size and fold, can be siblings."""

    pieces: Pieces
    kinds: Numbers
    histograms: NDArray[np.float32]

    @classmethod
    def among(cls, pieces: Pieces, folds: Numbers) -> _Search:
        kinds = np.column_stack([pieces.sizes, folds])
        return cls(pieces, kinds, colours(pieces.pictures))

    def compare(self, pairs: Pairs) -> Compared:
        return Compared(pairs, likenesses(self.pieces.pictures, self.histograms, pairs))

    def group(self, judge: Callable[[Compared], Floats]) -> tuple[Grouped, Compared]:
        others = np.zeros(len(self.pieces), np.intp)
        for rows in of_one_kind(self.kinds):
            others[rows] = min(len(rows) - 1, NEAREST)  # of more, the rest is not compared
        compared = self.compare(candidate_pairs(self.histograms, self.kinds))
        log_odds = judge(compared)
        likely = log_odds > log_of_odds_against(others)[compared.pairs[:, 0]]
        more = self.compare(friends_of_friends(compared.pairs, likely))
        compared, log_odds = compared + more, np.concatenate([log_odds, judge(more)])
        groups = group(compared.pairs, log_odds, others)
        return Grouped(self.pieces, groups, compared.pairs, log_odds), compared


def _weigh(evidence: Evidence | None, likeness: Floats) -> Floats:
    if evidence is None:
        return np.full(len(likeness), -LIMIT)
    return evidence.log_odds(likeness)


def _strangers(histograms: NDArray[np.float32], paintings: NDArray[Any], splits: Numbers) -> Pairs:
    """Each piece with the nearest by colour of other paintings of its split, whatever their size:
    there may be few others of its own size, and what is far off teaches nothing."""
    found = []
    for rows in of_one_kind(splits):
        names = paintings[rows]
        for some in np.array_split(np.arange(len(rows)), -(-len(rows) // ROWS)):
            alike = histograms[rows[some]] @ histograms[rows].T
            alike[names[some, None] == names] = -np.inf
            count = min(STRANGERS, len(rows) - 1)
            nearest = alike.argsort(axis=1, kind="stable")[:, len(rows) - count :]
            pairs = np.column_stack([rows[some].repeat(count), rows[nearest.ravel()]])
            found.append(pairs[np.isfinite(np.take_along_axis(alike, nearest, 1).ravel())])
    return unique_pairs(np.concatenate(found))
