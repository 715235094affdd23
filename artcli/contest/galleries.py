"""A folder of paintings by known artists, however it is arranged: which painting is by whom.

A folder comes in; a `Gallery` goes out. Understood are folders of artists at any depth (the Kaggle
set "Best Artworks of All Time" with its artists.csv is one such) and WikiArt's
`STYLE/artist-name_title.jpg`, whose styles become the artists' genres. Anything that could be read
both ways is refused.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from artcli.contest.csvfile import Row, holds_control, read_table
from artcli.contest.images import SUFFIXES
from artcli.contest.layout import ArtistRow
from artcli.contest.names import nearest_names, skeleton
from artcli.errors import ArtcliError, Problems

CATALOGUE_NAME = "artists.csv"
_SLUG = re.compile(r"[^\W\d_]+(?:[-.'’]+[^\W_]+)*[-.]?")
_SKIPPED = "__MACOSX"


@dataclass(frozen=True)
class Gallery:
    """Paintings by artist, sorted; what is known of the artists; what was left out and why."""

    works: Mapping[str, tuple[Path, ...]]
    artists: tuple[ArtistRow, ...]
    notices: tuple[str, ...]


def read_gallery(images: Path) -> Gallery:
    """The paintings under `images`, whose artists are its folders or in WikiArt's file names.

    Errors: `ArtcliError` when it holds no pictures, or when it cannot be told who painted what.
    """
    if not images.is_dir():
        raise ArtcliError(f"{images} is not a folder", "name a folder of artists' folders")
    folders = _pictures_by_folder(images)
    _require_names(images, folders)
    if not folders:
        raise ArtcliError(
            f"there are no pictures in {images}", f"known: {' '.join(sorted(SUFFIXES))}"
        )
    if _is_wikiart(folders):
        return _by_file_names(folders)
    _require_leaves(images, folders)
    return _by_folders(images, folders)


def _pictures_by_folder(images: Path) -> dict[Path, list[Path]]:
    found: dict[Path, list[Path]] = {}
    for folder in _folders(images, set()):
        files = sorted(
            path
            for path in folder.iterdir()
            if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
        )
        if files:
            found[folder] = files
    return found


def _folders(folder: Path, seen: set[Path]) -> Iterator[Path]:
    """`folder` and those below it, links followed, each once."""
    real = folder.resolve()
    if real in seen:
        return
    seen.add(real)
    yield folder
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise ArtcliError(f"{folder} cannot be read: {error.strerror or error}") from error
    for entry in entries:
        if _is_folder(entry) and not entry.name.startswith(".") and entry.name != _SKIPPED:
            yield from _folders(folder / entry.name, seen)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _require_names(images: Path, folders: Mapping[Path, Sequence[Path]]) -> None:
    """Errors: `Problems`, where the name of a folder or a picture could be written in no table."""
    bad = []
    for folder, files in folders.items():
        name = folder.name
        if folder != images and not _name_of(folder):
            bad.append(f"{str(folder)!r} has a blank name")
        elif holds_control(name) and folder != images:
            bad.append(f"{str(folder)!r} has a name with a control character")
        bad += [
            f"{str(path)!r} has a name with bytes that are no UTF-8"
            for path in (folder, *files)
            if any("\ud800" <= letter <= "\udfff" for letter in path.name)
        ]
    if bad:
        raise Problems(
            f"names in {images} cannot be those of artists and paintings",
            bad,
            "rename them (an archive of another system may hold names in another encoding)",
        )


def _slug(path: Path) -> str | None:
    """The artist in WikiArt's `claude-monet_water-lilies.jpg`; None when the name is not so."""
    artist, mark, title = path.stem.partition("_")
    return artist if mark and title and artist.islower() and _SLUG.fullmatch(artist) else None


