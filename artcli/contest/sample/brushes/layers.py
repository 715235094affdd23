"""Brushes of thin layers: stained canvas, watercolour, glaze, tempera on gold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from artcli.contest.sample.brushes.surface import (
    as_picture,
    cracked,
    displaced,
    edge_distance,
    flow_field,
    hairs,
    inked,
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


def stain(s: Sketch, *, soft: float = 16.0, cloud: float = 9.0, veils: int = 3) -> Picture:
    """Thinned paint soaked into canvas: soft edges, breathing surfaces."""
    u = unit(s)
    source = s.cartoon().astype(np.float32)
    picture = np.zeros_like(source)
    for _ in range(veils):
        veil = displaced(source, *(noise(s, 40 * u, 4) * soft * 0.35 * u for _ in range(2)))
        picture += cv2.GaussianBlur(veil, (0, 0), soft * 0.3 * u * s.between(0.4, 1.4)) / veils
    picture += noise(s, 90 * u, 5)[..., None] * cloud
    picture += hairs(s, 0.25 * noise(s, 80 * u, 2), 12)[..., None] * cloud * 0.45
    return woven(s, as_picture(picture), 2.5)


def wash(
    s: Sketch, *, bleed: float = 7.0, edge: float = 0.3, grain: float = 5.0, veil: float = 0.8
) -> Picture:
    """Watercolour: colour run to the rim of each wet patch, paper shining through."""
    u = unit(s)
    dx, dy = (noise(s, 28 * u, 4) * bleed * 0.5 * u for _ in range(2))
    source = displaced(s.cartoon().astype(np.float32), dx, dy)
    labels = displaced(s.labels.astype(np.float32), dx, dy, mixing=False)
    wet = np.clip(noise(s, 70 * u, 2) * 0.5 + 0.4, 0, 1)
    colour = inked(
        cv2.GaussianBlur(source, (0, 0), 0.8), wet, cv2.GaussianBlur(source, (0, 0), bleed * u)
    )
    rim = edge * np.exp(-edge_distance(labels) / (1.6 * u)) * (1 - wet)
    strength = np.clip(veil + noise(s, 50 * u, 4) * 0.06 + rim, 0.1, 1.05)
    paper = np.array(s.palette["light"], np.float32) * 0.35 + 252 * 0.65
    picture = inked(np.broadcast_to(paper, source.shape), strength, colour)
    picture -= (np.maximum(noise(s, 2.2, 2), 0) * grain * strength)[..., None]
    y, x = places(s)
    inset = np.minimum.reduce([x, y, s.width - 1 - x, s.height - 1 - y]) / (9 * u)
    bare = 1 - np.clip(inset + noise(s, 22 * u) * 0.8 - 0.6, 0, 1)
    return as_picture(inked(picture, bare, paper))


def glazed(
    s: Sketch, *, gloom: float = 0.75, soft: float = 2.6, cracks: float = 0.5, warm: float = 0.25
) -> Picture:
    """Smooth glazes out of darkness: one light, brown shadows, old varnish."""
    u = unit(s)
    picture = cv2.GaussianBlur(modelled(s, 0.55), (0, 0), soft * u).astype(np.float32)
    y, x = places(s)
    lamp = s.rng.uniform(0.3, 0.65, 2) * (s.width, s.height)
    reach = s.rng.uniform(0.32, 0.5) * np.hypot(s.width, s.height)
    away = np.hypot(x - lamp[0], (y - lamp[1]) * 0.9) / reach
    light = np.clip(1.15 - gloom * np.clip(away, 0, 1.25), 0.08, 1.2)[..., None]
    dark = np.array(s.palette["dark"], np.float32) * 0.45
    picture = dark + (picture - dark) * light
    shown = as_picture(picture * (1 + warm * (np.array([1.12, 0.98, 0.72], np.float32) - 1)))
    marks = hairs(s, flow_field(s, shown, angle=0.6, swirl=0.4, follow=3), 5)
    return cracked(s, lit(shown, marks, 0.035), cracks, 15)


def gilded(
    s: Sketch, *, hatching: float = 9.0, burnish: float = 10.0, punch: float = 1.0
) -> Picture:
    """Egg tempera in short crossed strokes; the pale parts are gold leaf, punched and cracked."""
    u = unit(s)
    cartoon = modelled(s, 0.35)
    picture = cv2.GaussianBlur(cartoon, (0, 0), 0.9 * u).astype(np.float32)
    flow = flow_field(s, cartoon, angle=1.4, swirl=0.2, follow=3)
    strokes = hairs(s, flow, 4) + hairs(s, flow + 0.6, 4)
    picture += strokes[..., None] * hatching * 0.6
    gold = np.abs(cartoon - np.array(s.palette["light"], np.float32)).sum(2) < 70
    y, x = places(s)
    seams = (x % (46 * u) < 1.2) | (y % (46 * u) < 1.2)  # leaves overlap in faint lines
    leaf = noise(s, 36 * u, 4) * burnish - seams * 9
    picture[gold] += leaf[gold][:, None] * np.array([1.0, 0.9, 0.5], np.float32)
    rim = cv2.morphologyEx(gold.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    ys, xs = np.nonzero(rim)
    for i in s.rng.permutation(len(xs))[: int(punch * 160)]:
        place = (int(xs[i]), int(ys[i]))
        cv2.circle(picture, place, max(int(1.7 * u), 1), s.colour("accent+dark"), -1, cv2.LINE_AA)
    return cracked(s, as_picture(picture), 0.5, 12)
