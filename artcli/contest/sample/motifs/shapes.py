"""Motifs without a subject: adrift planes, fields of colour, bare canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from artcli.contest.sample.sketch import Sketch


def planes(s: Sketch) -> None:
    """Bars, squares, discs and wedges adrift on a pale ground along one diagonal."""
    s.box(0, 0, 1, 1.01, "light", "light")
    lean = s.between(-1.1, 1.1)
    unit = min(s.width, s.height)
    for _ in s.several(9, 18):
        x, y = s.between(0.1, 0.9), s.between(0.1, 0.9)
        long, short = s.between(0.05, 0.45), s.between(0.01, 0.12)
        turn = lean + (np.pi / 2 if s.chance(0.3) else 0) + s.between(-0.08, 0.08)
        name = s.any("dark", "accent", "second", "mid", "far", "near", "dark", "accent")
        if s.chance(0.14):
            s.disc(x, y, short * 1.6, short * 1.6, name)
            continue
        c, sn = np.cos(turn), np.sin(turn)
        narrow = short * s.between(0.2, 1)
        corners = [(-long, -short), (long, -narrow), (long, narrow), (-long, short)]
        points = [
            (x + (c * a - sn * b) * unit / s.width / 1.6, y + (sn * a + c * b) * unit / s.height)
            for a, b in corners
        ]
        s.polygon(points, name)


def fields(s: Sketch) -> None:
    """Two to four wide bands of colour, one above another."""
    s.box(0, 0, 1, 1.01, s.any("dark", "near", "mid", "far"), s.any("dark", "near", "mid"))
    count = int(s.rng.integers(2, 5))
    cuts = np.sort(np.r_[0.06, s.rng.uniform(0.2, 0.8, count - 1), 0.94])
    names = s.rng.permutation(["accent", "second", "light", "sky", "far", "dark", "mid"])
    for top, bottom, name in zip(cuts[:-1], cuts[1:], names, strict=False):
        if bottom - top > 0.05:
            s.box(0.07, top + 0.015, 0.86, bottom - top - 0.03, str(name), str(name))


def bare(s: Sketch) -> None:
    """A primed canvas and nothing else: the brush does the rest."""
    name = s.any("light", "light", "dark", "mid+light", "near")
    s.box(0, 0, 1, 1.01, name, name)
