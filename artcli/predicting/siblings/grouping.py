"""From the certainty of pairs to groups, the surest first.

Two groups are joined while the mean log odds of all pairs between them is sure: so one false link
cannot weld two paintings, and one blurred pair does not divide one. Pairs never compared speak
against. Whoever is compared with many will seem akin to some by chance: that is held against a
join, but once, not for each pair of it. What an early false link took from its group is given back
in the end.

Source: Sokal and Michener 1958 (average linkage); Bansal et al. 2004, "Correlation Clustering" (the
sum of log odds within groups, which each move raises).
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from artcli.predicting.siblings.evidence import LIMIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

SURE = 2.2  # log odds, 9 to 1: what is less sure is not pooled
_EPSILON = 1e-9  # two sums of the same numbers may differ by so much


def group(
    pairs: NDArray[np.intp], log_odds: NDArray[np.floating], others: NDArray[np.intp]
) -> NDArray[np.intp]:
    """The group `(N,)` of each piece, numbered from 0 in the order of their first pieces.

    pairs: `(P, 2)`, each once; log_odds: `(P,)`, within `LIMIT`, before it is known with how many
    `others` `(N,)` a piece is compared. One of them is expected to be its sibling. How large groups
    are follows from the data; a piece with no sure sibling is alone.
    """
    count, needed = len(others), log_of_odds_against(others)
    links = _links(count, pairs, log_odds)
    groups = np.empty(count, np.intp)
    for number, own in enumerate(_joined([dict(own) for own in links], needed)):
        groups[own] = number
    _settle(groups, links, needed)
    return _numbered(groups)


def log_of_odds_against(others: NDArray[np.intp]) -> NDArray[np.float64]:
    """`(N,)`: what must be outweighed before one of so many `(N,)` is a sibling."""
    found: NDArray[np.float64] = np.log(np.maximum(others, 1))
    return found


def _links(
    count: int, pairs: NDArray[np.intp], log_odds: NDArray[np.floating]
) -> list[dict[int, float]]:
    """The log odds of each piece with others, counted from -LIMIT: a pair that was never compared
    is then 0, and need not be kept."""
    links: list[dict[int, float]] = [{} for _ in range(count)]
    for (one, other), odds in zip(pairs.tolist(), log_odds.tolist(), strict=True):
        if odds > -LIMIT:
            links[one][other] = links[other][one] = odds + LIMIT
    return links


def _joined(links: list[dict[int, float]], needed: NDArray[np.float64]) -> list[list[int]]:
    """Groups by average linkage; uses up `links`."""
    members = [[piece] for piece in range(len(links))]

    def entry(one: int, other: int) -> tuple[float, int, int]:
        pairs = len(members[one]) * len(members[other])
        mean = (links[one][other] - float(needed[one])) / pairs - LIMIT
        return -mean, min(one, other), max(one, other)

    heap = [entry(one, other) for one in range(len(links)) for other in links[one] if one < other]
    heapq.heapify(heap)
    while heap and -heap[0][0] > SURE:
        found = heapq.heappop(heap)
        _, one, other = found
        if other not in links[one] or entry(one, other) != found:
            continue  # one of them has been joined to a third meanwhile
        members[one] += members[other]
        members[other] = []
        for third, odds in links[other].items():
            del links[third][other]
            if third != one:
                links[one][third] = links[third][one] = links[one].get(third, 0.0) + odds
        links[other] = {}
        for third in links[one]:
            heapq.heappush(heap, entry(one, third))
    return [own for own in members if own]


def _settle(
    groups: NDArray[np.intp], links: list[dict[int, float]], needed: NDArray[np.float64]
) -> None:
    """Move single pieces, in place, to groups that they fit surely, and better than their own."""
    while True:
        sizes = np.bincount(groups, minlength=len(groups))
        moves = []
        for piece, own in enumerate(links):
            here, sums = int(groups[piece]), dict[int, float]()
            for other, odds in own.items():
                there = int(groups[other])
                sums[there] = sums.get(there, 0.0) + odds
            stay = sums.pop(here, 0.0) - LIMIT * (sizes[here] - 1)
            for there, total in sums.items():
                fit = total - LIMIT * sizes[there]
                if fit > max(stay + _EPSILON, SURE * sizes[there] + needed[piece]):
                    moves.append((stay - fit, piece, here, there))
        if not moves:
            return
        moved = set[int]()
        for _, piece, here, there in sorted(moves):
            if moved.isdisjoint((here, there)):  # else the gain is no longer what it was
                groups[piece] = there
                moved |= {here, there}


def _numbered(groups: NDArray[np.intp]) -> NDArray[np.intp]:
    """The same groups, numbered from 0 in the order of their first pieces."""
    _, first, numbers = np.unique(groups, return_index=True, return_inverse=True)
    found: NDArray[np.intp] = first.argsort().argsort()[numbers]
    return found
