"""Paint and its ground: what all the brushes share.

Every length is in 400ths of the picture's shorter side (`unit`), so that a large canvas is painted
like a small one. All chance comes from the sketch's generator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.contest.sample.sketch import Sketch

    Picture = NDArray[np.uint8]
    Plane = NDArray[np.float32]

FINE = 3  # bits of the fraction of a pixel in drawn points


def unit(s: Sketch) -> float:
    return min(s.height, s.width) / 400


def as_picture(colours: NDArray[Any]) -> Picture:
    return np.asarray(np.clip(colours, 0, 255), np.uint8)


def grey_of(picture: Picture) -> Plane:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)


def places(s: Sketch) -> tuple[Plane, Plane]:
    """The y and the x of every pixel."""
    y, x = np.indices((s.height, s.width), np.float32)
    return y, x


def noise(s: Sketch, scale: float, octaves: int = 3) -> Plane:
    """Smooth noise of mean 0 and deviation about 1, with features of about `scale` pixels."""
    total = np.zeros((s.height, s.width), np.float32)
    for octave in range(octaves):
        size = max(scale / 2**octave, 1)
        grid = s.rng.normal(0, 1, (int(s.height / size) + 3, int(s.width / size) + 3))
        layer = cv2.resize(
            grid.astype(np.float32), (s.width, s.height), interpolation=cv2.INTER_CUBIC
        )
        total += layer / 2**octave
    return np.asarray(total / (total.std() + 1e-6))


def flow_field(s: Sketch, picture: Picture, *, angle: float, swirl: float, follow: float) -> Plane:
    """The angle of the brush at each pixel: along shapes, a fixed slant, and eddies."""
    grey = cv2.GaussianBlur(grey_of(picture), (0, 0), 4 * unit(s))
    dx, dy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    # Doubled angles, so that opposite directions agree where they are averaged.
    weight = 8 * unit(s)
    xx = cv2.GaussianBlur(dy * dy - dx * dx, (0, 0), weight) * follow
    xy = cv2.GaussianBlur(-2 * dx * dy, (0, 0), weight) * follow
    eddies = angle + swirl * noise(s, 150 * unit(s), 2)
    strength = float(np.hypot(xx, xy).mean()) + 1.0
    doubled = np.arctan2(xy + strength * np.sin(2 * eddies), xx + strength * np.cos(2 * eddies))
    return np.asarray(0.5 * doubled, np.float32)


def hairs(s: Sketch, flow: Plane | float, reach: float) -> Plane:
    """The marks of a brush's hairs: white noise smeared `reach` units along the flow."""
    grain = s.rng.standard_normal((s.height, s.width), np.float32)
    y, x = places(s)
    cosine, sine = np.cos(flow), np.sin(flow)
    total = np.zeros_like(grain)
    steps = max(int(reach * unit(s)), 3)
    for step in range(-steps, steps + 1):
        total += _seen_from(grain, x + step * cosine, y + step * sine)
    return np.asarray(total / (total.std() + 1e-6))


def displaced(picture: NDArray[Any], dx: Plane, dy: Plane, *, mixing: bool = True) -> Any:
    """The picture as if each pixel had run to another place; `mixing=False` for labels."""
    y, x = np.indices(picture.shape[:2], np.float32)
    return _seen_from(picture, x + dx, y + dy, cv2.INTER_LINEAR if mixing else cv2.INTER_NEAREST)


def _seen_from(picture: Any, x: Any, y: Any, how: int = cv2.INTER_LINEAR) -> Any:
    return cv2.remap(
        picture, np.asarray(x, np.float32), np.asarray(y, np.float32), how,
        borderMode=cv2.BORDER_REFLECT,
    )  # fmt: skip


def edge_distance(labels: NDArray[Any], size: int = 2) -> Plane:
    """How far each pixel is from the nearest border between two regions."""
    square = np.ones((size, size), np.uint8)
    edges = cv2.morphologyEx(labels.astype(np.float32), cv2.MORPH_GRADIENT, square)
    return np.asarray(cv2.distanceTransform((edges == 0).astype(np.uint8), cv2.DIST_L2, 3))


