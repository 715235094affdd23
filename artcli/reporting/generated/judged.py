"""What judging a set has said, for its page: lines, tables, and a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artcli.reporting.eda.drawing import (
    ACCENT,
    FAINT,
    HUES,
    INK,
    LINE,
    bare,
    counted,
    label,
    new_figure,
    style,
)
from artcli.reporting.eda.report import Drawn
from artcli.reporting.figures import moved, signed

if TYPE_CHECKING:
    from artcli.predicting.set_judging import Gain, JudgedSet

OVERALL = ("Macro F1 of", ">Without", ">With", ">Difference", ">95 % interval", "Set")
BY_ARTIST = (
    "Artist", ">Paintings", ">New works", ">A fold took", ">Without", ">With", ">Difference",
    ">95 % interval", "Set",
)  # fmt: skip
_SHOWN = 40  # artists in the figure
_COLOURS = {"helps": HUES[2], "harms": ACCENT, "not more than noise": FAINT}


def lines(judged: JudgedSet) -> list[str]:
    """How it was judged, a sentence each."""
    counts = sorted({fold.count for fold in judged.taken})
    took = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else f"{counts[0]}"
    seeds = f", mean of {len(judged.seeds)} seeds" if len(judged.seeds) > 1 else ""
    said = [
        f"Out-of-fold macro F1 of {judged.pieces:,} validation pieces{seeds}; the interval is a "
        "paired bootstrap by painting, and does not cover the chance of training.",
        f"Each fold learnt from {took} of the {judged.planned} works: from those not made of "
        "paintings that judge it.",
    ]
    if len(judged.by_seed) > 1:
        pairs = zip(judged.seeds, judged.by_seed, strict=True)
        each = ", ".join(f"{signed(value)} (seed {seed})" for seed, value in pairs)
        said.append(f"The difference with each seed: {each}.")
    return said


def overall_rows(judged: JudgedSet) -> list[tuple[str, ...]]:
    return [(name, *_figures(gain)) for name, gain in _sums(judged)]


def artist_rows(judged: JudgedSet) -> list[tuple[str, ...]]:
    return [
        (
            one.artist, f"{one.paintings}", f"{one.works}" if one.works else "",
            f"{one.taken:.1f}" if one.works else "", *_figures(one.gain),
        )
        for one in judged.artists
    ]  # fmt: skip


def gains_figure(judged: JudgedSet, name: str) -> Drawn:
    """The difference that the set makes, with its interval: of the sums, and of each artist who
    was given works."""
    given = [(label(one.artist), one.gain) for one in judged.artists if one.works][:_SHOWN]
    rows = [*_sums(judged), *given]
    with style():
        figure = new_figure(0.75 + 0.23 * len(rows))
        axes = bare(figure.add_subplot(), keep=("bottom",))
        axes.axvline(0, color=INK, linewidth=0.8)
        for place, (_, gain) in enumerate(rows):
            colour, found = _COLOURS[gain.outcome], gain.difference
            axes.plot([found.low, found.high], [place, place], color=colour, linewidth=2.2)
            axes.plot(found.value, place, "o", color=colour, markersize=5)
        axes.axhline(len(rows) - len(given) - 0.5, color=LINE, linewidth=0.8)
        axes.set_yticks(range(len(rows)), [row for row, _ in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.grid(axis="x")
        axes.set_xlabel("F1 with the set less F1 without it")
    moving = [row for row, gain in given if gain.outcome != "not more than noise"]
    return Drawn(
        name,
        "What it does to each artist",
        f"F1 with the set less F1 without it, with its interval. Over all artists "
        f"{signed(judged.all_artists.difference.value)}. Of "
        f"{counted(len(given), 'artist')} given works {len(moving)} moved by more than noise"
        + (f": {', '.join(moving)}." if moving else "."),
        "A dot is the difference of F1, a line its 95 % interval. Grey: the interval holds 0, so "
        "that chance alone may have done it.",
        figure,
    )


def _sums(judged: JudgedSet) -> list[tuple[str, Gain]]:
    given = sum(one.works > 0 for one in judged.artists)
    return [
        (name, gain)
        for name, gain in (
            ("all artists", judged.all_artists),
            (f"the {given} given works", judged.given),
            (f"the other {len(judged.artists) - given}", judged.others),
        )
        if gain is not None
    ]


def _figures(gain: Gain) -> tuple[str, ...]:
    outcome = "" if gain.outcome == "not more than noise" else gain.outcome
    return (
        f"{gain.without:.4f}", f"{gain.with_set:.4f}", signed(gain.difference.value),
        moved(gain.difference), outcome,
    )  # fmt: skip
