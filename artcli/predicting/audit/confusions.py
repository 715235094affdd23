"""Which artists a run knows, and which it mixes up, from its guesses of validation pieces.

Pieces with truth and guess go in; the confusion matrix, an order that puts artists taken for each
other side by side, a score for each artist and the worst mistakes with a painting of each come out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from artcli.contest.f1 import f1_of
from artcli.predicting.audit.records import ArtistScore, Confusion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from artcli.predicting.exam import Exam

    Numbers = NDArray[np.integer[Any]]


def count_confusions(truth: Numbers, guess: Numbers, classes: int) -> NDArray[np.int64]:
    """`(C, C)`: the pieces of the artist of each row that are named as that of each column."""
    cells = np.bincount(truth * classes + guess, minlength=classes**2)
    return cells.reshape(classes, classes).astype(np.int64)


def similarity_order(matrix: NDArray[np.int64]) -> NDArray[np.intp]:
    """An order `(C,)` of the artists in which those taken for each other stand side by side.

    Artists are near each other by the mean of the shares of either's pieces that are named as the
    other's; the leaves of their tree (average linkage) are turned so that neighbours are as near as
    can be. Source: Bar-Joseph et al. 2001, "Fast optimal leaf ordering for hierarchical
    clustering".
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    shares = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    likeness = (shares + shares.T) / 2
    distances = 1 - likeness
    np.fill_diagonal(distances, 0)
    tree = linkage(squareform(distances), "average", optimal_ordering=True)
    return np.asarray(leaves_list(tree), np.intp)


def score_artists(
    matrix: NDArray[np.int64], artists: Sequence[str], works: Sequence[int]
) -> tuple[ArtistScore, ...]:
    """Of each artist in the order of the classes; 0 where there is nothing to divide by."""
    right, true, guessed = matrix.diagonal(), matrix.sum(1), matrix.sum(0)
    f1, _ = f1_of(right, true, guessed)
    missed = matrix - np.diag(right)
    found = []
    for number, artist in enumerate(artists):
        other = int(missed[number].argmax())
        taken = int(missed[number, other])
        found.append(
            ArtistScore(
                artist,
                works[number],
                int(true[number]),
                float(right[number] / max(1, guessed[number])),
                float(right[number] / max(1, true[number])),
                float(f1[number]),
                artists[other] if taken else "",
                taken / max(1, int(true[number])),
            )
        )
    return tuple(found)


def worst_confusions(
    exam: Exam, guess: Numbers, matrix: NDArray[np.int64], said: NDArray[np.floating[Any]]
) -> tuple[Confusion, ...]:
    """Every pair of artists where pieces of one are taken for the other, the worst first.

    The worst are those that cost an artist the largest share of its pieces, for macro F1 counts all
    artists alike. `guess` `(N,)`: the classes named; `said` `(N, C)`: the probabilities. A pair's
    `example` is the painting with most pieces so taken, of several the one taken most surely.
    """
    paintings, first, place = np.unique(exam.ids, return_index=True, return_inverse=True)
    truth, classes = exam.truth[first], len(exam.classes)
    sizes = np.bincount(place)
    named, sure = np.zeros((2, len(paintings), classes))
    np.add.at(named, (place, guess), 1)
    np.add.at(sure, place, said)
    weight = named + sure / (sizes[:, None] + 1)  # a mean below 1: it decides between equals alone
    best = [_most(weight[:, number], truth == number) for number in range(classes)]
    shares = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    pairs = [(int(t), int(g)) for t, g in np.argwhere(matrix > 0) if t != g]
    pairs.sort(key=lambda pair: (-shares[pair], -matrix[pair], pair))
    return tuple(
        Confusion(
            exam.classes[true],
            exam.classes[other],
            int(matrix[true, other]),
            float(shares[true, other]),
            str(paintings[_most(weight[:, other], truth == true)]),
            str(paintings[best[other]]) if (truth == other).any() else "",
        )
        for true, other in pairs
    )


def _most(weight: NDArray[np.floating[Any]], allowed: NDArray[np.bool_]) -> int:
    """The place of the greatest of `weight` among those allowed, the first of equal ones."""
    return int(np.where(allowed, weight, -1).argmax())
