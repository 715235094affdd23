"""artists_info.csv joined to the artists of train.csv: who worked in which genre, when and whence.

Names are matched exactly, then by Unicode form, then through `aliases.csv` (`artist,name`:
train.csv's spelling, artists_info.csv's). What still finds no partner is a problem that names the
nearest candidates; it is never guessed, because a wrong join would teach wrong genres in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from artcli.contest.csvfile import read_table
from artcli.contest.names import MOST_HINTS, match_names, nearest_names, one_damaged_copy
from artcli.contest.problem import Problem
from artcli.workspace.plain_files import is_there

ARTISTS_NAME, ALIASES_NAME = "artists_info.csv", "aliases.csv"


@dataclass(frozen=True)
class ArtistInfo:
    """An artist's row: genres in the order of the file, the other cells as they are written."""

    genres: tuple[str, ...] = ()
    years: str = ""
    nationality: str = ""


@dataclass(frozen=True)
class Genres:
    """What is known of the artists: `info[artist]`, and the artists without a row of their own.

    `unjoined[artist]` is the one name of artists_info.csv of which the artist's looks like a
    damaged copy (`Albrecht Du rer`), or None; `unused` are its names that no artist joins.
    """

    info: Mapping[str, ArtistInfo] = field(default_factory=dict)
    unjoined: Mapping[str, str | None] = field(default_factory=dict)
    unused: tuple[str, ...] = ()

    @property
    def of(self) -> dict[str, frozenset[str]]:
        """The genres of each artist."""
        return {artist: frozenset(info.genres) for artist, info in self.info.items()}


def read_genres(
    data: Path,
    first_row: Mapping[str, int],
    problems: list[str],
    notices: list[str],
    corrections: Path | None = None,
) -> Genres:
    """The genres of each artist in `first_row`, which says where train.csv first names them.

    aliases.csv is looked for in `corrections`, or in `data`.
    """
    path = data / ARTISTS_NAME
    if not is_there(path):
        notices.append(
            Problem(
                f"there is no {ARTISTS_NAME}: the artists' genres are unknown", "table-not-there"
            )
        )
        return Genres()
    known = _read_artists(path, problems, notices)
    if known is None:
        return Genres()
    aliases = _read_aliases(
        (corrections or data) / ALIASES_NAME, list(first_row), known, problems, notices
    )
    matched = match_names([aliases.get(artist, artist) for artist in first_row], known)
    found: dict[str, ArtistInfo] = {}
    unjoined: dict[str, str | None] = {}
    for artist, row in first_row.items():
        name = matched.get(aliases.get(artist, artist))
        if name is None:
            unjoined[artist] = one_damaged_copy(artist, known)
            problems.append(
                Problem(
                    f"train.csv row {row}, column artist: {artist!r} has no row in {ARTISTS_NAME}"
                    + (_nearest(artist, known) if len(unjoined) <= MOST_HINTS else ""),
                    "unjoined-name",
                )
            )
        else:
            found[artist] = known[name]
    joined = set(matched.values())
    return Genres(found, unjoined, tuple(name for name in known if name not in joined))


def parts(cell: str) -> tuple[str, ...]:
    """What a cell of artists_info.csv lists between commas, in its order, each once."""
    return tuple(dict.fromkeys(part for text in cell.split(",") if (part := text.strip())))


def _read_artists(
    path: Path, problems: list[str], notices: list[str]
) -> dict[str, ArtistInfo] | None:
    """The rows by name. Damaged characters in `years` and the like must not cost the rest."""
    others = ("years", "nationality")
    table = read_table(
        path,
        ("name", "genre"),
        problems,
        optional=others,
        may_be_blank=("genre", *others),
        lenient=True,
    )
    if table is None:
        return None
    notices += table.notices
    problems += table.repeated("name")
    return {
        row["name"]: ArtistInfo(
            parts(row["genre"]), row.cells.get("years", ""), row.cells.get("nationality", "")
        )
        for row in table.rows
    }


def _read_aliases(
    path: Path,
    artists: Sequence[str],
    known: Mapping[str, object],
    problems: list[str],
    notices: list[str],
) -> dict[str, str]:
    table = read_table(path, ("artist", "name"), problems) if is_there(path) else None
    if table is None:
        return {}
    notices += table.notices
    table = table.as_it_was()
    problems += table.repeated("artist")
    artist_of = match_names((row["artist"] for row in table.rows), artists)
    name_of = match_names((row["name"] for row in table.rows), known)
    aliases: dict[str, str] = {}
    for row in table.rows:
        artist, name = artist_of.get(row["artist"]), name_of.get(row["name"])
        if name is None:
            problems.append(
                Problem(
                    f"{table.where(row, 'name')}: {row['name']!r} is not in {ARTISTS_NAME}"
                    + _nearest(row["name"], known),
                    "unknown-alias",
                )
            )
        elif artist is not None:
            aliases[artist] = name
        else:
            notices.append(
                Problem(
                    f"{table.where(row, 'artist')}: {row['artist']!r} is no artist of train.csv, so"
                    " nothing is joined",
                    "unused-alias",
                )
            )
    return aliases


def _nearest(name: str, known: Iterable[str]) -> str:
    near = nearest_names(name, list(known))
    return f"; the nearest: {', '.join(map(repr, near))}" if near else ""
