"""Motifs under the sky: country, town, sea, night, garden, mountain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from artcli.contest.sample.sketch import Sketch


def _sky(s: Sketch, horizon: float) -> None:
    s.box(0, 0, 1, horizon + 0.15, "sky", s.any("light", "sky+light", "sky+accent"))
    if s.chance(0.4):
        x, y, size = s.between(0.15, 0.85), s.between(0.08, horizon * 0.8), s.between(0.04, 0.09)
        s.disc(x, y, size, size, s.any("accent", "light", "second"))
    for _ in s.several(0, 4):
        x, y, size = s.between(0, 1), s.between(0.03, horizon * 0.75), s.between(0.06, 0.16)
        for _ in s.several(2, 4):
            at = x + s.between(-0.1, 0.1), y + s.between(-0.02, 0.02)
            s.disc(*at, size * s.between(0.6, 1.3), size * 0.3, "light", "sky+light")


def _tree(s: Sketch, x: float, y: float, size: float) -> None:
    if s.chance(0.45):  # a cypress
        s.disc(x, y - size * 0.5, size * 0.16, size * 0.7, "dark+near", "dark")
        return
    s.box(x - size * 0.04, y - size * 0.4, size * 0.08, size * 0.4, "dark")
    for _ in s.several(3, 5):
        at = x + s.between(-0.25, 0.25) * size, y - size * s.between(0.4, 0.8)
        s.disc(*at, size * s.between(0.2, 0.35), size * 0.24, s.any("near", "mid"), "near+dark")


def _house(s: Sketch, x: float, y: float, size: float) -> None:
    w, h = size * s.between(0.8, 1.3), size * s.between(0.7, 1.6)
    wall = s.any("light", "light+accent", "sky+light", "second+light")
    s.box(x, y - h, w, h, wall, s.any("mid", "light+mid"))
    roof = [(x - w * 0.08, y - h), (x + w * s.between(0.3, 0.7), y - h - size * 0.6)]
    s.polygon([*roof, (x + w * 1.08, y - h)], s.any("accent", "second", "dark+accent"))
    for i in range(2):
        for j in s.several(1, 3):
            at = x + w * (0.2 + 0.4 * i), y - h * 0.85 + j * h * 0.3
            s.box(*at, w * 0.18, h * 0.16, "dark")


def landscape(s: Sketch) -> None:
    """Hills behind hills, fields in rows, some trees."""
    horizon = s.between(0.25, 0.55)
    _sky(s, horizon)
    names = ("far", "far+mid", "mid", "mid+near", "near")
    for i, name in enumerate(names):
        y = horizon + (0.95 - horizon) * (i / len(names)) ** 1.2
        s.ridge(y, s.between(0.02, 0.07), name, s.any(name, "near", "accent+mid"))
        for _ in s.several(0, 2):
            _tree(s, s.between(0, 1), y + 0.06, 0.08 + 0.07 * i)
    if s.chance(0.5):  # furrows that meet far away
        meet = s.between(0.2, 0.8)
        for x in np.linspace(-0.6, 1.5, 12):
            row = [(meet, horizon + 0.25), (x, 1.01), (x + 0.07, 1.01)]
            s.polygon(row, s.any("accent+near", "light+mid", "near"))
    if s.chance(0.4):
        x, y = s.between(0.2, 0.7), s.between(horizon + 0.15, 0.75)
        _house(s, x, y, s.between(0.08, 0.16))


def town(s: Sketch) -> None:
    """Houses in rows, a tower, a square before them."""
    horizon = s.between(0.3, 0.5)
    _sky(s, horizon)
    s.ridge(horizon, 0.03, "far", "far+mid")
    for row in range(3):
        y, size = horizon + 0.1 + row * 0.17, 0.14 + row * 0.05
        if row == 1 and s.chance(0.8):
            x = s.between(0.15, 0.75)
            s.box(x, y - 0.42, 0.08, 0.42, "light+mid", "mid")
            s.polygon([(x - 0.02, y - 0.42), (x + 0.04, y - 0.6), (x + 0.1, y - 0.42)], "second")
        for x in np.arange(-0.1, 1.0, size * 0.95):
            if s.chance(0.85):
                _house(s, x + s.between(-0.03, 0.03), y + s.between(-0.03, 0.03), size)
    s.ridge(s.between(0.76, 0.86), 0.015, "mid+light", "near")
    for _ in s.several(1, 6):
        x, y = s.between(0.05, 0.95), s.between(0.84, 0.95)
        s.disc(x, y, 0.015, 0.05, s.any("dark", "accent", "second"))


def sea(s: Sketch) -> None:
    """Water under a wide sky, boats, at times a cliff."""
    horizon = s.between(0.3, 0.6)
    _sky(s, horizon)
    s.box(0, horizon, 1, 1.01 - horizon, "far+sky", "near")
    if s.chance(0.5):
        side = s.any("left", "right")
        shape = np.array([(0, 0.95), (0, horizon - 0.2), (0.2, horizon - 0.15), (0.4, horizon)])
        shape = np.vstack([shape, [(0.3, 0.8), (0.12, 0.9)]])
        shape[:, 0] *= s.between(0.6, 1.2)
        shape[:, 0] = shape[:, 0] if side == "left" else 1 - shape[:, 0]
        s.polygon(shape, "mid", "dark+mid")
    for i in range(46):
        depth = (i / 46) ** 1.5
        y, half = horizon + (1 - horizon) * depth, 0.03 + 0.14 * depth
        x = s.between(-0.1, 1.1)
        wave = [(x - half, y), (x, y - half * 0.12), (x + half, y), (x, y + half * 0.06)]
        s.polygon(wave, s.any("light", "sky", "far", "mid", "near", "sky+light"))
    for _ in s.several(1, 5):
        y = s.between(horizon + 0.03, 0.85)
        x, size = s.between(0.08, 0.92), 0.05 + 0.3 * (y - horizon)
        hull = [(-0.5, 0), (0.5, 0), (0.36, 0.2), (-0.36, 0.2)]
        s.polygon([(x + a * size, y + b * size) for a, b in hull], s.any("dark", "accent"), "dark")
        lean = s.between(-0.1, 0.1)
        sail = [(0, -0.05), (lean, -1.1), (0.5 if s.chance(0.5) else -0.5, -0.12)]
        points = [(x + a * size, y + b * size) for a, b in sail]
        s.polygon(points, s.any("light", "accent", "second", "light+accent"))


def night(s: Sketch) -> None:
    """A dark sky with moon and stars over a sleeping village."""
    horizon = s.between(0.5, 0.68)
    s.box(0, 0, 1, 1.01, "dark", "far")
    x, y = s.between(0.15, 0.85), s.between(0.12, 0.3)
    for size, name in ((0.16, "dark+sky"), (0.12, "sky"), (0.08, "light+accent")):
        s.disc(x, y, size, size, name)
    for _ in s.several(6, 14):
        x, y, size = s.between(0, 1), s.between(0.02, horizon), s.between(0.008, 0.022)
        s.disc(x, y, size * 2, size * 2, "sky+dark")
        s.disc(x, y, size, size, "light+accent")
    for i, name in enumerate(("far+dark", "mid+dark", "near+dark")):
        s.ridge(horizon + 0.12 * i, 0.05, name, "dark")
    for _ in s.several(3, 8):
        x, y, size = s.between(0, 0.9), s.between(horizon + 0.15, 0.9), s.between(0.05, 0.1)
        s.box(x, y - size, size * 1.2, size, "dark+mid", "dark")
        s.box(x + size * 0.3, y - size * 0.7, size * 0.3, size * 0.35, "accent+light")
    if s.chance(0.6):
        _tree(s, s.between(0.1, 0.9), 0.98, s.between(0.5, 0.9))


def garden(s: Sketch) -> None:
    """Flowers upon flowers, a pond or a wall behind."""
    s.box(0, 0, 1, 1.01, "mid", "near")
    if s.chance(0.5):
        _sky(s, 0.2)
        s.ridge(0.24, 0.04, "mid+dark", "near")
    if s.chance(0.5):
        s.disc(s.between(0.2, 0.8), s.between(0.5, 0.8), 0.5, 0.18, "sky", "far+sky")
    for _ in s.several(2, 4):
        _tree(s, s.between(0, 1), s.between(0.3, 0.7), s.between(0.25, 0.5))
    for _ in s.several(70, 150):
        y = s.between(0.25, 1) ** 0.8
        size = 0.008 + 0.028 * y * s.between(0.5, 1.2)
        name = s.any("accent", "second", "light", "near", "dark+near", "mid", "accent+light")
        s.disc(s.between(0, 1), y, size, size * s.between(0.5, 1), name)


def peak(s: Sketch) -> None:
    """A lone mountain over mist, pines or a bridge before it, birds."""
    s.box(0, 0, 1, 1.01, "sky", "light")
    x, top, half = s.between(0.25, 0.75), s.between(0.14, 0.3), s.between(0.3, 0.55)
    foot = s.between(0.62, 0.72)
    rim = np.array([(-1, 1), (-0.45, 0.42), (-0.13, 0), (0.13, 0), (0.45, 0.42), (1, 1)])
    s.polygon(np.c_[x + rim[:, 0] * half, top + rim[:, 1] * (foot - top)], "far", "sky+light")
    snow = [(-0.13, 0), (0.13, 0), (0.34, 0.28), (0.2, 0.22), (0.08, 0.34), (-0.1, 0.2)]
    points = [(x + a * half, top + b * (foot - top)) for a, b in [*snow, (-0.32, 0.27)]]
    s.polygon(points, "light")
    for i in range(3):
        y = foot + s.between(-0.08, 0.02) + 0.05 * i
        s.disc(s.between(0, 1), y, s.between(0.3, 0.7), 0.025, "light", "sky+light")
    s.ridge(foot + 0.06, 0.03, "mid", "mid+light")
    if s.chance(0.6):
        s.box(0, foot + 0.12, 1, 0.5, "far+sky", "near")
        for i in range(18):
            y = foot + 0.14 + i * 0.018
            a, w = s.between(-0.1, 1), s.between(0.1, 0.3)
            wave = [(a, y), (a + w / 2, y - 0.008), (a + w, y), (a + w / 2, y + 0.004)]
            s.polygon(wave, s.any("light", "far", "sky"))
        if s.chance(0.6):
            t = np.linspace(0, np.pi, 20)
            arc = 0.86 - 0.14 * np.sin(t)
            over = np.c_[np.linspace(0.1, 0.9, 20), arc]
            s.polygon(np.vstack([over, (over + np.array([0, 0.035]))[::-1]]), "accent", "second")
            for p in over[2:-1:3]:
                s.box(p[0], p[1], 0.012, 0.12, "dark+accent")
    else:
        s.ridge(foot + 0.16, 0.04, "near", "near+dark")
        for _ in s.several(2, 6):
            _tree(s, s.between(0, 1), s.between(0.8, 1), s.between(0.18, 0.35))
    for _ in s.several(0, 6):
        a, b, w = s.between(0.1, 0.9), s.between(0.06, 0.4), s.between(0.015, 0.03)
        for d in (-1, 1):
            s.polygon([(a, b), (a + d * w, b - w * 0.5), (a + d * w * 1.6, b)], "dark")
