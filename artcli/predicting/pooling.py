"""Pieces known to belong together speak with one voice: the mean of what each of them says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

LEAST = 1e-7  # below what float32 can tell from 0: one piece alone cannot rule an artist out


def pool(probabilities: ArrayLike, groups: ArrayLike) -> NDArray[np.float64]:
    """`(N, C)`: to each piece the mean of its group's log probabilities, made to sum to 1.

    probabilities: `(N, C)` rows that sum to 1; groups: `(N,)` numbers or names, equal for pieces
    of one group. The row of a piece alone in its group stays as it is. Errors: `ValueError` when
    the two are not of the same pieces. Source: the product of experts, which for pieces that
    err apart is the posterior (Hinton, 2002), tempered by the size of the group.
    """
    values, names = np.asarray(probabilities, np.float64), np.asarray(groups)
    if values.ndim != 2 or names.shape != (len(values),):
        raise ValueError(f"probabilities {values.shape} and groups {names.shape} do not fit")
    numbers = np.unique(names, return_inverse=True)[1]
    sizes = np.bincount(numbers)
    logs = np.zeros((len(sizes), values.shape[1]))
    np.add.at(logs, numbers, np.log(np.maximum(values, LEAST)))
    logs /= sizes[:, None]
    joint = np.exp(logs - logs.max(1, keepdims=True, initial=-np.inf))
    pooled: NDArray[np.float64] = (joint / joint.sum(1, keepdims=True))[numbers]
    alone = sizes[numbers] == 1
    pooled[alone] = values[alone]
    return pooled
