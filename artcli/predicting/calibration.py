"""Whether probabilities mean what they say, and the one number that mends most of it.

A temperature divides the log probabilities: above 1 a model becomes less sure, below 1 surer; what
it names stays the same. Reliability compares how sure a model is with how often it is right.

Source: Guo et al. 2017, "On Calibration of Modern Neural Networks".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[Any]

LEAST = 1e-7  # probability: what counts as none, so that a miss costs much and not everything
HOTTEST = 20.0  # temperature; the coldest is one by this
BINS = 10
_TURNS = 50
_CLOSE = 1e-5  # relative


def fit_temperature(
    probabilities: Floats, truth: NDArray[np.integer[Any]], start: float = 1.0
) -> float:
    """The temperature that gives `truth` `(N,)` the lowest mean log loss, within 1/20 and 20.

    `probabilities` `(N, C)`. The loss is convex in 1 / temperature, so Newton's steps, turned back
    where they leave the interval that holds the minimum, find it; a `start` near it saves a few. 1
    where there is nothing to fit.
    """
    if not len(truth):
        return 1.0
    logs = _logs(probabilities)
    own = logs[np.arange(len(truth)), truth].mean(dtype=np.float64)
    low, high, sharpness = 1 / HOTTEST, HOTTEST, 1 / start
    shares = np.empty_like(logs)
    for _ in range(_TURNS):
        shares = np.multiply(logs, sharpness, out=shares)
        np.exp(shares, out=shares)
        totals = shares.sum(1)
        shares *= logs
        means = shares.sum(1) / totals
        squares = np.einsum("nc,nc->n", shares, logs) / totals
        slope = means.mean(dtype=np.float64) - own
        low, high = (low, sharpness) if slope > 0 else (sharpness, high)
        curve = (squares - means**2).mean(dtype=np.float64)
        step = sharpness - slope / curve if curve > 0 else math.inf
        following = step if low < step < high else math.sqrt(low * high)
        if abs(following - sharpness) <= _CLOSE * sharpness:
            break
        sharpness = following
    return float(1 / sharpness)


def at_temperature(probabilities: Floats, temperature: float) -> NDArray[np.float32]:
    """`probabilities` `(…, C)` with their logs divided by `temperature`, scaled to sum to 1."""
    if temperature == 1:
        return np.asarray(probabilities, np.float32)
    shares = _logs(probabilities)
    shares /= temperature
    np.exp(shares, out=shares)
    shares /= shares.sum(-1, keepdims=True)
    return shares


def _logs(probabilities: Floats) -> NDArray[np.float32]:
    """Their logarithms, up to a constant of each row that makes the highest 0."""
    logs = np.maximum(probabilities, LEAST, dtype=np.float32)
    np.log(logs, out=logs)
    logs -= logs.max(-1, keepdims=True)
    return logs


@dataclass(frozen=True)
class Bin:
    """The pieces whose highest probability lies above `low` and up to `high`."""

    low: float
    high: float
    pieces: int
    said: float  # mean highest probability
    right: float  # share of right guesses


@dataclass(frozen=True)
class Reliability:
    """`error`: the expected calibration error, the mean of |said - right| over all pieces;
    `bins`: those that hold pieces, in order."""

    error: float
    bins: tuple[Bin, ...]


def reliability(probabilities: Floats, truth: ArrayLike, bins: int = BINS) -> Reliability:
    """How far what `probabilities` `(N, C)` say is from how often they are right, in equal bins."""
    sure, right = probabilities.max(1), probabilities.argmax(1) == np.asarray(truth)
    place = np.clip(np.ceil(sure * bins).astype(np.intp) - 1, 0, bins - 1)
    pieces = np.bincount(place, minlength=bins)
    said = np.bincount(place, sure, minlength=bins) / np.maximum(pieces, 1)
    shares = np.bincount(place, right, minlength=bins) / np.maximum(pieces, 1)
    error = (pieces * np.abs(said - shares)).sum() / max(1, pieces.sum())
    held = tuple(
        Bin(n / bins, (n + 1) / bins, int(pieces[n]), float(said[n]), float(shares[n]))
        for n in np.flatnonzero(pieces).tolist()
    )
    return Reliability(float(error), held)
