"""What a model is worth on pieces of paintings it has not seen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from artcli.contest.f1 import bootstrap_interval, macro_f1

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Validation:
    """The scores of a model on its validation paintings.

    `loss`: the run's own loss on the pieces; `f1`, `f1_low`, `f1_high`: macro F1 over all pieces
    at once and its 95 % bootstrap interval by painting; `whole_f1`: macro F1 of whole paintings,
    which is not what a contest of pieces scores.
    """

    loss: float
    f1: float
    f1_low: float
    f1_high: float
    whole_f1: float

    def as_metrics(self) -> dict[str, float]:
        metrics = asdict(self)
        return {"validation_loss": metrics.pop("loss"), **metrics}


def judge(
    loss: float,
    piece_guess: NDArray[np.intp],
    piece_truth: NDArray[np.intp],
    piece_painting: NDArray[np.intp],
    whole_guess: NDArray[np.intp],
    whole_truth: NDArray[np.intp],
) -> Validation:
    """Scores of guesses `(P,)` on pieces, each of painting `piece_painting`, and on wholes."""
    low, high = bootstrap_interval(piece_truth, piece_guess, piece_painting)
    return Validation(
        loss,
        macro_f1(piece_truth, piece_guess),
        low,
        high,
        macro_f1(whole_truth, whole_guess),
    )
