"""One number for each artist, added to its log probability, so that macro F1 is higher.

The most probable artist is the best guess where right pieces count; where each artist counts alike,
as in macro F1, a rare one is worth naming at lower odds. How much lower is fitted on predictions
whose truth is known, so the gain is real only on others.

Source: Menon et al. 2021, "Long-Tail Learning via Logit Adjustment" (of the form); Lipton et al.
2014, "Optimal Thresholding of Classifiers to Maximize F1 Measure" (of the aim).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from artcli.contest.quick_f1 import QuickF1
from artcli.predicting.calibration import LEAST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[Any]

GRID = np.arange(-5, 6) / 5  # an offset is one of these
COST = 8.0  # about how many pieces of an artist an offset of 1 must win to be worth it
SWEEPS = 5


def fit_offsets(probabilities: Floats, truth: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
    """Offsets `(C,)` between -1 and 1 for `probabilities` `(N, C)`, which give high macro F1.

    Coordinate ascent from zeros: artist after artist takes the offset of a grid that scores best,
    less a cost for the size of all offsets, until a sweep over all changes nothing. The cost is
    that of a few pieces, however many there are, so that little data moves little. Deterministic;
    of equals the offset nearest 0 is taken.
    """
    logs = np.log(np.maximum(probabilities, LEAST))
    classes, reach = logs.shape[1], 2 * GRID.max()
    ordered = np.partition(logs, -2, axis=1)
    open_rows = ordered[:, -1] - ordered[:, -2] <= reach  # no offsets change the others
    score = QuickF1.of(truth, classes).settled(logs.argmax(1), open_rows)
    logs = logs[open_rows]
    cost = COST / max(1, len(truth))  # macro F1, for each unit of all offsets' sizes
    offsets, best = np.zeros(classes), score(logs.argmax(1))
    nearest_first = np.argsort(np.abs(GRID), kind="stable")
    for _ in range(SWEEPS):
        before = offsets.copy()
        for artist in range(classes):
            others = logs + offsets.astype(logs.dtype)
            others[:, artist] = -np.inf
            rival = others.argmax(1)
            lead = others[np.arange(len(rival)), rival] - logs[:, artist]
            rest = np.abs(offsets).sum() - abs(offsets[artist])
            reached = _each_offset(score, artist, rival, lead) - cost * (rest + np.abs(GRID))
            place = nearest_first[reached[nearest_first].argmax()]
            if reached[place] > best + 1e-12:
                best, offsets[artist] = reached[place], GRID[place]
        if (offsets == before).all():
            break
    return offsets


def _each_offset(
    score: QuickF1, artist: int, rival: NDArray[np.intp], lead: Floats
) -> NDArray[np.float64]:
    """Macro F1 `(G,)` with each offset of the grid for `artist`, who is guessed where it exceeds
    the `lead` `(n,)` of the best other artist, `rival` `(n,)`."""
    steps, classes = len(GRID), len(score.seen)
    taken = np.searchsorted(GRID, lead, side="right")  # the first offset that takes the row over

    def table(rows: NDArray[np.bool_] | slice, labels: NDArray[np.integer[Any]]) -> Any:
        cells = taken[rows] * classes + labels
        return np.bincount(cells, minlength=(steps + 1) * classes).reshape(steps + 1, classes)

    def at_each(counts: Any) -> Any:
        return counts.sum(0) - counts.cumsum(0)[:-1]  # of rows not taken yet

    right = rival == score.truth
    rights = at_each(table(right, rival[right]))
    guessed = at_each(table(slice(None), rival))
    own = score.truth == artist
    rights[:, artist] = np.bincount(taken[own], minlength=steps + 1).cumsum()[:-1]
    guessed[:, artist] = np.bincount(taken, minlength=steps + 1).cumsum()[:-1]
    return score.of_counts(rights, guessed)


def shifted(probabilities: Floats, offsets: NDArray[np.float64]) -> NDArray[np.float32]:
    """`probabilities` `(N, C)` with `offsets` `(C,)` added to their logs, scaled to sum to 1."""
    factors = np.exp(offsets).astype(np.float32)
    shares = probabilities * factors
    return np.asarray(shares / shares.sum(1, keepdims=True), np.float32)
