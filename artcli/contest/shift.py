"""How the test's pictures differ from those to learn from, beyond being pieces of paintings.

A survey goes in; for each measure its values on either side and how far apart these lie. Where the
test's pictures are pieces, they are compared with pieces of the training paintings, too, cut the
same way: what differs then does not come from the cutting.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from artcli.contest.crops import cut, piece_boxes
from artcli.contest.survey.records import SIDE

if TYPE_CHECKING:
    from artcli.contest.survey.records import Measures, Survey

Values: TypeAlias = NDArray[Any]  # numbers (float64), or kinds (text)

_PIECES = 5  # of a painting, in the contest's test
_CUT = 2  # pieces of each painting to learn from, enough to compare with
_HALF = (0.4, 0.6)  # the test's median side by that of training, where it is of pieces
_FAR = 0.1  # the least distance worth a thought
_CHUNK = 256  # pictures at a time
_CHANCE = 1.86  # Kolmogorov and Smirnov's factor, of 1 in 500: a dozen measures are compared

_SIZES: tuple[tuple[str, str, Callable[[Measures], float]], ...] = (
    ("width", "width, pixels", lambda one: one.width),
    ("height", "height, pixels", lambda one: one.height),
    ("area", "area, megapixels", lambda one: one.width * one.height / 1e6),
    ("aspect", "width by height", lambda one: one.width / one.height),
)
_FILES: tuple[tuple[str, str, Callable[[Measures], float | str | None]], ...] = (
    ("density", "bytes per pixel", lambda one: one.bytes / (one.width * one.height)),
    ("quality", "JPEG quality", lambda one: one.quality),
    ("tables", "JPEG tables", lambda one: one.tables or "none"),
    ("format", "file format", lambda one: one.format),
    ("grey", "colour or grey", lambda one: "grey" if one.grey else "colour"),
    # Times the contrast: a part varies less than its painting, which alone would look sharper.
    ("detail", "fine detail", lambda one: math.sqrt(one.sharpness) * one.contrast),
)
_LOOKS = (
    ("lightness", "mean lightness L*"),
    ("contrast", "contrast, deviation of L*"),
    ("chroma", "mean chroma C*"),
)
_HALVED = "a piece is half as wide and half as high as its painting"
_ANEW = "a piece is encoded anew once it is cut, mostly as JPEG of quality 95"
_PART = "a part of a painting holds fewer of its tones"
_EXPECTED = {
    **dict.fromkeys(("width", "height", "area"), _HALVED),
    **dict.fromkeys(("density", "quality", "tables", "format"), _ANEW),
    **dict.fromkeys(("contrast",), _PART),
}


@dataclass(frozen=True, eq=False)
class Shift:
    """A measure on both sides: `train` `(N,)` and `test` `(M,)`, numbers or kinds (text), of the
    pictures that have it; `what` says it in words, with its unit.

    `pieces`: the values of pieces of the training paintings, where the test is of pieces and they
    can be told; `expected`: what of a difference lies in the nature of pieces. `distance` of train
    and test, 0 (alike) to 1 (nothing in common): Kolmogorov and Smirnov's D of numbers, the total
    variation of kinds; `unexplained`: that of `pieces` and test, where there are pieces; `chance`:
    what draws from one collection exceed once in 500 times.
    """

    name: str
    what: str
    train: Values
    test: Values
    pieces: Values | None
    expected: str
    distance: float
    unexplained: float
    chance: float

    @property
    def numeric(self) -> bool:
        return self.train.dtype.kind == "f"

    @property
    def stands_out(self) -> bool:
        """Whether cutting and chance leave a difference that is worth a thought."""
        return self.unexplained > max(_FAR, self.chance)


def find_shift(survey: Survey) -> tuple[Shift, ...]:
    """Every measure, in a fixed order; none where either side has no good picture."""
    train, test = survey.usable("train"), survey.usable("test")
    if not train or not test:
        return ()
    of_pieces = shows_pieces(survey)
    chance = _CHANCE * math.sqrt(1 / len(train) + (_PIECES if of_pieces else 1) / len(test))

    def shift(name: str, what: str, one: Values, other: Values, pieces: Values | None) -> Shift:
        apart = distance(one, other)
        return Shift(
            name, what, one, other, pieces, _EXPECTED.get(name, "") if of_pieces else "",
            apart, apart if pieces is None else distance(pieces, other), chance,
        )  # fmt: skip

    wholes, shown = ([survey.measures[at] for at in rows] for rows in (train, test))
    halves = [
        replace(one, width=max(1, one.width // 2), height=max(1, one.height // 2)) for one in wholes
    ]
    looks, test_looks = _looks(survey, train), _looks(survey, test)
    cut_looks = _looks(survey, train, cut_up=True) if of_pieces else None
    found = [
        shift(name, what, _values(wholes, of), _values(shown, of),
              _values(halves, of) if of_pieces else None)
        for name, what, of in _SIZES
    ] + [
        shift(name, what, _values(wholes, of), _values(shown, of), None)
        for name, what, of in _FILES
        if len(_values(wholes, of)) and len(_values(shown, of))
    ] + [
        shift(name, what, looks[:, at], test_looks[:, at],
              None if cut_looks is None else cut_looks[:, at])
        for at, (name, what) in enumerate(_LOOKS)
    ]  # fmt: skip
    return tuple(found)


def shows_pieces(survey: Survey) -> bool:
    """Whether the test's pictures are about half as wide and high as those to learn from."""
    sides = [
        [(survey.measures[at].width, survey.measures[at].height) for at in rows]
        for rows in (survey.usable("train"), survey.usable("test"))
    ]
    if not all(sides):
        return False
    whole, piece = (np.median(sizes, axis=0) for sizes in sides)
    return bool(((piece >= _HALF[0] * whole) & (piece <= _HALF[1] * whole)).all())


