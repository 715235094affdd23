"""A painter of the sample contest: a palette, and one or more hands.

A hand is a subject matter and a way with the brush. Nothing is ever painted twice the same way:
hour and season shift the palette, the hand is uneven, and the camera has its own ideas.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from artcli.contest.sample.sketch import PARTS, Colour, Palette, Sketch

if TYPE_CHECKING:
    from numpy.typing import NDArray

Motif = Callable[[Sketch], None]
Brush = Callable[..., "NDArray[np.uint8]"]

BORROWED = 0.3  # of the paintings are in colours half borrowed from another painter


@dataclass(frozen=True)
class Hand:
    """A manner: what is painted, with which brush, set how, and how often (a weight)."""

    motifs: tuple[Motif, ...]
    brush: Brush
    settings: Mapping[str, Any] = field(default_factory=dict)
    weight: float = 1.0


@dataclass(frozen=True)
class Painter:
    """`colours` are hexadecimal, in the order of `PARTS`."""

    name: str
    years: str
    genres: tuple[str, ...]
    nationality: str
    colours: str
    hands: tuple[Hand, ...]

    def palette(self) -> Palette:
        return {part: _rgb(code) for part, code in zip(PARTS, self.colours.split(), strict=True)}


def paint(
    painter: Painter, width: int, height: int, rng: np.random.Generator, others: Sequence[Painter]
) -> NDArray[np.uint8]:
    """One painting by `painter`, `(height, width, 3)` uint8 RGB, all of it decided by `rng`.

    `others`: those whose colours may be borrowed.
    """
    weights = np.array([hand.weight for hand in painter.hands])
    hand = painter.hands[rng.choice(len(painter.hands), p=weights / weights.sum())]
    other = others[int(rng.integers(len(others)))]
    sketch = Sketch(rng, height, width, _mood(painter.palette(), other.palette(), rng))
    hand.motifs[rng.integers(len(hand.motifs))](sketch)
    return _photographed(hand.brush(sketch, **_uneven(hand.settings, rng)), rng)


def _rgb(code: str) -> Colour:
    red, green, blue = bytes.fromhex(code)
    return float(red), float(green), float(blue)


def _mood(palette: Palette, other: Palette, rng: np.random.Generator) -> Palette:
    """The palette on a certain day: hour and season shift it; at times another's is borrowed."""
    share = float(rng.uniform(0.35, 0.7)) if rng.random() < BORROWED else 0.0
    turn, rich, bright = rng.normal(0, 0.025), rng.uniform(0.65, 1.2), rng.uniform(0.88, 1.1)
    mood: dict[str, Colour] = {}
    for part in PARTS:
        mixed = np.array(palette[part]) * (1 - share) + np.array(other[part]) * share
        hue, saturation, value = colorsys.rgb_to_hsv(*(mixed / 255))
        shifted = colorsys.hsv_to_rgb(
            (hue + turn) % 1, min(saturation * rich, 1), min(value * bright, 1)
        )
        mood[part] = (shifted[0] * 255, shifted[1] * 255, shifted[2] * 255)
    return mood


def _uneven(settings: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """A hand is never twice the same: numbers of its settings vary by a few tenths."""
    varied = dict(settings)
    for name, value in settings.items():
        if isinstance(value, float):
            varied[name] = value * float(rng.uniform(0.72, 1.32))
        elif name == "strokes":
            factor = float(rng.uniform(0.78, 1.28))
            varied[name] = tuple((width * factor, length * factor) for width, length in value)
    return varied


def _photographed(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """As a reproduction shows it: another exposure and white balance, some noise."""
    gain = rng.normal(1, 0.05) * (1 + rng.normal(0, 0.025, 3))
    curve = (np.arange(256) / 255) ** rng.uniform(0.88, 1.14) * 255
    shown = cv2.LUT(picture, (curve[None, :, None] * gain).astype(np.float32))
    noise = rng.standard_normal(picture.shape, np.float32) * np.float32(rng.uniform(0.5, 3))
    return np.asarray(np.clip(shown + noise, 0, 255), np.uint8)
