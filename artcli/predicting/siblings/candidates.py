"""Which pairs of pieces can be siblings at all: those of one size, the nearest by colour.

Pieces of one painting measure the same to the pixel, and share most of their colours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

    Pairs = NDArray[np.intp]

NEAREST = 16  # of a piece's kind, by colour: where there are no more, all are compared
ROWS = 1024  # of which the distances to all others are in memory together


def candidate_pairs(histograms: NDArray[np.float32], kinds: ArrayLike) -> Pairs:
    """Rows `(P, 2)` that may be siblings, the lower first, each pair once, in order.

    histograms: `(N, B)`, of which the product of two says how alike they are; kinds: `(N,)`
    numbers or `(N, K)`: only rows of one kind (size, and fold) are paired.
    """
    found = [_nearest(histograms, rows) for rows in of_one_kind(kinds) if len(rows) > 1]
    return unique_pairs(np.concatenate(found)) if found else np.zeros((0, 2), np.intp)


def of_one_kind(kinds: ArrayLike) -> list[NDArray[np.intp]]:
    """The rows of each kind."""
    table = np.asarray(kinds)
    if not len(table):
        return []
    numbers = np.unique(table.reshape(len(table), -1), axis=0, return_inverse=True)[1]
    order = numbers.argsort(kind="stable")
    return np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1)


def unique_pairs(pairs: Pairs) -> Pairs:
    """Each pair once, sorted, the lower row first."""
    return np.unique(np.sort(pairs, axis=1), axis=0)


def friends_of_friends(pairs: Pairs, likely: NDArray[np.bool_]) -> Pairs:
    """Pairs not in `pairs` `(P, 2)` that have a `likely` `(P,)` sibling in common.

    What is nearest by colour may leave out a sibling, and what joins two groups must be looked at
    from all sides.
    """
    friends: dict[int, list[int]] = {}
    for one, other in pairs[likely].tolist():
        friends.setdefault(one, []).append(other)
        friends.setdefault(other, []).append(one)
    known = set(map(tuple, pairs.tolist()))
    return _as_pairs(
        {
            (min(one, other), max(one, other))
            for own in friends.values()
            for place, one in enumerate(own)
            for other in own[:place]
        }
        - known
    )


def _nearest(histograms: NDArray[np.float32], rows: NDArray[np.intp]) -> Pairs:
    """Pairs of `rows` (two or more), not yet unique."""
    count = len(rows)
    if count <= NEAREST + 1:
        first, second = np.triu_indices(count, 1)
        return np.column_stack([rows[first], rows[second]])
    own = histograms[rows]
    found = []
    for start in range(0, count, ROWS):
        some = np.arange(start, min(start + ROWS, count))
        alike = own[some] @ own.T
        alike[np.arange(len(some)), some] = -np.inf
        nearest = np.argpartition(-alike, NEAREST - 1, axis=1)[:, :NEAREST]
        found.append(np.column_stack([rows[some].repeat(NEAREST), rows[nearest.ravel()]]))
    return np.concatenate(found)


def _as_pairs(found: Iterable[tuple[int, int]]) -> Pairs:
    return np.array(sorted(found), np.intp).reshape(-1, 2)
