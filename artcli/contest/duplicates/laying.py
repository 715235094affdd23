"""Whether one small picture shows what another shows: it is laid on it, and their detail compared.

Two grey pictures and a first guess of the place go in; out comes how well their fine detail agrees
once they are aligned, and the window in which they lie. Light and large shapes do not count: many
paintings share those.

Source: Evangelidis and Psarakis 2008, "Parametric Image Alignment Using Enhanced Correlation
Coefficient Maximization" (as OpenCV has it); Jarrett et al. 2009, "What Is the Best Multi-Stage
Architecture for Object Recognition?" (local contrast normalisation).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]
    Floats = NDArray[np.float32]

LIKENESS = 0.5  # the least that two pictures of one painting may be alike, whatever the evidence
DETAIL = 0.35  # the least share of a picture that must have detail: a black square is any other
EVIDENCE = 28.5  # the least that it must weigh; of two other paintings, 28.0 has been seen
ROUGH = 2.0  # pixels: the detail that agrees even where two pictures are not yet aligned
SKEW = 0.04  # the most that an alignment may turn, shear, or stretch one way
STEPS, ENOUGH, SMOOTH = 40, 1e-3, 3  # of the alignment: iterations, gain per iteration, blur
COVERED = 0.8  # the least share of a picture that must lie on the other


@dataclass(frozen=True)
class Laid:
    """One picture on another, over `pixels`: `likeness` -1 to 1, the correlation of their fine
    detail; `detail`, the share of those pixels that have some in either; `width` and `height` of
    the first, as shares of the other's; `skew`: how far it had to be turned or sheared."""

    pixels: int
    likeness: float
    detail: float
    width: float
    height: float
    skew: float

    @property
    def evidence(self) -> float:
        """How many standard errors (Fisher's) the likeness would be from none, were the pixels
        with detail independent. They are not, and painters repeat themselves: see `EVIDENCE`."""
        likeness = min(max(self.likeness, 0.0), 0.999)
        return math.atanh(likeness) * math.sqrt(self.detail * self.pixels)

    def same(self, stretch: float) -> bool:
        """Whether both show the same. `stretch`: the log of how much wider, for its height, the
        second picture is than the first, before they were squashed."""
        return (
            self.likeness >= LIKENESS
            and self.detail >= DETAIL
            and self.evidence >= EVIDENCE
            and self.skew <= SKEW
            and abs(math.log(self.width / self.height) + stretch) <= SKEW
        )


def lay(
    part: Grey, whole: Grey, left: float = 0.0, top: float = 0.0, *, scale: float = 1.0
) -> Laid | None:
    """Lay `part` `(h, w)` on `whole` `(H, W)`, of like scale, from the pixel `left`, `top` on.

    `scale`: of the detail that the likeness is of, in pixels (see `relief`).
    None where the two cannot be aligned, or `part` does not lie on `whole`.
    """
    start = np.array([[1, 0, left], [0, 1, top]], np.float32)
    until = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, STEPS, ENOUGH)
    everywhere = np.ones_like(whole)
    try:
        _, found = cv2.findTransformECC(
            *_guides(part, whole), start, cv2.MOTION_AFFINE, until, everywhere, SMOOTH
        )
    except cv2.error:  # it wanders off, or there is nothing to go by
        return None
    place = np.asarray(found, np.float32)
    across, down = float(place[0, 0]), float(place[1, 1])
    if not (across > 0.5 and down > 0.5):
        return None
    height, width = part.shape
    there = _under(whole, place, width, height, cv2.INTER_CUBIC)
    known = _under(everywhere, place, width, height, cv2.INTER_NEAREST) > 0
    if known.mean() < COVERED:
        return None
    ours, theirs = relief(part, scale)[known], relief(there, scale)[known]
    powers = float(np.dot(ours, ours)), float(np.dot(theirs, theirs))
    return Laid(
        pixels=len(ours),
        likeness=float(np.dot(ours, theirs)) / math.sqrt(powers[0] * powers[1] + 1e-9),
        detail=min(powers) / len(ours),
        width=across * width / whole.shape[1],
        height=down * height / whole.shape[0],
        skew=max(abs(float(place[0, 1])), abs(float(place[1, 0]))),
    )


def _guides(part: Grey, whole: Grey) -> tuple[Floats, Floats]:
    """What one is aligned with the other by."""
    if part.shape == whole.shape:  # two prints from one block may differ in all light and colour
        return relief(part, ROUGH), relief(whole, ROUGH)
    return part.astype(np.float32), whole.astype(np.float32)


def relief(picture: Grey, scale: float = 1.0) -> Floats:
    """`picture` `(H, W)` without light and large shapes, its contrast the same everywhere.

    Of a place full of detail the mean square is near 1; of one with only the noise that JPEG and
    shrinking leave (about a grey level), near 0. `scale` in pixels.
    """
    values = picture.astype(np.float32)
    fine = values - _smooth(values, scale)
    return np.asarray(fine / np.sqrt(_smooth(fine**2, 2 * scale) + scale**2), np.float32)


def _under(whole: Grey, place: Floats, width: int, height: int, how: int) -> Grey:
    """What of `whole` lies under a part that is laid on it."""
    flags = how | cv2.WARP_INVERSE_MAP
    border = cv2.BORDER_CONSTANT if how == cv2.INTER_NEAREST else cv2.BORDER_REFLECT
    return np.asarray(
        cv2.warpAffine(whole, place, (width, height), flags=flags, borderMode=border), np.uint8
    )


def _smooth(values: Floats, scale: float) -> Floats:
    return np.asarray(
        cv2.GaussianBlur(values, (0, 0), scale, borderType=cv2.BORDER_REFLECT), np.float32
    )
