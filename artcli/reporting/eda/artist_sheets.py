"""The artists as tables: their works, lives and looks, their genres and nationalities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from artcli.contest.overview import Tally
from artcli.contest.survey.records import Survey
from artcli.reporting.eda.report import Cell, EdaReport, Sheet


def artist_sheets(report: EdaReport) -> list[Sheet]:
    """Tables with a row or without."""
    who = report.overview
    return [
        _artists(report),
        _tallies(
            "genres",
            "Genres",
            "genre",
            who.genres,
            "All works of an artist count in each of the artist's genres.",
        ),
        _artist_and_genre(report),
        _tallies(
            "nationalities",
            "Nationalities",
            "nationality",
            who.nationalities,
            "Whoever has two nationalities counts in both.",
        ),
    ]


def _artists(report: EdaReport) -> Sheet:
    scores = {one.artist: one for one in report.audit.artists} if report.audit else {}
    looks = _looks(report.survey)
    rows: list[tuple[Cell, ...]] = []
    for artist in report.overview.artists:
        score = scores.get(artist.name)
        told: tuple[Cell, ...] = (score.f1, score.taken_for) if score else (None, "")
        rows.append((
            artist.name, artist.works, *(told if report.audit else ()), 100 * artist.share,
            ", ".join(artist.genres), artist.nationality, artist.years, artist.born, artist.died,
            *looks[artist.name],
        ))  # fmt: skip
    return Sheet(
        "artists",
        "Artists",
        (
            "artist", ">works", *((">F1", "taken for") if report.audit else ()), ">share %",
            "genres", "nationality", "years", ">born", ">died",
            ">grey %", ">width", ">height", ">quality", ">lightness", ">chroma",
        ),
        tuple(rows),
        "Width and height in pixels and JPEG quality: medians. Lightness L* (0 to 100) and chroma"
        " C*: means. All of the training paintings."
        + (" F1: of out-of-fold pieces." if report.audit else ""),
    )  # fmt: skip


def _looks(survey: Survey) -> defaultdict[str, tuple[Cell, ...]]:
    """Of each artist's good training paintings: grey share, median size and quality, mean tone."""
    found: defaultdict[str, tuple[Cell, ...]] = defaultdict(lambda: (None,) * 6)
    for artist, rows in survey.works().items():
        own = [survey.measures[row] for row in rows]
        qualities = [one.quality for one in own if one.quality is not None]
        found[artist] = (
            100 * sum(one.grey for one in own) / len(own),
            round(float(np.median([one.width for one in own]))),
            round(float(np.median([one.height for one in own]))),
            round(float(np.median(qualities))) if qualities else None,
            float(np.mean([one.lightness for one in own])),
            float(np.mean([one.chroma for one in own])),
        )
    return found


def _tallies(name: str, title: str, of: str, tallies: Iterable[Tally], note: str) -> Sheet:
    rows = tuple(
        (tally.name, tally.works, len(tally.artists), ", ".join(tally.artists)) for tally in tallies
    )
    return Sheet(name, title, (of, ">works", ">artists", "who"), rows, note)


def _artist_and_genre(report: EdaReport) -> Sheet:
    return Sheet(
        "artist-and-genre",
        "Artists in their genres",
        ("artist", "genre", ">works"),
        tuple(
            (artist.name, genre, artist.works)
            for artist in report.overview.artists
            for genre in artist.genres
        ),
        "Works: all of the artist's, since which of them is of which genre is not known.",
    )
