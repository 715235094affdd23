"""The artists as pictures: how many works by whom, and when and where they lived.

A report goes in; figures come out, those for which the contest tells enough.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from artcli.contest.genres import parts
from artcli.contest.overview import ArtistFacts, Overview
from artcli.reporting.eda.bars import FRAME, ROW, label_rows, note_end, tally_bars
from artcli.reporting.eda.drawing import (
    ACCENT,
    FAINT,
    INK,
    PAPER,
    QUIET,
    bare,
    counted,
    hues,
    label,
    new_figure,
    percent,
    style,
)
from artcli.reporting.eda.genre_figures import genre_figures
from artcli.reporting.eda.report import Drawn, EdaReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_STRESSED = 3
_STEPS, _TICKS = (10, 20, 50, 100, 200), 9  # years from mark to mark; marks at the most
_OPEN_YEARS = 25  # that a life goes on in a figure whose other end is not known


def artist_figures(report: EdaReport) -> list[Drawn]:
    """Works and their spread; genres, lives and nationalities, where artists_info.csv tells."""
    who = report.overview
    if not who.artists:
        return []
    colours = hues(tally.name for tally in who.nationalities)
    with style():
        drawn = [_works(who), _spread(who), *genre_figures(who)]
        if any(artist.born or artist.died for artist in who.artists):
            drawn.append(_lives(who, colours))
        if who.nationalities:
            drawn.append(_nationalities(who, colours))
    return drawn


def _works(who: Overview) -> Drawn:
    artists, most = who.artists, who.artists[0]
    figure = new_figure(FRAME + ROW * len(artists))
    axes = label_rows(figure, [artist.name for artist in artists])
    places = range(len(artists))
    axes.barh(
        places, [artist.works for artist in artists], height=0.72,
        color=[ACCENT if place < _STRESSED < len(artists) else QUIET for place in places],
    )  # fmt: skip
    for place, artist in enumerate(artists):
        note_end(axes, place, artist.works, f"{artist.works:,}", percent(artist.share, 1))
    axes.set_xlim(0, most.works * 1.15)
    least = artists[-1]
    return Drawn(
        "works-per-artist",
        "Works per artist",
        f"Bars of the training paintings by each of {len(artists)} artists, most first: from"
        f" {most.works:,} by {label(most.name)} to {least.works:,} by {label(least.name)}."
        f" {_top(who)}.",
        "Paintings to learn from, with their share of all; the largest classes in colour.",
        figure,
    )


def _spread(who: Overview) -> Drawn:
    """After Lorenz (1905), the largest first."""
    from matplotlib.ticker import MaxNLocator

    shares = [0.0, *accumulate(artist.share for artist in who.artists)]
    count = len(who.artists)
    half = next(place for place, share in enumerate(shares) if share >= 0.5)
    figure = new_figure(3.1)
    axes = bare(figure.add_subplot(), keep=("bottom",))
    axes.plot([0, count], [0, 1], color=FAINT, linewidth=0.9, linestyle=(0, (1, 3)))
    axes.plot(range(count + 1), shares, color=INK, clip_on=False)
    _note(axes, count * 0.72, 0.72, "if all had equally many", FAINT)
    marked = {half: f"half of all works: {counted(half, 'artist')}"}
    if count > _STRESSED:
        marked[_STRESSED] = _top(who)
    for place, text in marked.items():
        axes.plot(place, shares[place], "o", color=ACCENT, markersize=6, clip_on=False)
        _note(axes, place, shares[place], text, INK)
    axes.set_xlim(0, count)
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], [percent(tick / 4) for tick in range(5)])
    axes.tick_params(axis="y", labelcolor=FAINT, labelsize=8)
    axes.grid(axis="y")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("artists, those with most works first")
    uneven = who.imbalance
    return Drawn(
        "cumulative-share",
        "How unevenly works are spread",
        f"A curve of the share of all works held by the artists with most of them. {_top(who)};"
        f" half of all works are by {counted(half, 'artist')} of {count}.",
        f"Ratio of the largest class to the smallest: {uneven.ratio:.1f}. The classes are as uneven"
        f" as {uneven.effective:.1f} equal ones; entropy {uneven.entropy:.2f} bits,"
        f" {percent(uneven.evenness)} of the highest possible.",
        figure,
    )


def _lives(who: Overview, colours: dict[str, str]) -> Drawn:
    known = sorted(
        (artist for artist in who.artists if artist.born or artist.died),
        key=lambda artist: (_span(artist), artist.name),
    )
    first = min(_span(artist)[0] for artist in known)
    last = max(_span(artist)[1] for artist in known)
    figure = new_figure(FRAME + 0.5 + ROW * len(known))
    axes = bare(figure.add_subplot())
    for place, artist in enumerate(known):
        born, died = _span(artist)
        colour = next((colours[one] for one in parts(artist.nationality)), QUIET)
        sure = artist.born is not None and artist.died is not None
        axes.plot(
            [born, died], [place, place], color=colour, solid_capstyle="butt",
            linewidth=6 if sure else 2, linestyle="-" if sure else (0, (1, 1)),
        )  # fmt: skip
        early = (born + died) / 2 < (first + last) / 2
        axes.annotate(
            label(artist.name), (died if early else born, place), (6 if early else -6, 0),
            textcoords="offset points", ha="left" if early else "right", va="center_baseline",
            fontsize=8.5, in_layout=False,
        )  # fmt: skip
    axes.set_ylim(len(known) - 0.4, -0.6)
    axes.set_yticks([])
    axes.set_xlim(first - 5, last + 5)
    step = next((step for step in _STEPS if last - first <= _TICKS * step), _STEPS[-1])
    axes.set_xticks(range(-(-first // step) * step, last + 1, step))
    axes.grid(axis="x")
    axes.tick_params(axis="x", top=True, labeltop=True, length=0)
    _legend(figure, known, colours)
    earliest, latest = known[0], max(known, key=lambda artist: _span(artist)[1])
    return Drawn(
        "life-spans",
        "When they lived",
        f"A time line of the lives of {counted(len(known), 'artist')}, from"
        f" {label(earliest.name)} ({label(earliest.years)}) to {label(latest.name)}"
        f" ({label(latest.years)}).",
        "By year of birth, coloured by nationality (the first, of several). Dotted: only one end"
        " of the life is known.",
        figure,
    )


def _nationalities(who: Overview, colours: dict[str, str]) -> Drawn:
    tallies = who.nationalities
    most = tallies[0]
    return Drawn(
        "nationality",
        "Nationalities",
        f"Bars of works by nationality: {label(most.name)} leads with {most.works:,} works by"
        f" {counted(len(most.artists), 'artist')}; {len(tallies)} in all.",
        "Paintings to learn from; each piece of a bar is an artist. Whoever has two nationalities"
        " counts in both.",
        tally_bars(tallies, who, colours),
    )


def _note(axes: Axes, x: float, y: float, text: str, colour: str) -> None:
    axes.annotate(
        text, (x, y), (8, -4), textcoords="offset points", va="top", color=colour, fontsize=8.5,
        bbox={"facecolor": PAPER, "pad": 1.5, "linewidth": 0},
    )  # fmt: skip


def _legend(figure: Figure, known: list[ArtistFacts], colours: dict[str, str]) -> None:
    from matplotlib.patches import Patch

    of = [own[0] for artist in known if (own := parts(artist.nationality))]
    shown = [name for name in colours if name in of and colours[name] != QUIET]
    handles = [Patch(color=colours[name], label=label(name)) for name in shown]
    if len(shown) < len(set(of)) or len(of) < len(known):
        handles.append(Patch(color=QUIET, label="others" if shown else "unknown"))
    if shown:
        figure.legend(handles=handles, loc="outside upper left", ncols=min(len(handles), 5))


def _span(artist: ArtistFacts) -> tuple[int, int]:
    """The years of a life, or some from or to the one that is known."""
    born = artist.born if artist.born is not None else (artist.died or 0) - _OPEN_YEARS
    return born, artist.died if artist.died is not None else born + _OPEN_YEARS


def _top(who: Overview) -> str:
    if len(who.artists) <= _STRESSED:
        return f"{counted(len(who.artists), 'artist')} hold them all"
    return f"{_STRESSED} artists hold {percent(who.imbalance.top_share)} of all works"
