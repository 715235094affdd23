"""The sample contest: painted by the program itself, so that nothing needs to be downloaded.

A seed goes in; a contest folder like the real one comes out, and the answers beside it. A picture
depends on the seed, its painter and its number alone, so that the files are the same however many
processes paint them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from artcli.contest.crops import cut
from artcli.contest.images import decode_image, encode_jpeg
from artcli.contest.layout import ArtistRow, Work, lay_out, write_tables
from artcli.contest.pixel_rows import PIECE_QUALITY
from artcli.contest.sample.brushes.surface import grey_of
from artcli.contest.sample.painter import paint
from artcli.contest.sample.painters import PAINTERS
from artcli.contest.workers import work
from artcli.host.records import Box
from artcli.workspace.files import explained

SIDES = (300, 640)  # the shortest and the longest side that a painting may have
FEWEST = 4  # of a painter, where there are enough for all
GREY = 0.04  # of the photographs are black and white


def paint_contest(
    folder: Path,
    solution: Path,
    *,
    seed: int = 0,
    paintings: int = 420,
    sides: tuple[int, int] = SIDES,
    workers: int | None = None,
) -> None:
    """Paint a contest into `folder` (train, test, four CSV files) and its answers to `solution`.

    `paintings`, at least two for each painter, are shared out with a long tail; 30 % of each
    painter's are held out and cut into the quarter pieces of the test. The CSV files come last.
    """
    counts = share_out(paintings, len(PAINTERS))
    works = {
        f"{painter.name} {number}": (place, number)
        for place, painter in enumerate(PAINTERS)
        for number in range(counts[place])
    }
    layout = lay_out([Work(key, PAINTERS[works[key][0]].name) for key in works], seed)
    whole = {row.key: folder / row.img_path for row in layout.train}
    pieces: dict[str, list[tuple[Box, Path]]] = defaultdict(list)
    for row in layout.test:
        pieces[row.key].append((row.box, folder / row.img_path))
    jobs = [
        _Job((seed, *place), sides, whole.get(key), tuple(pieces[key]))
        for key, place in works.items()
    ]
    with explained(folder):
        for name in ("train", "test"):
            (folder / name).mkdir(parents=True, exist_ok=True)
    for _ in work(_carry_out, jobs, "Painting a contest", workers=workers):
        pass
    artists = [
        ArtistRow(one.name, one.years, ",".join(one.genres), one.nationality) for one in PAINTERS
    ]
    write_tables(folder, solution, layout.train, layout.test, artists)


def share_out(paintings: int, painters: int) -> list[int]:
    """How many of `paintings` each painter has made: a long tail, most productive first."""
    if paintings < 2 * painters:
        raise ValueError(f"{painters} painters need at least {2 * painters} paintings")
    least = min(FEWEST, paintings // painters)
    weights = 1 / (np.arange(painters) + 2.0)
    exact = weights / weights.sum() * (paintings - least * painters)
    counts = np.floor(exact).astype(int)
    counts[np.argsort(counts - exact, kind="stable")[: round(exact.sum()) - counts.sum()]] += 1
    return [least + int(count) for count in counts]


@dataclass(frozen=True)
class _Job:
    """Paint the picture `number` (seed, painter, work); keep it whole, or these pieces of it."""

    number: tuple[int, int, int]
    sides: tuple[int, int]
    whole: Path | None
    pieces: tuple[tuple[Box, Path], ...]


def _carry_out(job: _Job) -> None:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # the processes share the cores; and sums must not depend on their number
    try:
        photograph = _photograph(job.number, job.sides)
    finally:
        cv2.setNumThreads(threads)
    if job.whole:
        _write(job.whole, photograph)
    if job.pieces:
        seen = decode_image(photograph, "a photograph")
        for box, path in job.pieces:
            _write(path, encode_jpeg(cut(seen, box), PIECE_QUALITY))


def _photograph(number: tuple[int, int, int], sides: tuple[int, int]) -> bytes:
    """The picture as a JPEG file: of any shape and quality, at times in black and white."""
    rng = np.random.default_rng(number)
    short = rng.uniform(sides[0], sides[0] * 0.6 + sides[1] * 0.4)
    long = min(short * rng.uniform(1, 1.5), sides[1])
    width, height = (long, short) if rng.random() < 0.45 else (short, long)
    grey, quality = rng.random() < GREY, int(rng.integers(82, 97))
    picture = paint(PAINTERS[number[1]], int(width), int(height), rng, PAINTERS)
    return encode_jpeg(grey_of(picture).astype(np.uint8) if grey else picture, quality)


def _write(path: Path, data: bytes) -> None:
    with explained(path, len(data)):
        path.write_bytes(data)