def inked(picture: NDArray[Any], ink: NDArray[Any], colour: Any) -> Any:
    """`picture` under `colour`, as thick as `ink` (0..1) says."""
    cover = ink[..., None]
    return picture * (1 - cover) + np.array(colour, np.float32) * cover


def lit(picture: NDArray[Any], relief: NDArray[Any], strength: float) -> Picture:
    """The picture under a light from the upper left that catches its relief."""
    slope = cv2.Sobel(relief, cv2.CV_32F, 1, 0) + cv2.Sobel(relief, cv2.CV_32F, 0, 1)
    shade = 1 + strength * np.clip(slope / (slope.std() + 1e-6), -2.5, 2.5)
    return as_picture(picture * shade[..., None])


def modelled(s: Sketch, strength: float) -> Picture:
    """The sketch in colours, every region rounded, as if inflated, and lit from the upper left."""
    inside = edge_distance(s.labels, 3)
    bulge = cv2.GaussianBlur(np.sqrt(np.minimum(inside, 60 * unit(s))), (0, 0), 5 * unit(s))
    slope = cv2.Sobel(bulge, cv2.CV_32F, 1, 0) + cv2.Sobel(bulge, cv2.CV_32F, 0, 1)
    shade = 1 + strength * np.tanh(slope / (2.2 * slope.std() + 1e-6))
    return as_picture(s.cartoon() * shade[..., None])


def scattered(s: Sketch, gap: float) -> NDArray[np.float64]:
    """Points `(N, 2)`, as (x, y), over the canvas about `gap` pixels apart, in random order."""
    ys, xs = np.mgrid[0 : s.height : gap, 0 : s.width : gap]
    points = np.c_[xs.ravel(), ys.ravel()] + s.rng.uniform(-0.7, 0.7, (xs.size, 2)) * gap
    return np.asarray(s.rng.permutation(points))


def at(plane: NDArray[Any], points: NDArray[np.float64]) -> NDArray[Any]:
    """The values of `plane` at points `(N, 2)`; points outside take the border's."""
    height, width = plane.shape[:2]
    xs = np.clip(points[:, 0].astype(int), 0, width - 1)
    ys = np.clip(points[:, 1].astype(int), 0, height - 1)
    return np.asarray(plane[ys, xs])


def varied(
    s: Sketch, colours: NDArray[Any], jitter: float, contrast: float = 0
) -> NDArray[np.float64]:
    """Each colour lighter or darker, warmer or cooler; `contrast` breaks it into complements."""
    count = len(colours)
    warm = s.rng.normal(0, jitter * 0.6, (count, 1)) * np.array([1.0, 0.15, -1.0])
    shifted = colours + s.rng.normal(0, jitter, (count, 1)) + warm
    if contrast:
        grey = shifted.mean(1, keepdims=True)
        push = s.rng.choice([1 + contrast, 1 + contrast, -contrast], (count, 1))
        shifted = grey + (shifted - grey) * push
    return np.asarray(np.clip(shifted, 0, 255))


def woven(s: Sketch, picture: Picture, strength: float) -> Picture:
    """The threads of a canvas under thin paint."""
    step = 2 * np.pi / max(2.6 * unit(s), 2.3)
    y, x = places(s)
    threads = (np.sin(x * step) + np.sin(y * step)) * (1 + 0.5 * noise(s, 12, 2))
    return as_picture(picture + (strength * threads)[..., None])


def cracked(s: Sketch, picture: Picture, strength: float, cell: float = 17.0) -> Picture:
    """A net of fine dark cracks, as in old varnish."""
    seeds = np.ones((s.height, s.width), np.uint8)
    centres = scattered(s, cell * unit(s))
    xs = np.clip(centres[:, 0].astype(int), 0, s.width - 1)
    seeds[np.clip(centres[:, 1].astype(int), 0, s.height - 1), xs] = 0
    _, nearest = cv2.distanceTransformWithLabels(
        seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    edge = cv2.Laplacian(nearest.astype(np.float32), cv2.CV_32F) != 0
    fade = np.clip(noise(s, 90 * unit(s), 2) * 0.7 + 0.2, 0, 1)
    dark = cv2.GaussianBlur(edge.astype(np.float32), (0, 0), 0.5) * fade * strength * 0.4
    return as_picture(picture * (1 - dark[..., None]))
