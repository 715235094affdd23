"""Thumbnails of all paintings in a few pictures, and the map's data as its script reads it."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from artcli.contest.survey.records import SIDE
from artcli.reporting.eda.drawing import HUES
from artcli.reporting.eda.lives import century, lived

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.contest.overview import ArtistFacts
    from artcli.reporting.eda.report import EdaReport

ACROSS = 32  # thumbnails in a row of a sheet, and rows in a sheet
BUDGET = 5_800_000  # bytes of all sheets: base64 makes a third more of them
_QUALITIES = (88, 78, 66, 52, 38, 24)
SHAPES = 7  # that the script can draw
# In this order the figures' colours go from cold to warm: what has an order is coloured along them.
_ORDERED = tuple(HUES[at] for at in (0, 3, 5, 1, 4))


def pack(thumbs: NDArray[np.uint8], rows: Sequence[int]) -> tuple[str, ...]:
    """Sheets of `ACROSS` x `ACROSS` thumbnails as `data:` addresses of WebP pictures.

    `thumbs` `(N, SIDE, SIDE, 3)`; those of `rows` lie in that order, from left to right, then
    down. The quality is the best at which the first sheet keeps its part of `BUDGET`.
    """
    each = ACROSS * ACROSS
    parts = [rows[start : start + each] for start in range(0, len(rows), each)]
    if not parts:
        return ()
    first = _sheet(thumbs, parts[0])
    for quality in _QUALITIES:
        data = _webp(first, quality)
        if len(data) * len(rows) <= BUDGET * len(parts[0]):
            break
    others = (_webp(_sheet(thumbs, part), quality) for part in parts[1:])
    return tuple(
        f"data:image/webp;base64,{base64.b64encode(sheet).decode()}" for sheet in (data, *others)
    )


def _sheet(thumbs: NDArray[np.uint8], rows: Sequence[int]) -> NDArray[np.uint8]:
    down = -(-len(rows) // ACROSS)
    cells = np.zeros((down * ACROSS, SIDE, SIDE, 3), np.uint8)
    cells[: len(rows)] = thumbs[np.asarray(rows)]
    laid = cells.reshape(down, ACROSS, SIDE, SIDE, 3).swapaxes(1, 2)
    return laid.reshape(down * SIDE, ACROSS * SIDE, 3)


def _webp(sheet: NDArray[np.uint8], quality: int) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(sheet).save(buffer, "WEBP", quality=quality, method=4)
    return buffer.getvalue()


def map_data(report: EdaReport) -> dict[str, Any] | None:
    """What the map's script draws, ready for JSON; None where no painting has a place.

    `points`: a painting each, in the order of the thumbnails: `[artist, id, width by height]`;
    `groups`: what a point may be coloured by, as names and, for each artist, the numbers of those
    that he belongs to, the first of which colours him.
    """
    found, survey = report.painting_map, report.survey
    rows = [int(row) for row in found.rows]
    if not rows or not found.places:
        return None
    artists = report.overview.artists
    number = {artist.name: at for at, artist in enumerate(artists)}
    return {
        "side": SIDE,
        "across": ACROSS,
        "sheets": pack(survey.thumbs, rows),
        "points": [
            [
                number.get(survey.paintings[row].artist or "", 0),
                survey.paintings[row].id,
                round(survey.measures[row].width / max(1, survey.measures[row].height), 3),
            ]
            for row in rows
        ],
        "places": {
            name: np.nan_to_num(places).astype(float).round(4).ravel().tolist()
            for name, places in found.places.items()
        },
        "artists": [{"name": artist.name, "about": _about(artist)} for artist in artists],
        "groups": {
            "artist": _groups([(artist.name,) for artist in artists]),
            "genre": _groups([artist.genres for artist in artists]),
            "century": _groups(
                [tuple(filter(None, (century(artist),))) for artist in artists], in_order=True
            ),
        },
    }


def _about(artist: ArtistFacts) -> str:
    return " · ".join(filter(None, (lived(artist), *artist.genres)))


def _groups(of: Sequence[tuple[str, ...]], *, in_order: bool = False) -> dict[str, Any]:
    """Names with their colours and shapes and, for each artist, the numbers of his names.

    No eight colours are alike, nor are more than eight told apart by everybody: after them the
    shape changes, and the colours begin anew. Names in an order are coloured along a scale.
    """
    names = list(dict.fromkeys(name for own in of for name in own))
    if in_order:
        names.sort(key=lambda name: (len(name), name))
    number = {name: at for at, name in enumerate(names)}
    return {
        "names": names,
        "of": [[number[name] for name in own] for own in of],
        "colours": _scale(len(names))
        if in_order
        else [HUES[at % len(HUES)] for at in range(len(names))],
        "shapes": [0 if in_order else at // len(HUES) % SHAPES for at in range(len(names))],
    }


def _scale(count: int) -> list[str]:
    """`count` colours from the first of `_ORDERED` to the last, mixed where there are more."""
    known = np.array([[int(hue[at : at + 2], 16) for at in (1, 3, 5)] for hue in _ORDERED])
    places = np.linspace(0, len(known) - 1, max(2, count))[:count]
    mixed = np.stack([np.interp(places, range(len(known)), part) for part in known.T], axis=1)
    return ["#" + bytes(colour).hex() for colour in mixed.round().astype(np.uint8)]
