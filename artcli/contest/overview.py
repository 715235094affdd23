"""Who is in a contest: works, genres, lives and nationalities of its artists, and how uneven."""

from __future__ import annotations

from dataclasses import dataclass


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
