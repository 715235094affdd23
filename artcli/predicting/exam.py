"""What several runs say of the same pieces, side by side.

Everything that weighs runs against each other (views, blends, siblings, comparisons) begins here:
`line_up` puts the predictions of several runs into one order, or says why they cannot be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from artcli.contest.f1 import Estimate, f1_difference, mean_f1
from artcli.contest.proposals import GROUPS_NAME
from artcli.contest.splits import find_groups, make_folds
from artcli.errors import ArtcliError, Problems
from artcli.predicting.folder import fold_label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from artcli.contest.tables import Contest
    from artcli.predicting.folder import Kept
    from artcli.predicting.predictions import Predictions

SPLITS = 5  # of the pieces, where the runs have too few folds of their own
_ENOUGH_FOLDS = 3


@dataclass(frozen=True, eq=False)
class Exam:
    """The N validation pieces that runs were judged on.

    `ids` `(N,)` names each piece's painting, `crops` `(N,)` the piece of it, `folds` `(N,)` the
    fold whose model, which has not seen the painting, spoke; `truth` `(N,)` int64 is its class, a
    number in `classes`.
    """

    ids: NDArray[np.str_]
    crops: NDArray[np.int16]
    folds: NDArray[np.int16]
    truth: NDArray[np.int64]
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def score(self, guess: ArrayLike) -> Estimate:
        """Macro F1 of the class numbers `guess` `(N,)`, with its interval by painting."""
        return mean_f1(self.truth, [guess], self.ids)

    def difference(self, ours: ArrayLike, theirs: ArrayLike) -> Estimate:
        """By how much `ours` exceed `theirs`, both class numbers `(N,)`: paired, by painting."""
        return f1_difference(self.truth, [ours], [theirs], self.ids)

    def splits(self, contest: Contest) -> NDArray[np.intp]:
        """The split `(N,)`, counted from 0, of each piece, for nested cross-validation.

        What is fitted on the pieces of all other splits is judged on this one. The runs' own folds,
        if there are at least three; else the paintings are split as folds are, into five, or as
        many as there can be: where they cannot be told apart, all of them are in split 0.
        """
        folds = np.unique(self.folds, return_inverse=True)[1]
        if folds.max() + 1 >= _ENOUGH_FOLDS:
            return folds
        names = dict(zip(self.ids.tolist(), self.truth.tolist(), strict=True))
        paintings = [painting for painting in contest.train if painting.id in names]
        groups = find_groups(paintings, contest.data / GROUPS_NAME)
        apart = len({groups.get(painting.id, f"alone {painting.id}") for painting in paintings})
        if apart < 2:
            return np.zeros(len(self), np.intp)
        made = make_folds(
            {key: self.classes[number] for key, number in names.items()},
            groups, k=min(SPLITS, apart),
        )  # fmt: skip
        return np.array([made.fold_of[key] for key in self.ids.tolist()], np.intp)


@dataclass(frozen=True, eq=False)
class Lineup:
    """M runs on the same pieces.

    `oof` `(M, N, C)` float32 are their out-of-fold probabilities of the exam's pieces, `test`
    `(M, T, C)` those of the test's (the mean over each run's folds), T = 0 where one has none;
    `bad`: the test pictures that could not be read, with the reason.
    """

    names: tuple[str, ...]
    exam: Exam
    oof: NDArray[np.float32]
    test_ids: tuple[str, ...]
    test: NDArray[np.float32]
    bad: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)


def line_up(contest: Contest, runs: Sequence[Kept]) -> Lineup:
    """The predictions of `runs` (at least one) in the order of the first one's pieces.

    Errors: `Problems` that says of each run why it cannot stand beside the first: it has no
    out-of-fold predictions of pieces, or other classes, folds, validation pieces or test pictures.
    """
    pieces: list[Predictions] = []
    tests: list[Predictions] = []
    faults: list[str] = []
    of_tests: list[str] = []
    for run in runs:
        mine = faults
        try:
            pieces.append(_pieces(contest, run))
            mine = of_tests
            if run.test:
                tests.append(run.test.with_classes(contest.artists).mean_over_folds())
        except ArtcliError as error:
            said = error.problems if isinstance(error, Problems) else [error.message]
            mine += [f"{run.name}: {one}" for one in said]
    _refuse(faults, of_tests)
    first = pieces[0]
    places = [_places(one) for one in pieces]
    faults = [
        f"{run.name}: {fault} {runs[0].name}"
        for run, one, place in zip(runs[1:], pieces[1:], places[1:], strict=True)
        for fault in _differences(one, place, first, places[0])
    ]
    hints = ["train the same folds of each: artcli kfold"] if faults else []
    if len(tests) == len(runs):
        wanted = set(tests[0].ids.tolist())
        of_tests = [
            f"{run.name}: it names other test pictures than {runs[0].name}"
            for run, one in zip(runs[1:], tests[1:], strict=True)
            if set(one.ids.tolist()) != wanted
        ]
    _refuse(faults, of_tests, *hints)
    oof = np.stack(
        [
            one.probabilities[[place[key] for key in places[0]]]
            for one, place in zip(pieces, places, strict=True)
        ]
    )
    number = {artist: n for n, artist in enumerate(contest.artists)}
    artist_of = {painting.id: str(painting.artist) for painting in contest.train}
    truth = np.array([number[artist_of[key]] for key in first.ids.tolist()], np.int64)
    exam = Exam(first.ids, first.crops, first.folds, truth, contest.artists)
    test_ids: tuple[str, ...] = ()
    test = np.zeros((len(runs), 0, len(contest.artists)), np.float32)
    if len(tests) == len(runs):
        test_ids = tuple(tests[0].ids.tolist())
        test = np.stack([one.in_order(test_ids).probabilities for one in tests])
    bad = {key: why for run in runs for key, why in run.bad.items()}
    return Lineup(tuple(run.name for run in runs), exam, oof, test_ids, test, bad)


def on_common_folds(runs: Sequence[Kept]) -> list[Kept]:
    """The runs with the out-of-fold predictions of those folds alone that all of them have, and
    without the test, which has no say in a comparison.

    Where they have none in common they stay as they are, for `line_up` to say so.
    """
    common = set.intersection(*(set(run.oof.fold_numbers) if run.oof else set() for run in runs))
    if not common:
        return [replace(run, test=None) for run in runs]
    return [
        replace(run, oof=run.oof and run.oof.rows(np.isin(run.oof.folds, list(common))), test=None)
        for run in runs
    ]


def _refuse(faults: Sequence[str], of_tests: Sequence[str], *hints: str) -> None:
    """`Problems` where there are any; pictures that could be read only at times are read again."""
    if faults or of_tests:
        again = ["predict the test again with each: artcli predict RUN"] if of_tests else []
        raise Problems(
            "these runs cannot be compared",
            [*faults, *of_tests],
            "; ".join([*hints, *again]) or None,
        )


def _pieces(contest: Contest, run: Kept) -> Predictions:
    pieces = run.oof.with_classes(contest.artists).pieces() if run.oof else None
    if pieces is None or not len(pieces):
        way = "; take them in with --import-oof FILE" if run.imported else ""
        raise ArtcliError(f"it has no out-of-fold predictions of pieces{way}")
    known = {painting.id for painting in contest.train}
    if strange := set(pieces.ids.tolist()) - known:
        raise ArtcliError(f"{len(strange):,} of its paintings are not in train.csv")
    if len(_places(pieces)) < len(pieces):
        raise ArtcliError("several of its folds speak of one painting")
    return pieces


def _places(pieces: Predictions) -> dict[tuple[str, int], int]:
    keys = zip(pieces.ids.tolist(), pieces.crops.tolist(), strict=True)
    return {key: row for row, key in enumerate(keys)}


def _differences(
    one: Predictions,
    place: Mapping[tuple[str, int], int],
    first: Predictions,
    first_place: Mapping[tuple[str, int], int],
) -> list[str]:
    if one.fold_numbers != first.fold_numbers:
        mine, theirs = (", ".join(map(fold_label, p.fold_numbers)) for p in (one, first))
        return [f"it has fold {mine}, not {theirs} as"]
    if place.keys() != first_place.keys():
        lacking = len(place.keys() ^ first_place.keys())
        return [f"{lacking:,} validation pieces are not the same as those of"]
    moved = sum(one.folds[place[key]] != first.folds[row] for key, row in first_place.items())
    return [f"{moved:,} pieces are in another fold than with"] if moved else []
