"""How well siblings are found, where it is known which pieces belong together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Quality:
    """Of pairs of pieces: how many are siblings (`true`), how many were said to be (`found`), and
    how many of those are (`right`)."""

    true: int
    found: int
    right: int

    @property
    def precision(self) -> float:
        """Of the pairs found, the share that are siblings; NaN of none."""
        return self.right / self.found if self.found else float("nan")

    @property
    def recall(self) -> float:
        """Of the siblings, the share that was found; NaN of none."""
        return self.right / self.true if self.true else float("nan")


def pair_quality(groups: ArrayLike, paintings: ArrayLike) -> Quality:
    """Of the groups found `(N,)`, against the painting of each piece `(N,)`."""
    found = np.unique(np.asarray(groups), return_inverse=True)[1]
    true = np.unique(np.asarray(paintings), return_inverse=True)[1]
    both = found * (true.max(initial=0) + 1) + true
    return Quality(_pairs(true), _pairs(found), _pairs(both))


def group_sizes(groups: ArrayLike) -> dict[int, int]:
    """How many groups there are of each size, the smallest size first."""
    sizes = Counter(Counter(np.asarray(groups).tolist()).values())
    return dict(sorted(sizes.items()))


def _pairs(numbers: ArrayLike) -> int:
    sizes = np.unique(np.asarray(numbers), return_counts=True)[1]
    return int((sizes * (sizes - 1) // 2).sum())
