"""How a contest is laid out: which paintings are held out, which pieces test them, in which files.

Works by artists come in; a `Layout` goes out, decided by its seed alone, and `write_tables` writes
the four CSV files and the solution. Both the sample contest and a rehearsal are made of it. As in
the original: 30 % of each artist's paintings are held out, five pieces of each are the test, and
neither file names nor order tell which pieces belong together.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from artcli.contest.crops import piece_boxes
from artcli.contest.csvfile import to_text
from artcli.host.records import Box
from artcli.workspace.files import write_text

HELD_OUT = 0.3
PIECES = 5
BOARDS = ("Public", "Private")


@dataclass(frozen=True)
class Work:
    """A painting to place. `key` is unique; works of one `group` stay on one side of the split."""

    key: str
    artist: str
    group: str = ""


@dataclass(frozen=True)
class PaintingRow:
    """A whole painting of train.csv; `img_path` is relative to the data folder."""

    id: str
    img_path: str
    artist: str
    key: str


@dataclass(frozen=True)
class PieceRow:
    """A piece of test.csv: `box` of the work `key`; the solution alone tells artist and the rest.

    `usage` is Public or Private; `painting` numbers the held-out works.
    """

    id: str
    img_path: str
    artist: str
    usage: str
    painting: str
    key: str
    box: Box


@dataclass(frozen=True)
class ArtistRow:
    """A row of artists_info.csv; `genre` holds genres joined by commas."""

    name: str
    years: str = ""
    genre: str = ""
    nationality: str = ""


@dataclass(frozen=True)
class Layout:
    """A contest's rows, in the order of its files."""

    train: tuple[PaintingRow, ...]
    test: tuple[PieceRow, ...]


def lay_out(works: Iterable[Work], seed: int = 0) -> Layout:
    """Place each work: whole in the training set, or held out and cut into five test pieces.

    Of every artist at least one work is held out and one is not, so each needs two independent
    ones (`ValueError` otherwise). The boards split held-out works evenly, artist by artist.
    """
    kept: list[Work] = []
    held: list[tuple[Work, str]] = []
    for artist, own in sorted(_by(works, lambda work: work.artist).items()):
        out = _held_out(artist, own, seed)
        kept += [work for work in own if work not in out]
        start = _draw(seed, "board", artist)[0]
        held += [(work, BOARDS[(start + turn) % 2]) for turn, work in enumerate(out)]
    kept.sort(key=lambda work: _draw(seed, "train", work.key))
    held.sort(key=lambda pair: _draw(seed, "painting", pair[0].key))
    pieces = [
        (work, usage, number, piece)
        for number, (work, usage) in enumerate(held)
        for piece in range(PIECES)
    ]
    pieces.sort(key=lambda one: _draw(seed, "piece", f"{one[3]} of {one[0].key}"))
    return Layout(
        tuple(
            PaintingRow(str(row), f"./train/{row:04}.jpg", work.artist, work.key)
            for row, work in enumerate(kept)
        ),
        tuple(
            PieceRow(
                id=f"TEST_{row:05}",
                img_path=f"./test/TEST_{row:05}.jpg",
                artist=work.artist,
                usage=usage,
                painting=str(number),
                key=work.key,
                box=piece_boxes(f"{seed} {work.key}", PIECES)[piece],
            )
            for row, (work, usage, number, piece) in enumerate(pieces)
        ),
    )


def _held_out(artist: str, works: Sequence[Work], seed: int) -> list[Work]:
    """About 30 % of `works`, whole groups of them, in a shuffled order."""
    groups = list(_by(works, lambda work: work.group or f"alone {work.key}").values())
    if len(groups) < 2:
        raise ValueError(f"{artist} has too few works to hold one out")
    groups.sort(key=lambda group: _draw(seed, "held out", min(work.key for work in group)))
    wanted = max(1, round(HELD_OUT * len(works)))
    out: list[Work] = []
    for group in groups[:-1]:
        if len(out) < wanted:
            out += group
    return out


def _by(works: Iterable[Work], key: Callable[[Work], str]) -> dict[str, list[Work]]:
    made: dict[str, list[Work]] = defaultdict(list)
    for work in works:
        made[key(work)].append(work)
    return made


def _draw(seed: int, what: str, key: str) -> bytes:
    return hashlib.sha256(f"{seed} {what} {key}".encode()).digest()


def write_tables(
    folder: Path,
    solution: Path,
    train: Sequence[PaintingRow],
    test: Sequence[PieceRow],
    artists: Iterable[ArtistRow],
) -> None:
    """Write the four CSV files into `folder`, and the answers to `solution` (kept elsewhere)."""
    placeholder = min(row.artist for row in train)
    tables: dict[Path, tuple[tuple[str, ...], list[tuple[str, ...]]]] = {
        folder / "train.csv": (
            ("id", "img_path", "artist"),
            [(row.id, row.img_path, row.artist) for row in train],
        ),
        folder / "test.csv": (("id", "img_path"), [(row.id, row.img_path) for row in test]),
        folder / "sample_submission.csv": (
            ("id", "artist"),
            [(row.id, placeholder) for row in test],
        ),
        folder / "artists_info.csv": (
            ("name", "years", "genre", "nationality"),
            [(row.name, row.years, row.genre, row.nationality) for row in artists],
        ),
        solution: (
            ("id", "artist", "Usage", "painting"),
            [(row.id, row.artist, row.usage, row.painting) for row in test],
        ),
    }
    for path, (header, rows) in tables.items():
        write_text(path, to_text(header, rows))
