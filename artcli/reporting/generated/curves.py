"""The curves of a work's losses, small, as a page draws them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from artcli.reporting.eda.drawing import hues

WIDTH, HEIGHT = 220, 64  # of the drawing, without its edge
_POINTS = 80  # of a curve, at most


@dataclass(frozen=True)
class Curve:
    """One loss: `points` for an SVG polyline, on a scale of logarithms that all of a work's share;
    "" where no step has a value above 0."""

    name: str
    hue: str
    points: str
    first: str
    last: str


def curves(losses: Mapping[str, Sequence[float]]) -> list[Curve]:
    """A curve for each loss, that was noted `len` times, evenly."""
    kept = {name: _points(values) for name, values in losses.items()}
    heights = [height for points in kept.values() for _, height in points]
    low, high = min(heights, default=0.0), max(heights, default=1.0)
    return [
        Curve(
            name,
            hue,
            " ".join(_place(x, (high - y) / max(high - low, 1e-9)) for x, y in kept[name]),
            _figure(losses[name][:1]),
            _figure(losses[name][-1:]),
        )
        for name, hue in hues(losses).items()
    ]


def said(several: Iterable[Curve]) -> str:
    """What the curves show, in words."""
    return "; ".join(f"{one.name} from {one.first} to {one.last}" for one in several)


def _points(values: Sequence[float]) -> list[tuple[float, float]]:
    """(place from 0 to 1, logarithm) of values above 0, at most `_POINTS` and the last one."""
    end = max(1, len(values) - 1)
    step = max(1, -(-len(values) // _POINTS))
    chosen = sorted({*range(0, len(values), step), *([len(values) - 1] if values else [])})
    return [
        (at / end, math.log10(values[at]))
        for at in chosen
        if math.isfinite(values[at]) and values[at] > 0
    ]


def _place(across: float, down: float) -> str:
    return f"{WIDTH * across:.1f},{HEIGHT * down:.1f}"


def _figure(values: Sequence[float]) -> str:
    return f"{values[0]:.3g}" if values else ""
