"""Brushes of clean edges: flat paint, and the broken planes of cubism."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from artcli.contest.sample.brushes.surface import (
    as_picture,
    cracked,
    displaced,
    hairs,
    lit,
    modelled,
    noise,
    places,
    unit,
    woven,
)

if TYPE_CHECKING:
    from artcli.contest.sample.brushes.surface import Picture
    from artcli.contest.sample.sketch import Sketch


def flat(s: Sketch, *, weave: float = 4.0, wear: float = 0.5) -> Picture:
    """Even paint up to clean edges on a woven canvas, worn and cracked a little."""
    sheen = noise(s, 26 * unit(s), 4) * 3 + hairs(s, s.between(0, np.pi), 8) * 3
    picture = cv2.GaussianBlur(s.cartoon() + sheen[..., None], (0, 0), 0.6)
    return cracked(s, woven(s, as_picture(picture), weave), wear)


def facets(
    s: Sketch, *, lines: int = 13, shift: float = 26.0, passage: float = 0.35, muted: float = 0.35
) -> Picture:
    """The subject broken by straight lines into planes, each seen from elsewhere and shaded."""
    u = unit(s)
    y, x = places(s)
    code = np.zeros((s.height, s.width), np.int64)
    shade = np.ones((s.height, s.width), np.float32)
    slants = s.rng.normal(s.rng.uniform(0, np.pi), 0.25, lines)
    slants += s.rng.choice([0, np.pi / 2, np.pi / 3], lines, p=[0.45, 0.35, 0.2])
    for bit, slant in enumerate(slants):
        through = s.rng.uniform(0.08, 0.92, 2) * (s.width, s.height)
        side = (x - through[0]) * np.cos(slant) + (y - through[1]) * np.sin(slant)
        code |= (side > 0).astype(np.int64) << bit
        reach = s.rng.uniform(18, 60) * u
        shade -= passage * s.rng.uniform(0.4, 1) * np.exp(-np.maximum(side, 0) / reach) * (side > 0)
    facet = np.unique(code, return_inverse=True)[1].reshape(s.height, s.width)
    count = int(facet.max()) + 1
    move = s.rng.normal(0, shift * u, (2, count)).astype(np.float32)
    turn = s.rng.normal(0, 0.12, count).astype(np.float32)[facet]
    seen = displaced(
        modelled(s, 0.25),
        move[0][facet] + turn * (y - s.height / 2),
        move[1][facet] - turn * (x - s.width / 2),
    )
    names = ("mid", "near", "light", "far", "accent", "second", "dark")
    planes = np.array([s.colour(s.any(*names)) for _ in range(count)], np.float32)[facet]
    weight = s.rng.uniform(0, 2 * muted, count).astype(np.float32)[facet][..., None]
    light = s.rng.normal(1, 0.13, count).astype(np.float32)[facet] * np.clip(shade, 0.35, 1.1)
    mixed = as_picture((seen * (1 - weight) + planes * weight) * light[..., None])
    picture = lit(mixed, hairs(s, s.between(0, np.pi) + turn * 4, 6), 0.06)
    edge = cv2.Laplacian((facet % 251).astype(np.float32), cv2.CV_32F) != 0
    dark = cv2.GaussianBlur(edge.astype(np.float32), (0, 0), 0.8)[..., None] * 0.3
    return as_picture(picture * (1 - dark))
