"""A picture in the colours of others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_LEAST = 1e-4  # of a variance, pixels being 0 to 1: a grey picture has no colour to stretch


def recoloured(
    picture: NDArray[np.uint8], others: Sequence[NDArray[np.uint8]]
) -> NDArray[np.uint8]:
    """`picture` `(H, W, 3)` with the mean and covariance that the colours of `others` have.

    The map is linear.

    Source: Gatys et al. 2017, "Controlling Perceptual Factors in Neural Style Transfer", sec. 5
    (image analogies' colour matching).
    """
    own = picture.reshape(-1, 3) / 255
    others_own = np.concatenate([other.reshape(-1, 3) for other in others]) / 255
    colours = (own - own.mean(0)) @ _root(own, -0.5) @ _root(others_own, 0.5)
    pixels = np.clip(colours + others_own.mean(0), 0, 1).reshape(picture.shape)
    return np.rint(pixels * 255).astype(np.uint8)


def _root(colours: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """The covariance to the power of a half or of minus a half, `(3, 3)`."""
    values, vectors = np.linalg.eigh(np.cov(colours.T))
    return (vectors * np.maximum(values, _LEAST) ** power) @ vectors.T
