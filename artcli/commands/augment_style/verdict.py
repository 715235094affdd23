"""What judging a set says: its tables, the verdict and what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artcli import console
from artcli.reporting.figures import moved, signed
from artcli.reporting.generated.judged import artist_rows, lines, overall_rows

if TYPE_CHECKING:
    from artcli.predicting.set_judging import ArtistGain, JudgedSet
    from artcli.workspace.paths import Workspace

MOST = 10  # artists without new works in the table
_FIGURES = (">Without", ">With", ">Differ-\nence", ">95 %\ninterval", "Set")


def show(judged: JudgedSet, workspace: Workspace) -> None:
    """The tables that a person reads, the verdict and what follows from it."""
    out = console.out()
    out.print(
        console.figures(
            f"Crop F1 of {console.safe(judged.recipe)} without and with "
            f"{console.safe(judged.name)}",
            ["Macro F1 of", *_FIGURES],
            overall_rows(judged),
        )
    )
    told = _told(judged)
    others = any(not one.works for one in told)
    figures = {row[0]: row[-len(_FIGURES) :] for row in artist_rows(judged)}
    out.print(
        console.figures(
            "Artists given works" + ", and others that moved" * others,
            ["Artist", ">Works", *_FIGURES],
            [(one.artist, _works(one), *figures[one.artist]) for one in told],
        )
    )
    by_chance = round(len(judged.artists) * 0.05)
    remarks = [
        *lines(judged),
        f"Of {len(judged.artists)} artists, {by_chance} may seem to move by chance alone.",
    ]
    out.print(" ".join(remarks), style="dim", soft_wrap=False)
    whole = judged.all_artists.difference
    out.print(f"[bold]{console.safe(judged.verdict)}[/] ({signed(whole.value)}, {moved(whole)}).")
    out.print(console.safe(_advice(judged, workspace)))


def _told(judged: JudgedSet) -> list[ArtistGain]:
    """The artists with new works, and of the others those that moved by more than noise."""
    others = [
        one for one in judged.artists if not one.works and one.gain.outcome != "not more than noise"
    ]
    others.sort(key=lambda one: -abs(one.gain.difference.value))
    return [*(one for one in judged.artists if one.works), *others[:MOST]]


def _works(one: ArtistGain) -> str:
    """`14 + 5`: the paintings and the new works."""
    return f"{one.paintings} + {one.works}" if one.works else f"{one.paintings}"


def _advice(judged: JudgedSet, workspace: Workspace) -> str:
    given = sum(one.works > 0 for one in judged.artists)
    better, worse = (len(judged.artists_that(outcome)) for outcome in ("helps", "harms"))
    of_given = f"Of the artists given works ({given}) it helps {better} and harms {worse}."
    outcome = judged.all_artists.outcome
    if outcome == "helps":
        return f"{of_given} Train with it: artcli train --with {judged.name}{workspace.flag}"
    if outcome == "harms":
        return f"{of_given} Train without it."
    more = f"--seeds {len(judged.seeds) + 2}"
    return f"{of_given} Train without it, or look closer: more seeds ({more}) lessen the noise."
