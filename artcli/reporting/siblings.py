"""Which groups of siblings a report shows, and with what words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from artcli.predicting.siblings.measures import group_sizes
from artcli.reporting.thumbnails import thumbnail

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.predicting.siblings.finding import Grouped, Siblings

GROUPS, PICTURES = 16, 10  # that are shown: of each choice, and of each group
SIZES = ("Pieces in a group", ">Validation", ">Test")


@dataclass(frozen=True)
class ShownGroup:
    """A group as pictures: (name, address) of each, and what is said of it."""

    pictures: tuple[tuple[str, str], ...]
    words: str


def choices(grouped: Grouped) -> list[tuple[str, list[ShownGroup]]]:
    """Titles with their groups: the least sure, some drawn by lot, the largest."""
    sizes = np.bincount(grouped.groups)
    several = np.flatnonzero(sizes > 1)
    if not len(several):
        return []
    sure = certainties(grouped)
    lot = np.random.default_rng(0).permutation(several)
    chosen = {
        "The least sure": several[sure[several].argsort(kind="stable")],
        "Drawn by lot": np.sort(lot[:GROUPS]),
        "The largest": several[(-sizes[several]).argsort(kind="stable")],
    }
    return [
        (title, [_shown(grouped, int(number), float(sure[number])) for number in numbers[:GROUPS]])
        for title, numbers in chosen.items()
    ]


def certainties(grouped: Grouped) -> NDArray[np.float64]:
    """Of each group, the mean log odds of its pairs that were compared; 0 of a piece alone."""
    ends = grouped.groups[grouped.pairs]
    inside = ends[:, 0] == ends[:, 1]
    count = int(grouped.groups.max(initial=-1)) + 1
    total = np.bincount(ends[inside, 0], grouped.log_odds[inside], count)
    pairs = np.bincount(ends[inside, 0], minlength=count)
    found: NDArray[np.float64] = total / np.maximum(pairs, 1)
    return found


def size_rows(siblings: Siblings) -> list[list[str]]:
    """How many groups there are of each size."""
    tables = [group_sizes(siblings.validation), group_sizes(siblings.test)]
    return [
        ["1 (alone)" if size == 1 else str(size), *(f"{table.get(size, 0):,}" for table in tables)]
        for size in sorted(set().union(*tables))
    ]


def _shown(grouped: Grouped, number: int, sure: float) -> ShownGroup:
    rows = np.flatnonzero(grouped.groups == number)
    pictures = []
    for row in rows[:PICTURES].tolist():
        pixels, place = grouped.pieces.places[row]
        width, height = grouped.pieces.sizes[row].tolist()
        pictures.append((grouped.pieces.names[row], thumbnail(pixels.array[place], width, height)))
    more = f", {PICTURES} of them shown" if len(rows) > PICTURES else ""
    return ShownGroup(
        tuple(pictures),
        f"{len(rows)} pieces of {width} × {height}{more}; a pair of them is sure to "
        f"{_percent(sure)}",
    )


def _percent(log_odds: float) -> str:
    sure = 100 / (1 + math.exp(-log_odds))
    return "over 99.9 %" if sure > 99.9 else f"{sure:.1f} %"
