"""What judging a set says: its tables, the verdict and what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artcli import console
from artcli.reporting.figures import moved, signed

if TYPE_CHECKING:
    from artcli.predicting.set_judging import ArtistGain, Gain, JudgedSet
    from artcli.workspace.paths import Workspace

MOST = 10  # artists without new works in the table


def show(judged: JudgedSet, workspace: Workspace) -> None:
    """The tables that a person reads, the verdict and what follows from it."""
    out = console.out()
    given, told = _given(judged), _told(judged)
    seeds = f", mean of {len(judged.seeds)} seeds" if len(judged.seeds) > 1 else ""
    figures = [">Without", ">With", ">Differ-\nence", ">95 %\ninterval", "Set"]
    out.print(
        console.figures(
            f"Crop F1 of {console.safe(judged.recipe)} without and with "
            f"{console.safe(judged.name)}{seeds}",
            ["Macro F1 of", *figures],
            [
                (what, *_figures(gain))
                for what, gain in (
                    (f"all {len(judged.artists)} artists", judged.all_artists),
                    (f"those given works ({given})", judged.given),
                    (f"the others ({len(judged.artists) - given})", judged.others),
                )
                if gain is not None
            ],
        )
    )
    out.print(
        console.figures(
            "Artists given works" + (", and others that moved" if len(told) > given else ""),
            ["Artist", ">Works", *figures],
            [
                (
                    one.artist,
                    f"{one.paintings} + {one.works}" if one.works else f"{one.paintings}",
                    *_figures(one.gain),
                )
                for one in told
            ],
        )
    )
    if len(judged.by_seed) > 1:
        pairs = zip(judged.seeds, judged.by_seed, strict=True)
        out.print(
            "The difference with each seed: "
            + ", ".join(f"{signed(value)} (seed {seed})" for seed, value in pairs)
        )
    out.print(_remarks(judged), style="dim", soft_wrap=False)
    whole = judged.all_artists.difference
    out.print(f"[bold]{console.safe(judged.verdict)}[/] ({signed(whole.value)}, {moved(whole)}).")
    out.print(console.safe(_advice(judged, workspace)))


def _given(judged: JudgedSet) -> int:
    return sum(one.works > 0 for one in judged.artists)


def _remarks(judged: JudgedSet) -> str:
    counts = sorted({fold.count for fold in judged.taken})
    took = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    by_chance = round(len(judged.artists) * 0.05)
    return (
        f"Each fold learnt from {took} of the {judged.planned} works: from those not made of "
        "paintings that judge it. Intervals are paired bootstraps by painting and do not cover the "
        f"chance of training; of {len(judged.artists)} artists, {by_chance} may seem to move by "
        "chance alone."
    )


def _told(judged: JudgedSet) -> list[ArtistGain]:
    """The artists with new works, and of the others those that moved by more than noise."""
    others = [
        one for one in judged.artists if not one.works and one.gain.outcome != "not more than noise"
    ]
    others.sort(key=lambda one: -abs(one.gain.difference.value))
    return [*(one for one in judged.artists if one.works), *others[:MOST]]


def _figures(gain: Gain) -> tuple[str, ...]:
    outcome = "" if gain.outcome == "not more than noise" else gain.outcome
    return (
        f"{gain.without:.3f}", f"{gain.with_set:.3f}", signed(gain.difference.value),
        moved(gain.difference), outcome,
    )  # fmt: skip


def _advice(judged: JudgedSet, workspace: Workspace) -> str:
    better, worse = (len(judged.artists_that(outcome)) for outcome in ("helps", "harms"))
    of_given = f"Of the artists given works ({_given(judged)}) it helps {better} and harms {worse}."
    outcome = judged.all_artists.outcome
    if outcome == "helps":
        return f"{of_given} Train with it: artcli train --with {judged.name}{workspace.flag}"
    if outcome == "harms":
        return f"{of_given} Train without it."
    more = f"--seeds {len(judged.seeds) + 2}"
    return f"{of_given} Train without it, or look closer: more seeds ({more}) lessen the noise."
