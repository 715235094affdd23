"""A sketch: the regions of a picture to be, before any brush has touched it.

A motif draws regions into a `Sketch`, in fractions of its width and height, with colours named by
their part in the painter's palette; a brush makes a picture of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Colour = tuple[float, float, float]
Palette = Mapping[str, Colour]  # the PARTS of a palette -> RGB, 0..255
PARTS = ("sky", "light", "far", "mid", "near", "dark", "accent", "second", "skin")


@dataclass
class Sketch:
    """Regions of colour, `labels` `(H, W)` int32, each with a colour above and one below."""

    rng: np.random.Generator
    height: int
    width: int
    palette: Palette
    labels: NDArray[np.int32] = field(init=False)
    ramps: list[tuple[Colour, Colour, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.labels = np.zeros((self.height, self.width), np.int32)
        self.ramps.append((self.palette["light"], self.palette["light"], 0.0, 1.0))

    def colour(self, mix: str, vary: float = 14) -> Colour:
        """A colour of the palette; `sky+far` is halfway between two of them; slightly varied."""
        parts = np.array([self.palette[name] for name in mix.split("+")])
        varied = parts.mean(0) + self.rng.normal(0, vary) + self.rng.normal(0, vary / 2, 3)
        red, green, blue = np.clip(varied, 0, 255)
        return float(red), float(green), float(blue)

    def region(self, above: str, below: str | None = None, *, y0: float = 0, y1: float = 1) -> int:
        """A new region's label; it fades from `above` at `y0` to `below` at `y1`."""
        first = self.colour(above)
        self.ramps.append((first, self.colour(below) if below else first, y0, y1))
        return len(self.ramps) - 1

    def polygon(self, points: Any, above: str, below: str | None = None) -> None:
        points = np.asarray(points, float)
        label = self.region(above, below, y0=points[:, 1].min(), y1=points[:, 1].max())
        scaled = np.rint(points * (self.width, self.height)).astype(np.int32)
        cv2.fillPoly(self.labels, [scaled], label)

    def box(self, x: float, y: float, w: float, h: float, above: str, below: str = "") -> None:
        self.polygon([(x, y), (x + w, y), (x + w, y + h), (x, y + h)], above, below or None)

    def disc(
        self, x: float, y: float, rx: float, ry: float, above: str, below: str = "", turn: float = 0
    ) -> None:
        """An ellipse; both radii are fractions of the shorter side, so that circles are round."""
        angle = np.linspace(0, 2 * np.pi, 28)
        unit = min(self.width, self.height)
        dx, dy = rx * unit * np.cos(angle), ry * unit * np.sin(angle)
        c, s = np.cos(turn), np.sin(turn)
        points = np.stack([x + (c * dx - s * dy) / self.width, y + (s * dx + c * dy) / self.height])
        self.polygon(points.T, above, below or None)

    def ridge(self, y: float, rough: float, above: str, below: str | None = None) -> None:
        """Everything below a wandering line at about height `y`."""
        knots = self.rng.normal(0, 1, 5).cumsum()
        x = np.linspace(0, 1, 48)
        line = y + rough * np.interp(x, np.linspace(0, 1, 5), knots - knots.mean())
        line += rough * 0.15 * self.rng.normal(0, 1, 48)
        self.polygon([(0, 1.01), *zip(x, line, strict=True), (1, 1.01)], above, below)

    def any(self, *names: str) -> str:
        return str(self.rng.choice(names))

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def several(self, low: int, high: int) -> Iterable[int]:
        return range(int(self.rng.integers(low, high + 1)))

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def cartoon(self) -> NDArray[np.uint8]:
        """The sketch in flat and fading colours, `(H, W, 3)` uint8 RGB."""
        first, last = (np.array([ramp[i] for ramp in self.ramps], np.float32) for i in (0, 1))
        start, end = (np.array([ramp[i] for ramp in self.ramps], np.float32) for i in (2, 3))
        # Within a region y alone decides, so a table of (region, y) holds every colour there is.
        y = np.linspace(0, 1, self.height, dtype=np.float32)
        span = np.maximum(end - start, 1e-3)
        part = np.clip((y - start[:, None]) / span[:, None], 0, 1)[..., None]
        table = first[:, None] * (1 - part) + last[:, None] * part
        colours = np.clip(table, 0, 255).astype(np.uint8).reshape(-1, 3)
        places = self.labels * self.height + np.arange(self.height)[:, None]
        return np.asarray(colours.take(places, axis=0))
