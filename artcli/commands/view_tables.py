"""What views are worth, as a table for people, and what may come next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from shlex import join
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from artcli.predicting.view_gains import Gain, Gains
    from artcli.workspace.paths import Workspace


def show_result(workspace: Workspace, document: Mapping[str, Any], gains: Gains | None) -> None:
    """One result of tta: what each view does to the score, and how to leave out what lowers it."""
    from artcli import console

    (source,), result = document["of"], document["result"]
    if gains is None:
        console.warn(f"no painting was held out from {source}: whether views help is not known")
    else:
        console.out().print(_table(source, gains, len(document["averaged"])))
    console.success(f"kept as {result}")
    if gains is None:
        return
    if document["left_out"]:
        console.note("views left out for what these very pieces say make the score a little kind")
    _tell_losses(workspace, document, gains)


def _table(title: str, gains: Gains, averaged: int) -> Any:
    from artcli import console

    rows: list[tuple[str, ...]] = [("plain", f"{gains.plain.value:.4f}", "", "", "", "")]
    for view, gain in gains.beside.items():
        rows.append((view, f"{gains.alone[view].value:.4f}", *_cells(gain)))
    if averaged > 1:
        rows.append((f"all {averaged}", "", *_cells(gains.mean)))
    columns = ["View", ">Crop F1\nalone", ">with\nplain", ">Gain", ">95 % interval", "Verdict"]
    name = f"{title}: views of {gains.pieces:,} validation pieces"
    return console.figures(console.safe(name), columns, rows)


def _cells(gain: Gain) -> tuple[str, ...]:
    from artcli.reporting.figures import moved, signed

    ahead = gain.difference
    return f"{gain.f1.value:.4f}", signed(ahead.value, 4), moved(ahead), gain.verdict


def _tell_losses(workspace: Workspace, document: Mapping[str, Any], gains: Gains) -> None:
    from artcli import console

    losing = [view for view in gains.losing if view in document["averaged"]]
    if losing:
        console.warn(
            "the plain look scores less when averaged with "
            + ", ".join(f"{view} ({gains.beside[view].verdict})" for view in losing)
        )
        left_out = [word for view in losing for word in ("--without", view)]
        rest = set(document["averaged"]) - {*losing, "plain"}
        again = ["tta", document["result"], *left_out] if rest else ["submit", document["run"]]
        console.note(f"without: {join(['artcli', *again])}{workspace.flag}")
    elif gains.mean.difference.value < 0:
        console.warn(f"the mean of all scores less than {document['run']} itself")


def show_next(workspace: Workspace, documents: Sequence[Mapping[str, Any]]) -> None:
    """Of several results their ensemble; of one its submission, or the run's where it is better."""
    from artcli import console

    if len(documents) > 1:
        words = ["ensemble", *(document["result"] for document in documents)]
    else:
        (document,) = documents
        measured = document["measured"]
        lower = measured is not None and measured["mean"]["difference"]["value"] < 0
        words = ["submit", document["run" if lower else "result"]]
    line = join(["artcli", *words]) + workspace.flag
    console.out().print(f"Next: [bold]{console.safe(line)}[/]")
