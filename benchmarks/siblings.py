"""How long it takes to find siblings at the contest's scale, and how well it is done.

python benchmarks/siblings.py [PAINTINGS]

The pieces are made up: five of each of 2,534 textures, a third of which share few palettes. Their
sizes coincide as those of real pictures do, whose longer side is often the same. What siblings look
like is learnt on 300 other textures. The control is one piece of each texture: none has a sibling.
"""

from __future__ import annotations

import os
import platform
import resource
import sys
import time
from datetime import UTC, datetime

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is imported

import cv2
import numpy as np
from numpy.typing import NDArray

from artcli import console
from artcli.contest.crops import cut, piece_boxes
from artcli.contest.workers import cores, work
from artcli.predicting.siblings.finding import group_known, group_unknown
from artcli.predicting.siblings.measures import group_sizes, pair_quality
from artcli.predicting.siblings.pieces import Pieces
from artcli.predicting.siblings.registration import SIDE

PAINTINGS, PIECES, TAUGHT = 2534, 5, 300
LONGER, SHORTER = 500, (240, 500)  # pixels of a painting
PALETTES = 20

Squashed = tuple[NDArray[np.uint8], tuple[int, int]]


def paint(seed: int) -> NDArray[np.uint8]:
    """Blots of all sizes between two colours."""
    rng = np.random.default_rng(seed)
    shorter = int(rng.triangular(SHORTER[0], 375, SHORTER[1]))
    width, height = (LONGER, shorter) if rng.random() < 0.5 else (shorter, LONGER)
    grey = np.zeros((height, width), np.float32)
    for cell in (6, 12, 25, 50, 120):
        noise = rng.normal(size=(-(-height // cell) + 1, -(-width // cell) + 1))
        grey += cv2.resize(noise.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    share = 1 / (1 + np.exp(-grey[..., None]))
    palette = np.random.default_rng(seed % PALETTES if seed % 3 == 0 else seed)
    dark, light = palette.uniform((10, 130), (120, 250), (3, 2)).T
    return np.clip(dark + share * (light - dark), 0, 255).astype(np.uint8)


def cut_up(seed: int) -> list[Squashed]:
    """Its pieces, each a JPEG of its own, squashed, and their size."""
    painting = paint(seed)
    return [squash(cut(painting, box)) for box in piece_boxes(f"texture {seed}", PIECES)]


def squash(piece: NDArray[np.uint8]) -> Squashed:
    data = cv2.imencode(".jpg", piece, [cv2.IMWRITE_JPEG_QUALITY, 95])[1]
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    height, width = piece.shape[:2]
    small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), (width, height)


def made_up(seeds: range) -> tuple[Pieces, NDArray[np.intp]]:
    """The pieces of these textures, and the texture `(N,)` of each."""
    found = [one for pieces in work(cut_up, seeds, "Painting") for one in pieces]
    paintings = np.repeat(np.array(seeds, np.intp), PIECES)
    names = tuple(f"{seed}#{row % PIECES}" for row, seed in enumerate(paintings.tolist()))
    sizes = np.array([size for _, size in found])
    return Pieces(names, np.stack([picture for picture, _ in found]), sizes, ()), paintings


def one_of_each(pieces: Pieces) -> Pieces:
    return Pieces(pieces.names[::PIECES], pieces.pictures[::PIECES], pieces.sizes[::PIECES], ())


def main(paintings: int = PAINTINGS) -> None:
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {cores()} cores")
    known, of_known = made_up(range(10**6, 10**6 + TAUGHT))
    begun = time.perf_counter()
    learnt, evidence = group_known(known, of_known, of_known * 0, of_known % 5)
    quality = pair_quality(learnt.groups, of_known)
    print(f"learnt on {len(known):,} pieces in {console.duration(time.perf_counter() - begun)}: ")
    print(f"  precision {quality.precision:.4f}, recall {quality.recall:.4f} (nested)")
    pieces, truth = made_up(range(paintings))
    alike = np.unique(pieces.sizes, axis=0, return_counts=True)[1]
    print(f"{len(pieces):,} pieces of {len(alike)} sizes, up to {alike.max():,} of one size")
    for name, some, of in (
        ("five of each", pieces, truth),
        ("one of each", one_of_each(pieces), truth[::PIECES]),
    ):
        begun, worked = time.perf_counter(), time.process_time()
        found = group_unknown(some, evidence)
        wall, own = time.perf_counter() - begun, time.process_time() - worked
        quality = pair_quality(found.groups, of)
        print(
            f"{name}: {console.duration(wall)}, {console.duration(own)} of processor time, "
            f"{len(found.pairs):,} pairs compared"
        )
        print(
            f"  precision {quality.precision:.4f}, recall {quality.recall:.4f}, "
            f"groups by size {group_sizes(found.groups)}"
        )
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"at most {most:.1f} GB of memory")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
