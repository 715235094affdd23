"""Where two pieces of one painting overlap, found by correlation over all shifts at once.

Two pieces of half a painting's width and height overlap somewhere, however they lie: the overlap of
one is a corner of the other. `prepare` makes spectra of small grey pictures, `register` lays one
piece over others at every shift and keeps the shift at which they agree best.

Source: Lewis 1995, "Fast Normalized Cross-Correlation" (sums over overlaps by integral images);
Padfield 2012, "Masked Object Registration in the Fourier Domain".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

SIDE = 64  # of the pictures that are laid over each other
COARSE = 3.0  # pixels: what varies more slowly than this is light and ground, which many share
LEAST_SIDE, LEAST_SHARE = 4, 0.02  # of an overlap that can say anything
NOISE = 1.0  # grey levels squared: what JPEG and shrinking leave of no picture at all
PEAK = 3  # shifts beside the best one that belong to the same peak
TOGETHER = 16  # pairs at a time: their correlations stay in the processor's cache

SHIFTS = np.arange(1 - SIDE, SIDE)  # of the second piece's corner, from that of the first
_long = SIDE - abs(SHIFTS)
AREA = np.multiply.outer(_long, _long).astype(np.float32)
_ROOT = np.sqrt(AREA)
_ALLOWED = (AREA >= LEAST_SHARE * SIDE**2) & np.logical_and.outer(
    _long >= LEAST_SIDE, _long >= LEAST_SIDE
)


@dataclass(frozen=True, eq=False)
class Spectra:
    """What `register` must know of each of n pictures, at every shift `(127, 127)` of another.

    `transforms` `(n, 128, 65)` complex64; `sums` and `spreads` `(n, 127, 127)`: the sum of the
    picture's values where the other overlaps it, and that of their squared distances to the mean.
    """

    transforms: NDArray[np.complex64]
    sums: Floats
    spreads: Floats


@dataclass(frozen=True, eq=False)
class Registration:
    """The best shift of each of m pieces against another, `(m,)` each.

    `down` and `across` in pixels of `SIDE`; `share`: how much of a piece overlaps; `agreement`:
    the concordance in the overlap, in units of what chance would give there; `rival`: the same at
    the best shift elsewhere.
    """

    down: NDArray[np.intp]
    across: NDArray[np.intp]
    share: Floats
    agreement: Floats
    rival: Floats


def prepare(pictures: NDArray[np.uint8]) -> Spectra:
    """pictures: `(n, SIDE, SIDE)` uint8 grey."""
    fine = np.stack([_fine(picture) for picture in pictures])
    sums, squares = _overlaps(fine), _overlaps(fine**2)
    spreads = np.maximum(squares - sums**2 / AREA, 0)
    transforms = np.fft.rfft2(fine, (2 * SIDE, 2 * SIDE)).astype(np.complex64)
    return Spectra(transforms, sums.astype(np.float32), spreads.astype(np.float32))


def register(spectra: Spectra, first: int, others: NDArray[np.intp]) -> Registration:
    """Lay the piece number `first` over each of `others` `(m,)`, m >= 1."""
    parts = [
        _register(spectra, first, others[start : start + TOGETHER])
        for start in range(0, len(others), TOGETHER)
    ]
    return Registration(*(np.concatenate(found) for found in zip(*parts, strict=True)))


def _register(spectra: Spectra, first: int, others: NDArray[np.intp]) -> tuple[NDArray[Any], ...]:
    # Where this one is shifted against the other, the other is shifted back against this one.
    sums, spreads = (part[others, ::-1, ::-1] for part in (spectra.sums, spectra.spreads))
    product = spectra.transforms[first] * spectra.transforms[others].conj()
    cross = np.fft.irfft2(product, (2 * SIDE, 2 * SIDE))
    cross = np.roll(cross, (SIDE - 1, SIDE - 1), (1, 2))[:, : len(SHIFTS), : len(SHIFTS)]
    own = spectra.sums[first]
    common = 2 * (cross - own * sums / AREA)
    apart = spectra.spreads[first] + spreads + (own - sums) ** 2 / AREA + 2 * NOISE * AREA
    concordance = np.clip(common / apart, -0.9999, 0.9999)
    # Fisher's transform, so that what chance gives depends on the area alone; np.arctanh is slow.
    agreement = np.log((1 + concordance) / (1 - concordance)) * (_ROOT / 2)
    agreement[:, ~_ALLOWED] = 0
    rows = np.arange(len(others))
    place = agreement.reshape(len(rows), -1).argmax(1)
    down, across = np.unravel_index(place, AREA.shape)
    best = agreement[rows, down, across]
    for row, y, x in zip(rows, down, across, strict=True):
        top, left = max(0, y - PEAK), max(0, x - PEAK)
        agreement[row, top : y + PEAK + 1, left : x + PEAK + 1] = 0
    rival = agreement.max((1, 2))
    return SHIFTS[down], SHIFTS[across], AREA[down, across] / SIDE**2, best, rival


def _fine(picture: NDArray[np.uint8]) -> Floats:
    values = picture.astype(np.float32)
    smooth = cv2.GaussianBlur(values, (0, 0), COARSE, borderType=cv2.BORDER_REFLECT)
    return np.asarray(values - smooth, np.float32)


def _overlaps(values: Floats) -> NDArray[np.float64]:
    """The sum of each picture's values that another covers, at every shift `(n, 127, 127)`."""
    found = np.asarray(values, np.float64)
    for axis in (1, 2):
        upto = np.moveaxis(found.cumsum(axis), axis, 0)
        # Shifted back, the other covers the first rows; shifted on, all but the first.
        rest = upto[-1:] - np.concatenate([np.zeros_like(upto[:1]), upto[:-1]])
        found = np.moveaxis(np.concatenate([upto[:-1], rest]), 0, axis)
    return found
