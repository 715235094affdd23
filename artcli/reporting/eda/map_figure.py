"""The map of the paintings as a figure that needs no script: a dot for each of them."""

from __future__ import annotations

from typing import Any

from artcli.reporting.eda.drawing import QUIET, bare, counted, hues, label, new_figure, style
from artcli.reporting.eda.report import Drawn, EdaReport

_DOT = 9.0  # square points, of a thousand dots; of more it is smaller
_FOREMOST = "t-SNE"


def map_figures(report: EdaReport) -> list[Drawn]:
    """By t-SNE, or else by whatever projection there is; none where there is none."""
    places = report.painting_map.places
    name = _FOREMOST if _FOREMOST in places else next(iter(places), None)
    if name is None or not len(report.painting_map.rows):
        return []
    artists = [report.survey.paintings[at].artist or "" for at in report.painting_map.rows]
    with style():
        return [_dots(report, name, artists)]


def _dots(report: EdaReport, name: str, artists: list[str]) -> Drawn:
    from matplotlib.lines import Line2D

    colours = hues(artist.name for artist in report.overview.artists)
    of_dots = [colours.get(artist, QUIET) for artist in artists]
    places = report.painting_map.places[name]
    size = _DOT * min(1.0, (1000 / len(places)) ** 0.5)
    figure = new_figure(6.9)
    axes = bare(figure.add_subplot())
    for quiet in (True, False):  # those with a colour of their own above the others
        chosen = [at for at, colour in enumerate(of_dots) if (colour == QUIET) is quiet]
        axes.scatter(
            places[chosen, 0], 1 - places[chosen, 1], s=size if quiet else 1.6 * size,
            color=[of_dots[at] for at in chosen], alpha=0.55 if quiet else 0.9, linewidth=0,
            rasterized=True,
        )  # fmt: skip
    axes.set_xticks([])
    axes.set_yticks([])
    axes.margins(0.02)
    shown = [artist for artist, colour in colours.items() if colour != QUIET]
    dot: Any = {"linestyle": "none", "marker": "o", "markersize": 5}
    handles = [Line2D([], [], color=colours[one], label=label(one, 24), **dot) for one in shown]
    if QUIET in of_dots:
        handles.append(Line2D([], [], color=QUIET, label="other artists", **dot))
    figure.legend(handles=handles, loc="outside upper left", ncols=3)
    return Drawn(
        "painting-map", "A map of the paintings",
        f"A dot for each of {counted(len(artists), 'painting')}, laid out by {name} of"
        f" {report.painting_map.of}; those of {counted(len(shown), 'artist')} in colour.",
        f"Paintings that are alike in {report.painting_map.of} lie close to each other ({name});"
        " how far apart distant ones lie means little.",
        figure,
    )  # fmt: skip