def _is_wikiart(folders: Mapping[Path, Sequence[Path]]) -> bool:
    """Whether file names tell the artists: `first-last_…`, names that come again and again."""
    slugs = {path: _slug(path) for files in folders.values() for path in files}
    found = [slug for slug in slugs.values() if slug is not None]
    if 2 * sum("-" in slug for slug in found) < len(slugs) or 2 * len(set(found)) > len(found):
        return False
    bones = {path: skeleton(slug or "") for path, slug in slugs.items()}
    named = {folder for folder in folders if skeleton(folder.name) in bones.values()}
    odd = [
        str(path)
        for path, slug in slugs.items()
        if (skeleton(path.parent.name) != bones[path] if path.parent in named else slug is None)
    ]
    if odd:
        raise Problems(
            f"most files in {_common(folders)} are named after an artist, as WikiArt's are"
            " (artist-name_title.jpg), but these contradict it, or the folder they are in",
            odd,
            "rename them, or put each artist's paintings in a folder with the artist's name",
        )
    return not named


def _common(folders: Mapping[Path, object]) -> str:
    return os.path.commonpath(folders)


def _require_leaves(images: Path, folders: Mapping[Path, Sequence[Path]]) -> None:
    above = {folder for folder in folders if any(folder in other.parents for other in folders)}
    if images in folders and len(folders) == 1:
        raise ArtcliError(
            f"the pictures in {images} lie in no artist's folder",
            "put each artist's in a folder with the artist's name, or name them as WikiArt does"
            " (artist-name_title.jpg)",
        )
    if above:
        raise Problems(
            "these folders hold both pictures and folders of pictures, so that it cannot be told"
            " which are the artists",
            [str(folder) for folder in sorted(above)],
            "move the loose pictures into a folder with their artist's name",
        )


def _by_file_names(folders: Mapping[Path, Sequence[Path]]) -> Gallery:
    works: dict[str, list[Path]] = defaultdict(list)
    styles: dict[str, set[str]] = defaultdict(set)
    for folder, files in folders.items():
        for path in files:
            name = (_slug(path) or "").replace("-", " ").strip().title()
            works[name].append(path)
            styles[name].add(_name_of(folder).replace(",", " "))
    artists = [ArtistRow(name, genre=",".join(sorted(styles[name]))) for name in sorted(works)]
    return Gallery({name: tuple(works[name]) for name in sorted(works)}, tuple(artists), ())


def _by_folders(images: Path, folders: Mapping[Path, Sequence[Path]]) -> Gallery:
    notices: list[str] = []
    catalogue = _read_catalogue(images, notices)
    works: dict[str, list[Path]] = defaultdict(list)
    strangers: dict[str, list[Path]] = defaultdict(list)
    by_bones = {skeleton(name): name for name in catalogue}
    for folder, files in folders.items():
        name = _name_of(folder)
        known = by_bones.get(skeleton(name))
        (works[known] if known else strangers[name]).extend(files)
    if not works:  # there is no catalogue, or one of something else
        works, strangers, catalogue = strangers, {}, {}
    for name, files in sorted(strangers.items()):
        near = nearest_names(name, list(catalogue), 1)
        notices.append(
            f"left out: {files[0].parent} (pictures: {len(files)}), who is not in {CATALOGUE_NAME}"
            + (f"; did you mean {near[0]!r}?" if near else "")
        )
    return Gallery(
        {name: tuple(sorted(works[name])) for name in sorted(works)},
        tuple(_artist_row(name, catalogue.get(name)) for name in sorted(works)),
        tuple(notices),
    )


def _name_of(folder: Path) -> str:
    """`Vincent_van_Gogh` as a name; composed, as most catalogues write it."""
    return unicodedata.normalize("NFC", " ".join(folder.name.replace("_", " ").split()))


def _read_catalogue(images: Path, notices: list[str]) -> dict[str, Row]:
    """The rows of the artists.csv in `images` or up to two folders above it, by name."""
    others = ("years", "genre", "nationality")
    for folder in (images, *images.resolve().parents[:2]):
        path = folder / CATALOGUE_NAME
        if not path.is_file():
            continue
        problems: list[str] = []
        table = read_table(
            path, ("name",), problems, optional=others, may_be_blank=others, lenient=True
        )
        problems += table.repeated("name") if table else []
        if table is None or problems:
            notices.append(Problems(f"{path} was not used", problems).message)
            return {}
        return {row["name"]: row for row in table.rows}
    return {}


def _artist_row(name: str, row: Row | None) -> ArtistRow:
    cells = row.cells if row else {}
    return ArtistRow(
        name, cells.get("years", ""), cells.get("genre", ""), cells.get("nationality", "")
    )
