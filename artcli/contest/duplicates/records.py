"""Pairs of pictures that show the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

How = Literal["file", "pixels", "near", "mirrored", "part"]


@dataclass(frozen=True)
class Match:
    """The pictures number `first` and `second` of a survey (first < second) show the same.

    `how`: the same `file`, byte for byte; the same `pixels`; `near`: the same painting, perhaps at
    another size, quality or tone; `mirrored`: near when one is mirrored; `part`: the second shows a
    part of the first, or the first of the second (`whole` is the number of the larger one).
    `likeness`: 0 to 1, how well one lies on the other. `turned`: the quarter turns, anticlockwise,
    after which the part, else the second picture, lies on the other.
    """

    first: int
    second: int
    how: How
    likeness: float
    whole: int | None = None
    turned: int = 0


@dataclass(frozen=True)
class Guess:
    """The picture number `one`, turned so often, may show the same as the number `other`, or, as a
    `part`, what lies in it from the pixel `left`, `top` of its small picture on."""

    one: int
    other: int
    how: How
    turned: int = 0
    left: int = 0
    top: int = 0
