"""Who is in a contest: works, genres, lives and nationalities of its artists, and how uneven."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from artcli.contest.genres import ArtistInfo, parts, read_genres
from artcli.contest.tables import Contest

_LONGEST_LIFE = 120
_YEAR = re.compile(r"(?<!\d)\d{3,4}(?!\d)", re.ASCII)
_DASHES = re.compile("[-–—−‐‒~?\ufffd]|^d")  # damaged ones too, and `d. 1569`
_TOP = 3


@dataclass(frozen=True)
class ArtistFacts:
    """An artist: works to learn from and their share; what artists_info.csv says, as far as it
    does. `years` as written; `born` and `died` where they can be read from it."""

    name: str
    works: int
    share: float
    genres: tuple[str, ...] = ()
    nationality: str = ""
    years: str = ""
    born: int | None = None
    died: int | None = None


@dataclass(frozen=True)
class Imbalance:
    """How unevenly works are spread over artists.

    `ratio`: largest by smallest class; `top_share`: the share of the three largest; `effective`:
    the inverse of the chance that two works drawn are by one artist (as many equal classes would
    be as uneven); `entropy` in bits, and `evenness`, its share of the highest possible.
    """

    ratio: float
    top_share: float
    effective: float
    entropy: float
    evenness: float


@dataclass(frozen=True)
class Tally:
    """A genre or a nationality: its artists, and the works of all of them."""

    name: str
    artists: tuple[str, ...]
    works: int


@dataclass(frozen=True)
class Overview:
    """`artists`: most works first; `genres` and `nationalities`: most works first. Which works of
    an artist of several genres belong to which is not known, so they count in each of them."""

    artists: tuple[ArtistFacts, ...]
    imbalance: Imbalance
    genres: tuple[Tally, ...]
    nationalities: tuple[Tally, ...]


def overview(contest: Contest) -> Overview:
    """Who is in `contest`; what artists_info.csv cannot tell, or not of whom, stays blank."""
    rows = dict.fromkeys(contest.artists, 0)
    info = read_genres(contest.data, rows, problems=[], notices=[]).info
    works = sum(contest.counts)
    artists = tuple(
        _facts(name, count, works, info.get(name, ArtistInfo()))
        for name, count in sorted(
            zip(contest.artists, contest.counts, strict=True), key=lambda pair: (-pair[1], pair[0])
        )
    )
    return Overview(
        artists,
        imbalance(contest.counts),
        _tallies(artists, lambda artist: artist.genres),
        _tallies(artists, lambda artist: parts(artist.nationality)),
    )


def imbalance(counts: Sequence[int]) -> Imbalance:
    """The imbalance of classes of so many works each; all zero where there are none."""
    held = sorted((count for count in counts if count), reverse=True)
    if not held:
        return Imbalance(0.0, 0.0, 0.0, 0.0, 0.0)
    shares = [count / sum(held) for count in held]
    entropy = -sum(share * math.log2(share) for share in shares)
    return Imbalance(
        ratio=held[0] / held[-1],
        top_share=sum(shares[:_TOP]),
        effective=1 / sum(share**2 for share in shares),
        entropy=entropy,
        evenness=entropy / math.log2(len(held)) if len(held) > 1 else 1.0,
    )


def life(years: str) -> tuple[int | None, int | None]:
    """Born and died, from a text such as `1866 - 1944`, `c. 1525 – 1569`, `1866-` or `d. 1569`.

    Whatever stands between them is a dash, since dashes get damaged; of several years the first
    and the last count. What cannot be a life (`fl. 1600 - 1620`, `1944 - 1866`) is None.
    """
    text = years.strip().lower()
    found = list(_YEAR.finditer(text))
    if not found or text.startswith(("fl", "active")):
        return None, None
    born, died = int(found[0][0]), int(found[-1][0])
    if len(found) == 1:
        return (None, died) if _DASHES.search(text[: found[0].start()]) else (born, None)
    return (born, died) if 0 < died - born <= _LONGEST_LIFE else (None, None)


def _facts(name: str, count: int, works: int, info: ArtistInfo) -> ArtistFacts:
    born, died = life(info.years)
    share = count / works if works else 0.0
    return ArtistFacts(name, count, share, info.genres, info.nationality, info.years, born, died)


def _tallies(
    artists: Iterable[ArtistFacts], names_of: Callable[[ArtistFacts], tuple[str, ...]]
) -> tuple[Tally, ...]:
    members: dict[str, list[ArtistFacts]] = {}
    for artist in artists:
        for name in names_of(artist):
            members.setdefault(name, []).append(artist)
    found = (
        Tally(name, tuple(one.name for one in own), sum(one.works for one in own))
        for name, own in members.items()
    )
    return tuple(sorted(found, key=lambda tally: (-tally.works, tally.name)))
