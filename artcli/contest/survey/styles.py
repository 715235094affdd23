"""Statistics of colour and texture, by which pictures that look alike lie near each other.

A small picture comes in, one vector goes out: how much of it has which colour (a histogram of CIE
L*a*b*), and which little patterns of brightness it is made of (uniform local binary patterns, Ojala
et al. 2002), fine and coarse. Square roots of shares make the Euclidean distance Hellinger's.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TINTS = np.array([-25, -10, 10, 25])  # where the bins of a* and of b* meet
_LIGHTS = np.array([25, 50, 75])  # and those of L*
_STEP = 3.0  # of L*: a neighbour that much brighter than the middle is brighter, not noise
_SCALES = 2  # each half the one before
_TEXTURE_WEIGHT = 2.0  # the shares of patterns vary half as much as those of colours
_AROUND = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))
_PATTERNS = 59
STYLE = 100 + _SCALES * _PATTERNS  # numbers in a style


def style_of(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """The style `(STYLE,)` float32 of a picture `(H, W, 3)`: L* 0..100, a*, b*."""
    lightness: NDArray[np.float32] = lab[..., 0]
    parts = [np.sqrt(_colours(lab))]
    for _ in range(_SCALES):
        parts.append(_TEXTURE_WEIGHT * np.sqrt(_patterns(lightness)))
        lightness = np.asarray(cv2.pyrDown(lightness), np.float32)
    return np.concatenate(parts).astype(np.float32)


def _colours(lab: NDArray[np.float32]) -> NDArray[np.float64]:
    """The shares `(100,)` of each bin of L*, a* and b*."""
    light = np.digitize(lab[..., 0], _LIGHTS)
    tint = np.digitize(lab[..., 1:], _TINTS)
    return _shares(light * 25 + tint[..., 0] * 5 + tint[..., 1], 100)


def _patterns(lightness: NDArray[np.float32]) -> NDArray[np.float64]:
    """The shares `(59,)` of each local binary pattern; the edge goes on beyond itself."""
    framed = np.pad(lightness, 1, mode="edge")
    height, width = lightness.shape
    codes = np.zeros((height, width), np.uint8)
    for bit, (y, x) in enumerate(_AROUND):
        brighter = framed[y : y + height, x : x + width] > lightness + _STEP
        codes |= brighter.astype(np.uint8) << bit
    return _shares(_uniform()[codes], _PATTERNS)


def _shares(bins: NDArray[np.intp], count: int) -> NDArray[np.float64]:
    return np.bincount(bins.ravel(), minlength=count) / bins.size


@cache
def _uniform() -> NDArray[np.intp]:
    """Of each of the 256 codes the pattern it counts for: one each for those 58 whose ring of
    neighbours changes between darker and brighter twice at most, and a last one for all others."""
    turned = [(code >> 1) | (code & 1) << 7 for code in range(256)]
    few = [code for code in range(256) if (code ^ turned[code]).bit_count() <= 2]
    patterns = np.full(256, len(few), np.intp)
    patterns[few] = np.arange(len(few))
    return patterns
