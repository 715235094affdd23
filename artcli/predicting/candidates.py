"""The runs that could be submitted: what is known of each from its folder and its predictions.

No torch, and no arrays are read: JSON alone, so that listing is quick.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from artcli.workspace.runs import RunRecord


@dataclass(frozen=True)
class Candidate:
    """A run, trained here or imported.

    `f1`: the mean over its folds of the macro F1 on validation pieces, NaN when there is none;
    `folds`: the labels of the folds whose test predictions are there; `state`: in a word or two.
    """

    name: str
    created: str
    state: str
    f1: float = math.nan
    folds: tuple[str, ...] = ()
    has_test: bool = False
    record: RunRecord | None = None


def mean_f1(scores: list[float | None]) -> float:
    known = [score for score in scores if score is not None and not math.isnan(score)]
    return sum(known) / len(known) if known else math.nan