def distance(one: Values, other: Values) -> float:
    """Of numbers the largest difference of their distributions, of kinds that of their shares."""
    if one.dtype.kind == "f":
        at = np.concatenate([one, other])
        below = [
            np.searchsorted(np.sort(values), at, "right") / len(values) for values in (one, other)
        ]
        return float(np.abs(below[0] - below[1]).max())
    first, second = shares(one), shares(other)
    return sum(abs(first.get(kind, 0) - second.get(kind, 0)) for kind in first | second) / 2


def shares(kinds: Values) -> dict[str, float]:
    """The part of the pictures that are of each kind, the commonest first."""
    return {str(kind): count / len(kinds) for kind, count in Counter(kinds.tolist()).most_common()}


def in_words(values: Values) -> str:
    """`432 (355–500)`, the median and the quartiles; of kinds `JPEG 98 %, PNG 2 %`."""
    if values.dtype.kind == "f":
        low, middle, high = (_figure(value) for value in np.percentile(values, (25, 50, 75)))
        return middle if low == high else f"{middle} ({low}–{high})"
    parts = [f"{kind} {100 * share:.0f} %" for kind, share in shares(values).items()]
    return ", ".join(parts[:3]) + (f" and {len(parts) - 3:,} more" if parts[3:] else "")


def _values(measures: Iterable[Measures], of: Callable[[Measures], float | str | None]) -> Values:
    """What they tell: an array of numbers or of kinds, without those that tell nothing."""
    told = [value for one in measures if (value := of(one)) is not None]
    if told and isinstance(told[0], str):
        return np.array(told, np.str_)
    numbers = np.array(told, np.float64)
    return numbers[np.isfinite(numbers)]


def _looks(survey: Survey, rows: Sequence[int], *, cut_up: bool = False) -> NDArray[np.float64]:
    """Lightness, contrast and chroma of small pictures `(N, 3)`, or of pieces of them.

    All are of half the side of a survey's thumbs, so that pieces and other pictures compare.
    """
    found = []
    for start in range(0, len(rows), _CHUNK):
        chunk = list(rows[start : start + _CHUNK])
        small: NDArray[Any]
        if cut_up:
            lab = thumbs_as_lab(survey.thumbs[chunk])
            boxes = [piece_boxes(survey.paintings[at].id, _CUT) for at in chunk]
            small = np.stack(
                [cut(one, box) for one, cuts in zip(lab, boxes, strict=True) for box in cuts]
            )
        else:
            size = SIDE // 2, len(chunk) * SIDE // 2
            tall = np.asarray(survey.thumbs[chunk]).reshape(-1, SIDE, 3)
            halved = cv2.resize(tall, size, interpolation=cv2.INTER_AREA)
            small = thumbs_as_lab(halved.reshape(len(chunk), SIDE // 2, SIDE // 2, 3))
        light, chroma = small[..., 0], np.hypot(small[..., 1], small[..., 2])
        found.append(np.stack([light.mean((1, 2)), light.std((1, 2)), chroma.mean((1, 2))], axis=1))
    return np.concatenate(found).astype(np.float64)


def thumbs_as_lab(thumbs: NDArray[Any]) -> NDArray[np.float32]:
    """`(N, H, W, 3)` uint8 RGB as CIE L*a*b* (D65), L* 0 to 100."""
    tall = np.asarray(thumbs, np.float32).reshape(-1, thumbs.shape[2], 3) / np.float32(255)
    lab: NDArray[Any] = cv2.cvtColor(tall, cv2.COLOR_RGB2LAB)
    return lab.reshape(thumbs.shape)


def _figure(value: float) -> str:
    """Three digits, or the whole number: `1,204`, `35.2`, `0.417`."""
    if value == round(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
