"""`artcli runs --compare A B`: two runs side by side, as tables or as one JSON document."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from artcli import console
from artcli.errors import ArtcliError, UsageError
from artcli.predicting.candidates import find_candidate, list_candidates
from artcli.predicting.comparing import Compared, compare
from artcli.predicting.exam import line_up, on_common_folds
from artcli.predicting.folder import fold_label, read_kept
from artcli.predicting.made_by import listed, way_back
from artcli.reporting.figures import interval, moved, signed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from artcli.predicting.folder import Kept
    from artcli.workspace.paths import Workspace

MOST = 10  # rows of a table
SIDES = ("first", "second")


def show_comparison(workspace: Workspace, first: str, second: str, *, json: bool) -> None:
    """Compare two runs or results by name, on the folds that both have."""
    from artcli.contest.tables import read_contest

    if first == second:
        raise UsageError(f"--compare {first} {second}: that is one run", "name two")
    runs = [_kept(workspace, name) for name in (first, second)]
    found = compare(line_up(read_contest(workspace), on_common_folds(runs)))
    apart = _folds_apart(runs, found)
    if json:
        console.print_json(_document(found, apart))
    else:
        _show(found, apart)


def _kept(workspace: Workspace, name: str) -> Kept:
    candidate = find_candidate(list_candidates(workspace), name)
    kept = read_kept(workspace, name)
    if kept is None:
        again = way_back(name, {"made_by": candidate.made_by}, workspace.flag)
        raise ArtcliError(f"{name} has no predictions yet ({candidate.state})", again)
    return kept


def _folds_apart(runs: Sequence[Kept], found: Compared) -> list[list[str]]:
    """The folds of each run that the other one lacks."""
    return [
        [fold_label(fold) for fold in run.oof.fold_numbers if fold not in found.folds]
        if run.oof
        else []
        for run in runs
    ]


def _document(found: Compared, apart: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Never keyed by the runs' names, which may be those of other entries."""
    return {
        "runs": found.names,
        "folds": [fold_label(fold) for fold in found.folds],
        "folds_left_out": dict(zip(SIDES, apart, strict=True)),
        "f1": {side: asdict(f1) for side, f1 in zip(SIDES, found.f1, strict=True)},
        "difference": asdict(found.difference),
        "more_than_noise": found.more_than_noise,
        "verdict": found.verdict,
        "pieces": {
            "all": found.pieces,
            "both": found.both,
            "only_first": found.only_first,
            "only_second": found.only_second,
            "neither": found.neither,
        },
        "artists": [{**asdict(one), "difference": one.difference} for one in found.artists],
        "paintings": [
            {**asdict(one), "first": dict(one.first), "second": dict(one.second)}
            for one in found.paintings
        ],
    }


def _show(found: Compared, apart: Sequence[Sequence[str]]) -> None:
    first, second = found.names
    out = console.out()
    folds = [fold_label(fold) for fold in found.folds]
    for name, left_out in zip(found.names, apart, strict=True):
        if left_out:
            console.note(f"{name} has fold {listed(left_out)}, too, which the other one has not")
    table = console.table(
        f"{found.pieces:,} pieces of fold{'s' * (len(folds) != 1)} {listed(folds)}",
        ["Run", ">Crop F1", ">95 % interval"],
        [
            *(
                (name, f"{f1.value:.4f}", interval(f1.low, f1.high))
                for name, f1 in zip(found.names, found.f1, strict=True)
            ),
            (
                f"{first} less {second}",
                signed(found.difference.value),
                moved(found.difference),
            ),
        ],
    )
    out.print(table)
    out.print(f"The difference is {console.safe(found.verdict)}.")
    out.print(
        "Its interval is a paired bootstrap by painting; it does not cover the chance of training.",
        style="dim", soft_wrap=False,
    )  # fmt: skip
    out.print(
        console.table(
            "Pieces named right by",
            [">both", f">{first} alone", f">{second} alone", ">neither"],
            [(found.both, found.only_first, found.only_second, found.neither)],
        )
    )
    out.print(
        console.table(
            f"Artists that differ most, of {len(found.artists)}",
            ["Artist", f">{first}", f">{second}", ">Difference", ">Pieces"],
            [
                (
                    one.artist,
                    f"{one.first:.3f}",
                    f"{one.second:.3f}",
                    signed(one.difference),
                    one.pieces,
                )
                for one in found.artists[:MOST]
                if one.difference
            ],
        )
    )
    if found.paintings:
        out.print(
            console.table(
                f"Paintings that differ most, of {len(found.paintings):,}",
                ["Painting", "Artist", first, second],
                [
                    (one.id, one.artist, _said(one.first), _said(one.second))
                    for one in found.paintings[:MOST]
                ],
            )
        )


def _said(named: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{artist} {pieces}" for artist, pieces in named)
