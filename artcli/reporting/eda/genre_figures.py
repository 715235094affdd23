"""Genres as pictures: how many works in which, and which artists worked in several.

What is known of the artists goes in; figures come out, none where no genre is known.
"""

from __future__ import annotations

from artcli.contest.overview import ArtistFacts, Overview
from artcli.reporting.eda.bars import FRAME, ROW, label_rows, tally_bars
from artcli.reporting.eda.drawing import (
    ACCENT,
    FAINT,
    HUES,
    LINE,
    counted,
    label,
    new_figure,
)
from artcli.reporting.eda.report import Drawn

_LARGEST_DOT = 120  # square points, of the most works


def genre_figures(who: Overview) -> list[Drawn]:
    """Works per genre, per artist and genre, and the artists with several; within `style()`."""
    if not who.genres:
        return []
    several = [artist for artist in who.artists if len(artist.genres) > 1]
    return [_works(who), _matrix(who), *([_several(who, several)] if several else [])]


def _works(who: Overview) -> Drawn:
    most = who.genres[0]
    alone = sum(len(genre.artists) == 1 for genre in who.genres)
    return Drawn(
        "works-per-genre",
        "Works per genre",
        f"Bars of works by genre: {label(most.name)} leads with {most.works:,} works by"
        f" {counted(len(most.artists), 'artist')}. Of {counted(len(who.genres), 'genre')},"
        f" {alone} have a single artist.",
        "Each piece of a bar is an artist. All works of an artist count in each of their genres,"
        " since the contest does not tell which work belongs to which.",
        tally_bars(who.genres, who, {genre.name: HUES[0] for genre in who.genres}),
    )


def _matrix(who: Overview) -> Drawn:
    """Artists in the order of their largest genre, so that those of one genre stand together."""
    at = {genre.name: place for place, genre in enumerate(who.genres)}
    known = [artist for artist in who.artists if artist.genres]
    known.sort(key=lambda artist: (sorted(at[name] for name in artist.genres), -artist.works))
    figure = new_figure(FRAME + 1.2 + ROW * len(known))
    axes = label_rows(figure, [artist.name for artist in known])
    largest = max(artist.works for artist in known)
    for place, artist in enumerate(known):
        places = [at[name] for name in artist.genres]
        axes.plot([min(places), max(places)], [place, place], color=FAINT, linewidth=0.8, zorder=2)
        axes.scatter(
            places, [place] * len(places), s=max(_LARGEST_DOT * artist.works / largest, 8),
            color=HUES[0], zorder=3, linewidth=0,
        )  # fmt: skip
    axes.set_xlim(-0.6, len(at) - 0.4)
    axes.set_xticks(
        range(len(at)), [label(name, 24) for name in at],
        rotation=60, ha="left", rotation_mode="anchor",
    )  # fmt: skip
    axes.tick_params(axis="x", top=False, labeltop=True, bottom=False, labelbottom=False, pad=2)
    axes.grid(color=LINE, linewidth=0.5)
    return Drawn(
        "artist-and-genre",
        "Artists and their genres",
        f"A dot for each genre of each of {counted(len(known), 'artist')}, as large as the artist"
        f" has works; a line joins the dots of an artist with several of the {len(at)} genres.",
        "Columns: genres, those with most works first; rows: artists, those of one genre together.",
        figure,
    )


def _several(who: Overview, several: list[ArtistFacts]) -> Drawn:
    several = sorted(several, key=lambda artist: (-len(artist.genres), -artist.works))
    figure = new_figure(FRAME + ROW * len(several))
    axes = label_rows(figure, [artist.name for artist in several])
    most = len(several[0].genres)
    for place, artist in enumerate(several):
        own = len(artist.genres)
        axes.scatter(range(own), [place] * own, s=42, color=ACCENT, linewidth=0)
        axes.annotate(
            label(", ".join(artist.genres), 60), (most - 0.4, place),
            va="center_baseline", fontsize=8, color=FAINT, in_layout=False,
        )  # fmt: skip
    axes.set_xlim(-0.6, most + 22)
    share = counted(len(several), "artist")
    return Drawn(
        "several-genres",
        "Artists with several genres",
        f"{share} of {len(who.artists)} worked in more than one genre;"
        f" {label(several[0].name)} in {most}.",
        "A dot for each genre, as artists_info.csv lists them.",
        figure,
    )
