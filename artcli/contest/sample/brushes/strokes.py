"""Brushes that leave their marks one by one: strokes of oil, dots, flung paint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from artcli.contest.sample.brushes.surface import (
    FINE,
    as_picture,
    at,
    flow_field,
    hairs,
    lit,
    modelled,
    scattered,
    unit,
    varied,
    woven,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.contest.sample.brushes.surface import Picture, Plane
    from artcli.contest.sample.sketch import Sketch


def oil(
    s: Sketch,
    *,
    strokes: tuple[tuple[float, float], ...],
    angle: float = 0.0,
    swirl: float = 0.5,
    follow: float = 2.0,
    jitter: float = 12.0,
    impasto: float = 0.1,
    model: float = 0.25,
    gap: float = 0.9,
    ground: str = "mid",
) -> Picture:
    """Strokes of loaded brushes, wide ones first, that follow shapes and eddies.

    `strokes` are the layers' (width, length); `gap` above 1 leaves the ground showing.
    """
    u = unit(s)
    target = modelled(s, model)
    flow = flow_field(s, target, angle=angle, swirl=swirl, follow=follow)
    # Three channels of colour and one of the paint's thickness, so that a stroke is drawn once.
    canvas = np.full((s.height, s.width, 4), (*s.colour(ground), 0), np.uint8)
    for width, length in strokes:
        thick = max(width * u, 1.6)
        starts = scattered(s, thick * gap)
        paths = _carried(s, flow, starts, length * u)
        points = np.rint(paths * 2**FINE).astype(np.int32)
        colours = varied(s, at(target, starts).astype(float), jitter)
        widths = np.maximum(thick * s.rng.uniform(0.6, 1.25, len(starts)), 1).astype(int)
        paints = np.c_[colours, s.rng.integers(40, 255, len(starts))]
        for line, paint, size in zip(points, paints.tolist(), widths.tolist(), strict=True):
            cv2.polylines(canvas, [line], False, paint, size, cv2.LINE_AA, FINE)
    thickness = cv2.GaussianBlur(canvas[..., 3].astype(np.float32), (0, 0), 0.8) / 90
    marks = cv2.GaussianBlur(hairs(s, flow, 7), (0, 0), 0.7)
    return lit(canvas[..., :3], thickness + marks / (marks.std() + 1e-6) * 0.8, impasto)


def _carried(
    s: Sketch, flow: Plane, starts: NDArray[np.float64], length: float, steps: int = 5
) -> NDArray[np.float64]:
    """The paths `(N, steps, 2)` of brushes carried along the flow from `starts` `(N, 2)`."""
    path = np.empty((len(starts), steps, 2))
    path[:, 0] = starts
    # Half of the strokes go against the field, which has no sense of its own.
    pace = (s.rng.uniform(0.6, 1.2, len(starts)) * s.rng.choice([-1, 1], len(starts)))[:, None]
    for step in range(1, steps):
        turn = at(flow, path[:, step - 1])
        ahead = np.c_[np.cos(turn), np.sin(turn)] * pace * length / (steps - 1)
        if step > 1:  # keep going forward where the field's angle wraps
            last = path[:, step - 1] - path[:, step - 2]
            ahead *= np.where((ahead * last).sum(1, keepdims=True) < 0, -1, 1)
        path[:, step] = path[:, step - 1] + ahead
    return path


def dots(
    s: Sketch, *, size: float = 5.0, jitter: float = 18.0, contrast: float = 0.5, model: float = 0.3
) -> Picture:
    """Touches of unmixed colour side by side, complements among them."""
    u = unit(s)
    target = modelled(s, model)
    canvas = cv2.GaussianBlur(target, (0, 0), 6 * u)
    canvas = (canvas * 0.6 + np.array(s.palette["light"]) * 0.4).astype(np.uint8)
    for scale in (1.35, 0.9):
        radius = max(size * u * scale / 2, 1.1)
        centres = scattered(s, radius * 1.75)
        colours = varied(s, at(target, centres).astype(float), jitter, contrast).tolist()
        radii = (radius * s.rng.uniform(0.75, 1.25, len(centres)) * 2**FINE).astype(int).tolist()
        points = np.rint(centres * 2**FINE).astype(int).tolist()
        for point, r, colour in zip(points, radii, colours, strict=True):
            cv2.circle(canvas, point, r, colour, -1, cv2.LINE_AA, FINE)
    return as_picture(canvas)


def drip(
    s: Sketch, *, skeins: int = 34, splatter: int = 1500, thick: float = 3.0, loops: float = 1.0
) -> Picture:
    """Paint poured and flung from above: looping skeins, pools, splashes."""
    u = unit(s)
    canvas = np.dstack([woven(s, s.cartoon(), 5), np.zeros((s.height, s.width), np.uint8)])
    size = np.array([s.width, s.height])
    t = np.linspace(0, 1, 140)
    for _ in range(skeins):
        name = s.any("dark", "dark", "light", "accent", "second", "mid", "far")
        paint = (*s.colour(name, 8), float(s.rng.integers(90, 255)))
        path = s.rng.uniform(-0.1, 1.1, 2) + np.outer(t - 0.5, s.rng.normal(0, 0.6, 2))
        for wave in (1, 2, 3, 5, 8, 13, 19):
            swing = s.rng.normal(0, 0.2 * loops / wave**0.75, (2, 2))
            path += np.outer(np.sin(2 * np.pi * wave * t), swing[0])
            path += np.outer(np.cos(2 * np.pi * wave * t), swing[1])
        points = np.rint(path * size * 2**FINE).astype(np.int32)
        load = np.interp(t, np.linspace(0, 1, 22), s.rng.normal(0, 1, 22))
        widths = thick * u * s.rng.uniform(0.25, 1.1) * np.exp(0.75 * load)
        for i in range(0, len(t) - 1, 2):
            width = max(round(widths[i]), 1)
            cv2.polylines(canvas, [points[i : i + 3]], False, paint, width, cv2.LINE_AA, FINE)
        for flung in s.rng.normal(0, 0.1, (splatter // skeins, 2)):
            x, y = (path[s.rng.integers(len(t))] + flung) * size * 2**FINE
            radius = min(s.rng.exponential(1.2) * s.rng.exponential(1.2), 9) * u * 2**FINE
            cv2.circle(canvas, (int(x), int(y)), int(radius) + 4, paint, -1, cv2.LINE_AA, FINE)
    thickness = cv2.GaussianBlur(canvas[..., 3].astype(np.float32), (0, 0), 0.9)
    return lit(canvas[..., :3], thickness, 0.1)
