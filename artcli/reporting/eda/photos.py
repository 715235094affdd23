"""Pictures as the page hangs them: an address, a size, and words for those who cannot see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from artcli.reporting.eda.drawing import label
from artcli.reporting.eda.pictures import Picture
from artcli.reporting.thumbnails import thumbnail

if TYPE_CHECKING:
    from artcli.contest.survey.records import Survey


@dataclass(frozen=True)
class Photo:
    """A picture of the contest. `address` is "" where the file cannot be read; `of` says what is
    shown, in words: `Painting 12, by Claude Monet`; `id` and `artist` are its table's."""

    address: str
    width: int
    height: int
    of: str
    id: str
    artist: str


def photographer(
    survey: Survey, pictures: Mapping[Path, tuple[Picture, ...]]
) -> Callable[[int], Photo]:
    """The large photo of the survey's picture number so-and-so."""

    def photo(row: int) -> Photo:
        found = pictures.get(survey.paintings[row].path, ())
        return _photo(survey, row, found[0] if found else None)

    return photo


def thumb(survey: Survey, row: int) -> Photo:
    """The small photo of the survey's picture number `row`, from the survey itself."""
    measures = survey.measures[row]
    if measures.problem or not measures.width:
        return _photo(survey, row, None)
    address = thumbnail(survey.thumbs[row], measures.width, measures.height)
    return _photo(survey, row, Picture(address, measures.width, measures.height))


def _photo(survey: Survey, row: int, found: Picture | None) -> Photo:
    painting = survey.paintings[row]
    artist = label(painting.artist or "", 60)
    name = label(painting.id, 40)
    of = f"Painting {name}, by {artist}" if artist else f"Picture {name} of the test"
    if found is None:
        return Photo("", 4, 3, of, name, artist)
    return Photo(found.address, found.width, found.height, of, name, artist)
