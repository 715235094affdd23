"""How surely a copy among generated works is told from a new work.

python benchmarks/copies.py CONTEST_DIR [WORKS]

Copies are made of WORKS paintings of the contest: whole ones, squares from their middles as small
as generators make them, plain and in a mirror, cropped, blurred and with noise, and quarter
pieces. Each is held against all paintings. The control: each painting against all others, as it is
and blurred; what is found there is no copy, but for paintings that the contest holds twice.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is imported

import cv2
import numpy as np
from numpy.typing import NDArray

from artcli import console
from artcli.contest.crops import cut, piece_boxes
from artcli.contest.duplicates.finding import find_matches, greys_of, shapes_of
from artcli.contest.generated.neighbours import COPY, Pictures, nearest, small
from artcli.contest.images import decode_image, encode_jpeg, read_image, resize
from artcli.contest.survey.surveying import survey
from artcli.contest.tables import read_contest

Picture = NDArray[np.uint8]
WORKS, PARTS = 100, 4  # copies of each kind; the control is made in so many parts
SIZE = 64  # pixels of a small generator's works


def middle(picture: Picture, size: int = SIZE) -> Picture:
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
    return resize(np.ascontiguousarray(square), size, size)


def cropped(picture: Picture) -> Picture:
    """A corner of the middle, as a batch of a generator holds it."""
    return np.ascontiguousarray(middle(picture, SIZE * 9 // 8)[SIZE // 8 :, :SIZE])


def trimmed(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    return picture[height // 20 : -(height // 20) or None, width // 20 : -(width // 20) or None]


def blurred(picture: Picture, pixels: float) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), pixels), np.uint8)


def noisy(picture: Picture, spread: float) -> Picture:
    noise = np.random.default_rng(0).normal(0, spread, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def poor(picture: Picture) -> Picture:
    return decode_image(encode_jpeg(np.clip(picture * 1.1 + 10, 0, 255).astype(np.uint8), 40), "")


COPIES: dict[str, Callable[[Picture], Picture]] = {
    "JPEG 40, brighter": poor,
    "a twentieth less on each side": trimmed,
    "middle, 128 px": lambda picture: middle(picture, 128),
    "middle, in a mirror": lambda picture: middle(picture)[:, ::-1],
    "middle, a corner of it": cropped,
    "the same, blurred by 1 px, in a mirror": lambda picture: blurred(cropped(picture), 1)[:, ::-1],
    "the same, blurred by 2 px": lambda picture: blurred(cropped(picture), 2),
    "middle, noise of 20 levels": lambda picture: noisy(middle(picture), 20),
    "quarter piece": lambda picture: cut(picture, piece_boxes(str(picture.shape))[0]),
    "quarter piece, in a mirror": lambda picture: cut(picture, piece_boxes(str(picture.shape))[0])[
        :, ::-1
    ],
}


def main(folder: Path, count: int) -> None:
    contest = read_contest(folder)
    with tempfile.TemporaryDirectory() as cache:
        seen = survey(Path(cache), contest)
        rows = np.array(seen.usable("train"))
        real = Pictures(greys_of(seen)[rows], shapes_of(seen)[rows])
        known = {frozenset((match.first, match.second)) for match in find_matches(seen)}
    chosen = np.random.default_rng(0).permutation(len(rows))[:count]
    pictures = [read_image(seen.paintings[rows[at]].path) for at in chosen]
    print(
        f"{datetime.now(UTC):%Y-%m-%d}: {len(rows):,} paintings, {len(chosen)} copies of a kind\n"
    )
    print(
        "| copy | its painting is nearest | told | likeness: lowest | a twentieth below | middle |"
    )
    print("|---|---:|---:|---:|---:|---:|")
    for name, change in COPIES.items():
        found = nearest(real, small(map(change, pictures)))
        right = [near for near, at in zip(found, chosen, strict=True) if near.row == at]
        told = sum(near.part or near.likeness >= COPY for near in right)
        low, twentieth, half = np.quantile([near.likeness for near in right] or [0], (0, 0.05, 0.5))
        print(f"| {name} | {len(right) / len(chosen):.0%} | {told / len(chosen):.0%} "
              f"| {low:.2f} | {twentieth:.2f} | {half:.2f} |")  # fmt: skip
    print("\n| control | likeness: middle | 99 of 100 below | highest five | told for copies |")
    print("|---|---:|---:|---:|---:|")
    for name, change in {
        "as they are": np.asarray,
        "blurred": lambda grey: blurred(grey, 2),
    }.items():
        control(name, real, rows, known, change)


def control(
    name: str,
    real: Pictures,
    rows: NDArray[np.intp],
    known: set[frozenset[int]],
    change: Callable[[Picture], Picture],
) -> None:
    """Each painting against those of other parts, but for pairs that are known to be the same."""
    likenesses, told = [], 0
    for part in range(PARTS):
        mine = np.arange(part, len(rows), PARTS)
        others = np.setdiff1d(np.arange(len(rows)), mine)
        works = Pictures(np.stack([change(real.greys[at]) for at in mine]), real.shapes[mine])
        found = nearest(Pictures(real.greys[others], real.shapes[others]), works)
        for at, near in zip(mine, found, strict=True):
            if frozenset((int(rows[at]), int(rows[others[near.row]]))) not in known:
                likenesses.append(near.likeness)
                told += near.part or near.likeness >= COPY
    half, most = np.quantile(likenesses, (0.5, 0.99))
    highest = ", ".join(f"{value:.2f}" for value in sorted(likenesses)[:-6:-1])
    print(f"| {name} | {half:.2f} | {most:.2f} | {highest} | {told} of {len(likenesses):,} |")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        console.err().print(__doc__, markup=False)
        sys.exit(2)
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) == 3 else WORKS)
