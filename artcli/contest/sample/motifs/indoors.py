"""Motifs of the studio: sitters, saints, tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from artcli.contest.sample.sketch import Sketch


def portrait(s: Sketch) -> None:
    """A sitter, head and shoulders, with hair or a hat."""
    s.box(0, 0, 1, 1.01, s.any("far", "dark", "mid", "sky"), s.any("dark", "mid", "near"))
    if s.chance(0.3):
        s.ridge(s.between(0.4, 0.6), 0.05, "mid", "near")
    x, y, size = 0.5 + s.between(-0.1, 0.1), s.between(0.32, 0.42), s.between(0.16, 0.23)
    turn, coat = s.between(-0.15, 0.15), s.any("second", "dark", "near", "accent", "far+dark")
    s.disc(x, y - size * 0.1, size * 1.05, size * 1.35, "dark", s.any("dark", "near+dark"), turn)
    unit = min(s.width, s.height)
    ax, ay = unit / s.width, unit / s.height  # sizes are fractions of the shorter side
    neck = y + size * ay * 0.8
    body = [(-2.3, 4.5), (-1.9, 1.6), (-0.5, 0.9), (0.5, 0.9), (1.9, 1.6), (2.3, 4.5)]
    s.polygon([(x + a * size * ax, neck + b * size * ay) for a, b in body], coat, f"{coat}+dark")
    for side in (-1, 1):
        lapel = [(0, 2.6), (side * 0.6, 0.9), (side * 0.9, 1.6)]
        points = [(x + a * size * ax, neck + b * size * ay) for a, b in lapel]
        s.polygon(points, s.any("light", f"{coat}+dark", "accent"))
    s.disc(x, neck + 0.6 * size * ay, size * 0.36, size * 0.75, "skin", "skin+dark")
    s.disc(x, y, size * 0.78, size * 1.05, "skin+light", "skin", turn)
    side = 1 if s.chance(0.5) else -1
    s.disc(x + side * size * 0.4 * ax, y, size * 0.36, size * 0.85, "skin", "skin+dark", turn)
    for eye in (-1, 1):
        at = x + eye * size * 0.3 * ax, y - size * 0.12 * ay
        s.disc(*at, size * 0.14, size * 0.07, "dark+skin")
        s.disc(*at, size * 0.06, size * 0.06, "dark")
        s.disc(at[0], at[1] - size * 0.17 * ay, size * 0.17, size * 0.035, "dark", turn=eye * 0.15)
    nose = [(0, -0.1), (side * 0.13, 0.32), (-side * 0.06, 0.34)]
    s.polygon([(x + a * size * ax, y + b * size * ay) for a, b in nose], "skin+dark")
    s.disc(x, y + size * 0.56 * ay, size * 0.22, size * 0.07, "accent+skin")
    if s.chance(0.55):
        hat = s.any("accent", "dark", "second", "near")
        s.disc(x, y - size * 0.68 * ay, size * 1.3, size * 0.22, hat, f"{hat}+dark", turn)
        s.disc(x, y - size * 0.95 * ay, size * 0.78, size * 0.45, hat, f"{hat}+dark", turn)
    else:
        s.disc(x, y - size * 0.82 * ay, size * 0.8, size * 0.42, "dark", "near+dark", turn)


def saints(s: Sketch) -> None:
    """One to three robed figures with haloes before gold."""
    s.box(0, 0, 1, 1.01, "light", "accent+light")
    s.box(0, s.between(0.84, 0.92), 1, 0.2, s.any("near", "second", "mid"), "dark")
    count = int(s.rng.integers(1, 4))
    for i in range(count):
        x = (i + 1) / (count + 1) + s.between(-0.03, 0.03)
        head, size = s.between(0.2, 0.3), s.between(0.075, 0.1) * (1.45 if count == 1 else 1)
        unit = min(s.width, s.height)
        ax, ay = size * unit / s.width, size * unit / s.height
        robe, cloak = s.any("second", "far", "near"), s.any("accent", "far", "second", "dark")
        body = [(-1.4, 11), (-1.7, 4), (-1.1, 1.4), (0, 0.8), (1.1, 1.4), (1.7, 4), (1.4, 11)]
        s.polygon([(x + a * ax, head + b * ay) for a, b in body], robe, f"{robe}+dark")
        side = 1 if s.chance(0.5) else -1
        drape = [(-0.2, 0.9), (1.2, 1.4), (1.9, 4.2), (1.6, 11), (0.6, 11), (0.2, 5)]
        s.polygon([(x + side * a * ax, head + b * ay) for a, b in drape], cloak, f"{cloak}+dark")
        for _ in range(7):
            a, b = s.between(-1.2, 1.2), s.between(1.8, 5)
            fold = [(a, b), (a + 0.14, b + 0.2), (a * 1.1 + 0.1, b + 5), (a * 1.1 - 0.06, b + 5)]
            name = s.any(f"{cloak}+dark", f"{robe}+light", "dark+second")
            s.polygon([(x + p * ax, head + q * ay) for p, q in fold], name)
        s.disc(x, head, size * 1.75, size * 1.75, "accent+light", "accent")
        s.disc(x, head, size * 1.55, size * 1.55, "light", "light+accent")
        s.disc(x, head - 0.15 * ay, size * 1.0, size * 1.15, cloak, "dark")
        s.disc(x, head, size * 0.68, size * 0.95, "skin+light", "skin")
        s.disc(x + side * 0.3 * ax, head, size * 0.32, size * 0.75, "skin", "skin+dark")
        for eye in (-0.28, 0.28):
            s.disc(x + eye * ax, head - 0.1 * ay, size * 0.15, size * 0.06, "dark")
        s.disc(x, head + 0.5 * ay, size * 0.16, size * 0.05, "accent+skin")
        s.disc(x + side * 0.2 * ax, head + 3.1 * ay, size * 0.34, size * 0.26, "skin", "skin+dark")


def still_life(s: Sketch) -> None:
    """Fruit, a bottle, a jug or a vase of flowers on a table."""
    edge = s.between(0.5, 0.66)
    s.box(0, 0, 1, edge + 0.1, s.any("far", "dark", "dark+far"), s.any("mid", "dark+mid"))
    if s.chance(0.4):
        s.box(s.between(0, 0.6), 0, s.between(0.2, 0.4), edge, "sky+far", "far")
    s.polygon([(-0.1, edge), (1.1, edge - 0.03), (1.1, 1.1), (-0.1, 1.1)], "near", "near+dark")
    if s.chance(0.7):
        x = s.between(0.1, 0.5)
        cloth = [(x, edge + 0.05), (x + 0.45, edge + 0.02), (x + 0.5, 0.85), (x + 0.3, 1.05)]
        s.polygon([*cloth, (x + 0.05, 0.9)], "light", "sky+light")
        for _ in s.several(2, 4):
            left = x + s.between(0.05, 0.4)
            end = left + s.between(-0.1, 0.1)
            fold = [(left, edge + 0.08), (left + 0.03, edge + 0.08), (end, 0.95)]
            s.polygon(fold, "far+light")
    for _ in s.several(1, 3):
        x, y, size = s.between(0.15, 0.85), edge + s.between(0.05, 0.15), s.between(0.18, 0.3)
        name = s.any("second", "dark", "mid", "far", "accent+dark")
        s.disc(x, y - size * 0.45, size * 0.33, size * 0.5, name, f"{name}+dark")
        s.box(x - size * 0.09, y - size * 1.3, size * 0.18, size * 0.5, name, f"{name}+dark")
        if s.chance(0.5):
            for _ in s.several(7, 14):
                at = x + s.between(-0.8, 0.8) * size, y - size * s.between(1.1, 2.1)
                bloom = size * s.between(0.09, 0.2)
                s.disc(*at, bloom, bloom, s.any("accent", "second", "light", "mid", "near+mid"))
    for _ in s.several(3, 9):
        x, y, size = s.between(0.08, 0.92), s.between(edge + 0.06, 0.93), s.between(0.05, 0.1)
        name = s.any("accent", "second", "accent+light", "mid", "accent+second")
        s.disc(x + 0.02, y + size * 0.7, size, size * 0.3, "near+dark")
        s.disc(x, y, size, size * s.between(0.85, 1), name, f"{name}+dark")
        s.disc(x - size * 0.3, y - size * 0.35, size * 0.28, size * 0.22, f"{name}+light")
