"""The contact sheet as one page of HTML that needs no other file, no network, and no trust."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from artcli.contest.generated.neighbours import COPY
from artcli.reporting.eda.drawing import as_svg, counted, label, percent
from artcli.reporting.eda.photos import Photo
from artcli.reporting.eda.pictures import Picture, read_pictures
from artcli.reporting.eda.tiles import Tile
from artcli.reporting.generated.curves import HEIGHT, WIDTH, curves, said
from artcli.reporting.generated.judged import (
    BY_ARTIST,
    OVERALL,
    artist_rows,
    gains_figure,
    lines,
    overall_rows,
)
from artcli.reporting.generated.records import (
    ShownWork,
    Source,
    by_artist,
    nearest_first,
    shown_works,
    some_of_each,
)
from artcli.reporting.page import columns_of, picture, policy, render, source

if TYPE_CHECKING:
    from artcli.contest.generated.neighbours import Neighbour
    from artcli.contest.generated.records import GeneratedSet
    from artcli.contest.tables import Contest
    from artcli.predicting.set_judging import JudgedSet

SCRIPT = "eda_page.js"
WORKS, PAIRS = 240, 12  # on the page: works, and pairs of a work and the nearest painting
OPEN = 12  # artists whose works are shown before one asks for them


@dataclass(frozen=True)
class Group:
    """The works of an artist who has so many `paintings` and was given so many `new` works."""

    artist: str
    paintings: int
    new: int
    works: tuple[ShownWork, ...]


def html_page(
    contest: Contest,
    found: GeneratedSet,
    neighbours: Mapping[str, Neighbour],
    judged: Sequence[JudgedSet],
    *,
    made: Sequence[str] = (),
    workers: int | None = None,
) -> str:
    """The page. Pictures are read from their files, in `workers` processes; `made`: lines that say
    how the set and the page were made."""
    from markupsafe import Markup

    works = shown_works(contest, found, neighbours)
    shown, nearest = some_of_each(works, WORKS), nearest_first(works)[:PAIRS]
    script = source(SCRIPT)
    return render(
        "generated.html",
        policy=policy([script]),
        script=Markup(script),
        title=f"{found.name}: {counted(len(works), 'new work')}",
        lead=_lead(found),
        found=found,
        contents=_contents(found, judged, works),
        tiles=_tiles(found, works),
        judged=[_judged(one, number) for number, one in enumerate(judged)],
        nearest=nearest,
        groups=_groups(contest, shown, works),
        first_groups=OPEN,
        left_out=len(works) - len(shown),
        photo=_Photographer([*shown, *nearest], workers),
        curves=curves,
        said=said,
        box=(WIDTH, HEIGHT),
        percent=percent,
        counted=counted,
        short=label,
        copy_from=percent(COPY),
        copies=_copies(works),
        made=made,
    )


def _lead(found: GeneratedSet) -> str:
    artists = counted(len(found.facts.plan), "artist")
    if found.complete:
        return f"for {artists}, by {found.facts.generator}"
    return f"of {found.facts.wanted:,}, for {artists}, by {found.facts.generator}"


def _contents(
    found: GeneratedSet, judged: Sequence[JudgedSet], works: Sequence[ShownWork]
) -> list[tuple[str, str, str]]:
    """The sections in order: id, name, and how much there is to see."""
    return [
        ("summary", "Summary", ""),
        ("judged", "Does it help?", f"{len(judged)}" if judged else ""),
        ("works", "Works", f"{len(found.works):,}"),
        ("nearest", "Copies", f"{_copies(works)}"),
        ("made", "How this was made", ""),
    ]


def _copies(works: Sequence[ShownWork]) -> int:
    return sum(shown.is_copy for shown in works)


def _tiles(found: GeneratedSet, works: Sequence[ShownWork]) -> list[Tile]:
    near = [shown.neighbour for shown in works if shown.neighbour]
    facts = found.facts
    note = "none learns from a work made of paintings that judge it"
    if facts.parts:
        note = f"a generator for each, that makes {counted(sum(facts.plan.values()), 'work')}"
    sources = {one for shown in works for one in (shown.content, *shown.styles) if one}
    tiles = [
        Tile(f"{len(works):,}", "new works", f"{facts.wanted:,} are planned"),
        Tile(f"{len(facts.plan):,}", "artists are given works", ""),
        Tile(f"{facts.folds}", "folds", note),
    ]
    if sources:
        tiles.append(Tile(f"{len(sources):,}", "paintings were used", "for content or style"))
    if near:
        alike = percent(median(one.likeness for one in near))
        tiles += [
            Tile(f"{_copies(works):,}", "copies", f"at least {percent(COPY)} like a real painting"),
            Tile(alike, "like the nearest painting", "the middle one of all works"),
        ]
    return tiles


def _judged(judged: JudgedSet, number: int) -> dict[str, Any]:
    drawn = gains_figure(judged, f"gains-{number}")
    return {
        "verdict": judged.verdict,
        "outcome": judged.all_artists.outcome,
        "lines": lines(judged),
        "overall": (columns_of(OVERALL), overall_rows(judged)),
        "artists": (columns_of(BY_ARTIST), artist_rows(judged)),
        "figure": (drawn, picture(as_svg(drawn))),
    }


def _groups(
    contest: Contest, shown: Sequence[ShownWork], works: Sequence[ShownWork]
) -> list[Group]:
    counts = dict(zip(contest.artists, contest.counts, strict=True))
    made = by_artist(works)
    return [
        Group(artist, counts.get(artist, 0), len(made[artist]), tuple(of_artist))
        for artist, of_artist in by_artist(shown).items()
    ]


class _Photographer:
    """Photos of works and of real paintings, each file read once."""

    def __init__(self, works: Sequence[ShownWork], workers: int | None) -> None:
        paths = [shown.work.path for shown in works]
        real = [one.painting.path for shown in works for one in shown.sources if one.painting]
        self._pictures = read_pictures([*paths, *real], {}, workers)

    def work(self, shown: ShownWork) -> Photo:
        work = shown.work
        artist = label(work.artist, 60)
        return self._photo(work.path, f"Work {work.id}, made for {artist}", work.id, artist)

    def real(self, one: Source) -> Photo:
        name = label(one.id, 40)
        artist = label(one.painting.artist or "", 60) if one.painting else ""
        of = f"Painting {name}, by {artist}" if one.painting else f"Painting {name}, that is gone"
        return self._photo(one.painting.path if one.painting else None, of, name, artist)

    def _photo(self, path: Path | None, of: str, key: str, artist: str) -> Photo:
        read = self._pictures.get(path, ()) if path else ()
        found = read[0] if read else Picture("", 4, 3)
        return Photo(found.address, found.width, found.height, of, key, artist)
