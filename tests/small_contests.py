"""Small contests in real files, for tests: four CSV files and pictures of a few pixels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from PIL import Image

from artcli.contest.tables import Contest, Painting

ARTISTS = {"Ada Stone": "Realism", "Ben Wood": "Cubism,Realism", "Cleo Iron": "Ukiyo-e"}


def write_csv(path: Path, header: str, rows: Iterable[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def write_tables(
    data: Path,
    *,
    artists: Sequence[str] = tuple(ARTISTS),
    genres: Mapping[str, str] = ARTISTS,
    each: int = 3,
    pieces: int = 4,
) -> Path:
    """The four CSV files: `each` paintings of every artist in turn, and `pieces` of the test."""
    painters = [artist for _ in range(each) for artist in artists]
    train = [f"{n},./train/{n:04}.jpg,{artist}" for n, artist in enumerate(painters)]
    tests = [f"TEST_{n:05}" for n in range(pieces)]
    write_csv(data / "train.csv", "id,img_path,artist", train)
    write_csv(data / "test.csv", "id,img_path", [f"{key},./test/{key}.jpg" for key in tests])
    write_csv(data / "sample_submission.csv", "id,artist", [f"{key},{artists[0]}" for key in tests])
    write_csv(
        data / "artists_info.csv",
        "name,years,genre,nationality",
        [f'{name},1850 - 1900,"{genre}",French' for name, genre in genres.items()],
    )
    return data


def write_pictures(data: Path, *, size: tuple[int, int] = (24, 18)) -> None:
    """A JPEG of its own for every row of train.csv and test.csv."""
    for table in ("train.csv", "test.csv"):
        for number, line in enumerate((data / table).read_text("utf-8").splitlines()[1:]):
            write_picture(data / line.split(",")[1], number, size=size)


def write_picture(path: Path, number: int = 0, *, size: tuple[int, int] = (24, 18)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    colour = (number * 37 % 256, number * 91 % 256, len(path.parts) * 13 % 256)
    Image.new("RGB", size, colour).save(path)
    return path


def bare_contest(
    artists: Sequence[str] = tuple(ARTISTS),
    train: Mapping[str, str] | None = None,
    test: Sequence[str] = (),
    data: Path = Path("data"),
) -> Contest:
    """A contest without files: training paintings as id -> artist, and the ids of the test."""
    known = train or {}
    paintings = tuple(
        Painting(key, data / f"{key}.jpg", artist, row, "train")
        for row, (key, artist) in enumerate(known.items())
    )
    pieces = tuple(
        Painting(key, data / f"{key}.jpg", None, row, "test") for row, key in enumerate(test)
    )
    counts = tuple(list(known.values()).count(artist) for artist in artists)
    return Contest(data, paintings, pieces, tuple(artists), counts, (), (), tuple(test))
