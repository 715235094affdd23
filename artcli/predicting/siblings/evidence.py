"""From the likeness of two pieces to how certain it is that they are siblings.

Learnt where the truth is known: pieces of validation paintings are cut as the test's are, and which
of them belong together needs no artist to tell.

Source: Fellegi and Sunter 1969, "A Theory for Record Linkage" (the log odds that two are one).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LIMIT = 12.0  # the most that one pair can say for or against
LEAST = 50  # pairs of siblings to learn from, and as many others


@dataclass(frozen=True, eq=False)
class Evidence:
    """A logistic regression on standardised likenesses; its odds are of as many siblings as others.

    `mean` and `scale` `(L,)` of the likenesses, `weights` `(L,)`, `bias`.
    """

    mean: Floats
    scale: Floats
    weights: Floats
    bias: float

    @classmethod
    def fit(cls, likeness: NDArray[np.floating], same: NDArray[np.bool_]) -> Evidence | None:
        """likeness: `(P, L)`; same: `(P,)`. None where there is too little to learn from."""
        from sklearn.linear_model import LogisticRegression

        if same.sum() < LEAST or (~same).sum() < LEAST:
            return None
        values = np.asarray(likeness, np.float64)
        mean, scale = values.mean(0), values.std(0) + 1e-9
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # classes that a line divides never quite converge
            model = LogisticRegression(class_weight="balanced").fit((values - mean) / scale, same)
        return cls(mean, scale, model.coef_[0], float(model.intercept_[0]))

    def log_odds(self, likeness: NDArray[np.floating]) -> Floats:
        """`(P,)`, within `LIMIT`, of likenesses `(P, L)`."""
        values = (np.asarray(likeness, np.float64) - self.mean) / self.scale
        found: Floats = np.clip(values @ self.weights + self.bias, -LIMIT, LIMIT)
        return found
