"""The few colours that stand best for many pictures.

By k-means (Lloyd 1982, begun as k-means++) in CIE L*a*b*, where distances are near those that
people see; of pixels drawn by lot, keyed by the name, so that a palette is always the same.
"""

from __future__ import annotations

import hashlib
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from artcli.contest.shift import thumbs_as_lab

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.contest.survey.records import Survey

COLOURS = 6  # of a palette
_SAMPLE = 4096  # pixels of an artist that a palette is made of
_ROUNDS = 12


def palette(
    survey: Survey, name: str, rows: list[int]
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The colours `(6, 3)` uint8 RGB of the pictures `rows`, dark to light, and their shares."""
    import cv2
    from scipy.cluster.vq import kmeans2

    rng = np.random.default_rng(key_of(name))
    each = max(1, _SAMPLE // len(rows))
    pixels = np.concatenate(
        [
            survey.thumbs[at].reshape(-1, 3)[
                rng.integers(survey.thumbs[at][..., 0].size, size=each)
            ]
            for at in rows
        ]
    )
    kinds, counts = np.unique(pixels, axis=0, return_counts=True)
    centres: NDArray[Any]
    if len(kinds) <= COLOURS:
        centres, parts = thumbs_as_lab(kinds[None, None])[0, 0], counts / counts.sum()
    else:
        lab = thumbs_as_lab(pixels[None, None])[0, 0].astype(np.float64)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a colour that no pixel is nearest to is no harm
            centres, nearest = kmeans2(lab, COLOURS, iter=_ROUNDS, minit="++", seed=rng)
        parts = np.bincount(nearest, minlength=COLOURS) / len(nearest)
    order = np.argsort(centres[:, 0], kind="stable")
    rgb = cv2.cvtColor(centres[order][None].astype(np.float32), cv2.COLOR_LAB2RGB)[0]
    return np.rint(255 * rgb.clip(0, 1)).astype(np.uint8), parts[order]


def key_of(name: str) -> int:
    """A seed, the same for a name on every machine."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
