"""When an artist lived, as the page says it and as it orders by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from artcli.contest.overview import ArtistFacts

WORKING_AGE = 20  # years
LONG_LIFE = 65


def lived(artist: ArtistFacts) -> str:
    """`1866–1944` where both years are known, else what is written of them."""
    if artist.born is None or artist.died is None:
        return artist.years
    return f"{artist.born}–{artist.died}"


def middle_year(artist: ArtistFacts) -> int | None:
    """The middle of an artist's working life, guessed where only one of his years is known."""
    if artist.born is None and artist.died is None:
        return None
    born = artist.born if artist.born is not None else (artist.died or 0) - LONG_LIFE
    died = artist.died if artist.died is not None else born + LONG_LIFE
    return (born + WORKING_AGE + died) // 2


def century(artist: ArtistFacts) -> str:
    """`19th century`, that of the middle of a working life; "" where no year is known."""
    middle = middle_year(artist)
    if middle is None:
        return ""
    count = (middle - 1) // 100 + 1
    ending = "th" if count in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"{count}{ending} century"
