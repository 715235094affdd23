"""Brushes of line: woodcut, pen, ink, outlined ornament."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from artcli.contest.sample.brushes.surface import (
    as_picture,
    displaced,
    edge_distance,
    flow_field,
    hairs,
    inked,
    modelled,
    noise,
    places,
    unit,
)

if TYPE_CHECKING:
    from artcli.contest.sample.brushes.surface import Picture, Plane
    from artcli.contest.sample.sketch import Sketch


def print_block(
    s: Sketch, *, line: float = 1.6, grain: float = 5.0, fade: float = 0.25, rough: float = 0.0
) -> Picture:
    """Flat colours within black lines, wood grain and paper: a colour woodcut.

    `rough` tears the edges of colours and lines, as a knife in soft wood does.
    """
    u = unit(s)
    picture, labels = s.cartoon().astype(np.float32), s.labels.astype(np.float32)
    if rough:
        dx, dy = (noise(s, 14 * u, 2) * rough * u * 4 for _ in range(2))
        picture, labels = displaced(picture, dx, dy), displaced(labels, dx, dy, mixing=False)
    height = 1 - places(s)[0] / s.height
    picture = inked(picture, fade * height**6, s.colour("second+far"))  # the printer's wiped band
    wood = cv2.GaussianBlur(noise(s, 3 * u, 1), (0, 0), sigmaX=26 * u, sigmaY=0.6)
    picture += grain * (wood / (wood.std() + 1e-6))[..., None]
    width = np.clip(noise(s, 30 * u, 2) * 0.35 + 1, 0.3, 1.8) * line * u
    lines = np.clip(width - edge_distance(labels) + 0.5, 0, 1) * 0.92
    paper = noise(s, 2.5, 2) * 3
    return as_picture(inked(picture, lines, s.palette["dark"]) + paper[..., None])


def hatch(
    s: Sketch,
    *,
    period: float = 4.2,
    angles: tuple[float, ...] = (0.7, -0.6, 1.5, 0.1),
    tint: float = 0.15,
    wobble: float = 1.0,
) -> Picture:
    """Lines of ink, crossed where it is darker, on paper washed with a little colour."""
    u = unit(s)
    cartoon = modelled(s, 0.7)
    tone = _tones(cartoon, 0.03, 0.97) ** 0.8
    y, x = places(s)
    bend = noise(s, 60 * u, 2) * wobble * 3 * u
    bend += np.sqrt(s.labels.astype(np.float32)) * 1.7 * u  # lines break between regions
    ink = np.zeros_like(tone)
    for level, angle in enumerate(angles):
        wave = np.cos((x * np.cos(angle) + y * np.sin(angle) + bend) * 2 * np.pi / (period * u))
        start = 0.88 - 0.22 * level  # each further set of lines begins at a darker tone
        dark = np.clip((start - tone) / 0.55, 0, 1)
        ink = np.maximum(ink, np.clip((wave - (1 - 1.7 * dark)) * 2.2, 0, 1) * (dark > 0.02))
    ink = np.maximum(ink, np.clip(0.9 * u + 0.6 - edge_distance(s.labels), 0, 1))
    ink *= np.clip(0.86 + 0.12 * noise(s, 9 * u, 2), 0, 1)
    paper = (
        np.array(s.palette["light"], np.float32) * 0.75 + 51 + noise(s, 90 * u, 4)[..., None] * 4
    )
    wash = cv2.GaussianBlur(cartoon, (0, 0), 2.5 * u).astype(np.float32)
    black = np.array(s.palette["dark"]) * 0.7
    return as_picture(inked(paper * (1 - tint) + wash * tint, ink, black))


def ink(s: Sketch, *, levels: int = 4, dry: float = 0.5, mist: float = 0.5) -> Picture:
    """Ink and water on rice paper: few tones, dry brush, much left bare."""
    u = unit(s)
    cartoon = s.cartoon()
    tone = np.round(_tones(cartoon, 0.02, 0.9) * levels) / levels
    tone = displaced(tone, *(noise(s, 20 * u) * 3.2 * u for _ in range(2)))
    pick = np.clip(noise(s, 60 * u, 2) * 0.6 + 0.5, 0, 1)
    tone = tone * pick + cv2.GaussianBlur(tone, (0, 0), 5 * u) * (1 - pick)
    flow = flow_field(s, cartoon, angle=0.3, swirl=0.6, follow=4)
    darkness = (1 - tone) * (0.9 + 0.06 * noise(s, 40 * u))
    darkness *= np.where((hairs(s, flow, 17) > 1.15 - darkness) & (darkness > 0.3), 1 - dry, 1)
    fog = np.clip(noise(s, 130 * u, 2) * 0.5 + mist, 0, 1)
    darkness *= 1 - 0.75 * fog * np.exp(-((places(s)[0] / s.height - 0.6) ** 2) / 0.04)
    paper = np.array(s.palette["light"], np.float32) + noise(s, 3)[..., None] * 2.5
    tinted = np.array(s.palette["dark"], np.float32) * 0.85 + cartoon.astype(np.float32) * 0.15
    return as_picture(inked(paper, darkness, tinted))


def _tones(picture: Picture, low: float, high: float) -> Plane:
    """How light the picture is, 0..1 from its quantile `low` to its quantile `high`."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    black, white = np.quantile(grey, (low, high))
    return np.asarray(np.clip((grey - black) / (white - black + 1e-6), 0, 1), np.float32)


def ornament(
    s: Sketch, *, repeat: float = 15.0, outline: float = 1.4, density: float = 0.7
) -> Picture:
    """Flat bright regions, each filled with its own pattern of dots, stripes or leaves."""
    u = unit(s)
    y, x = places(s)
    count = len(s.ramps)
    turn = s.rng.uniform(0, np.pi, count).astype(np.float32)[s.labels]
    step = (repeat * u * s.rng.uniform(0.6, 1.4, count)).astype(np.float32)[s.labels]
    kind = np.where(s.rng.random(count) < density, s.rng.integers(0, 4, count), 9)[s.labels]
    along = (x * np.cos(turn) + y * np.sin(turn)) / step
    across = (y * np.cos(turn) - x * np.sin(turn)) / step
    a, b = along - np.floor(along) - 0.5, across - np.floor(across) - 0.5
    marks = (kind == 0) & (np.hypot(a, b) < 0.24)
    marks |= (kind == 1) & (np.abs(b) < 0.14)
    marks |= (kind == 2) & (np.abs(b + 0.28 * np.sin(along * 2 * np.pi)) < 0.1)
    marks |= (kind == 3) & (np.hypot(a, b * 2.6) < 0.36)
    names = ("light", "dark", "accent", "second", "sky")
    figure = np.array([s.colour(s.any(*names)) for _ in range(count)], np.float32)[s.labels]
    picture = inked(s.cartoon(), cv2.GaussianBlur(marks.astype(np.float32), (0, 0), 0.6), figure)
    line = np.clip(outline * u + 0.5 - edge_distance(s.labels), 0, 1) * 0.85
    rub = noise(s, 18 * u, 4) * 3.5
    return as_picture(inked(picture, line, s.palette["dark"]) + rub[..., None])
