"""Each painting once an epoch: labels `(N,)` -> ones `(N,)` float64, the expected draws."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def uniform(labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """Each painting once an epoch.

    Source: slide "Baseline Model", which names no sampler.
    """
    return np.ones(len(labels))
