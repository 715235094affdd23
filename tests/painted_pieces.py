"""Paintings of random textures, and pieces of them cut as a test's are, in memory."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from artcli.contest.crops import cut, piece_boxes
from artcli.predicting.siblings.pieces import Pieces
from artcli.predicting.siblings.registration import SIDE

Picture = NDArray[np.uint8]


def texture(seed: int, width: int = 200, height: int = 160, palette: int | None = None) -> Picture:
    """Blots of all sizes in two colours, those of `palette`: of one palette, alike from afar."""
    rng = np.random.default_rng(seed)
    grey = np.zeros((height, width), np.float32)
    for cell in (4, 8, 16, 48):
        noise = rng.normal(size=(-(-height // cell) + 1, -(-width // cell) + 1))
        grey += cv2.resize(noise.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    share = 1 / (1 + np.exp(-grey[..., None]))
    dark, light = np.random.default_rng(seed if palette is None else palette).uniform(
        (10, 130), (120, 250), (3, 2)
    ).T  # fmt: skip
    return np.clip(dark + share * (light - dark), 0, 255).astype(np.uint8)


def pieces_of(paintings: Mapping[str, Picture], count: int = 5) -> Pieces:
    """`count` pieces of each painting, each a JPEG of its own; named `ID#0`, `ID#1`, …"""
    names, pictures, sizes = [], [], []
    for key, painting in paintings.items():
        for number, box in enumerate(piece_boxes(key, count)):
            piece = _as_jpeg(cut(painting, box))
            names.append(f"{key}#{number}")
            pictures.append(cv2.resize(piece, (SIDE, SIDE), interpolation=cv2.INTER_AREA))
            sizes.append(piece.shape[1::-1])
    return Pieces(tuple(names), np.stack(pictures), np.array(sizes), ())


def paintings_of(pieces: Pieces) -> list[str]:
    return [name.rpartition("#")[0] for name in pieces.names]


def together(*some: Pieces) -> Pieces:
    return Pieces(
        tuple(name for one in some for name in one.names),
        np.concatenate([one.pictures for one in some]),
        np.concatenate([one.sizes for one in some]),
        (),
    )


def _as_jpeg(piece: Picture) -> Picture:
    data = cv2.imencode(".jpg", piece, [cv2.IMWRITE_JPEG_QUALITY, 95])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
