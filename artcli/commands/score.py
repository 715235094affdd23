"""Score a submission against a solution: macro F1 on the public and the private board."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from artcli.commands.options import JsonOption, WorkspaceOption
from artcli.errors import ArtcliError

if TYPE_CHECKING:
    from artcli.contest.score import Score
    from artcli.workspace.paths import Workspace


def command(
    submission: Annotated[
        Path,
        typer.Argument(
            metavar="SUBMISSION",
            help="A CSV file, or the name of one in the workspace's submissions.",
        ),
    ],
    solution: Annotated[
        Path | None,
        typer.Argument(
            metavar="SOLUTION",
            help="A CSV file id,artist,Usage [default: the workspace's solution.csv].",
        ),
    ] = None,
    weakest: Annotated[
        int, typer.Option(min=0, help="How many of the weakest artists to show.")
    ] = 5,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Score a submission against a solution: macro F1 on the public and the private board.

    The score is the mean F1 of the artists in the solution; the interval is a bootstrap over
    paintings (over pieces, if the solution has no column `painting`).
    """
    from dataclasses import asdict

    from artcli import console
    from artcli.contest.score import score_submission

    found = _workspace(workspace, needed=solution is None)
    path = _submission(submission, found)
    answers = solution or _own_solution(found)
    score = score_submission(path, answers, _artists(found))
    if json:
        console.print_json({"submission": path, "solution": answers, **asdict(score)})
    else:
        show(score, path, weakest)


def _workspace(option: Path | None, *, needed: bool) -> Workspace | None:
    from artcli.workspace.paths import find_workspace

    try:
        return find_workspace(option)
    except ArtcliError:
        if needed or option is not None:
            raise
        return None


def _submission(named: Path, workspace: Workspace | None) -> Path:
    """The file itself, or the one of this name in the workspace's submissions."""
    if named.exists() or workspace is None:
        return named
    kept = workspace.submissions / named.name
    for path in (kept, kept.with_name(f"{kept.name}.csv")):
        if len(named.parts) == 1 and path.is_file():
            return path
    return named


def _own_solution(workspace: Workspace | None) -> Path:
    assert workspace is not None  # a workspace was needed, since no solution was named
    if not workspace.solution_csv.is_file():
        raise ArtcliError(
            f"there is no {workspace.solution_csv.name} in {workspace.root}",
            "a real contest keeps its answers to itself; score a file of your own with: "
            "artcli score SUBMISSION SOLUTION",
        )
    return workspace.solution_csv


def _artists(workspace: Workspace | None) -> list[str]:
    """The artists of the workspace's contest, one of whom may have no piece in the solution."""
    from artcli.contest.csvfile import read_table

    if workspace is None:
        return []
    table = read_table(workspace.train_csv, ("artist",), [], optional=("id", "img_path"))
    return sorted({row["artist"] for row in table.rows}) if table else []


def show(score: Score, path: Path, weakest: int) -> None:
    from artcli import console

    console.out().print(
        console.table(
            f"Macro F1 of {console.safe(path.name)}",
            ["Board", ">Macro F1", ">95 % interval", ">Pieces", ">Paintings"],
            [
                (
                    name,
                    f"{board.f1:.4f}",
                    f"{board.low:.3f} to {board.high:.3f}",
                    f"{board.pieces:,}",
                    "?" if board.paintings is None else f"{board.paintings:,}",
                )
                for name, board in score.boards.items()
            ],
        )
    )
    if weakest:
        console.out().print(
            console.table(
                "Weakest artists",
                ["Artist", ">F1", ">Precision", ">Recall", ">Pieces", "Most often taken for"],
                [
                    (
                        artist.artist,
                        f"{artist.f1:.3f}",
                        f"{artist.precision:.3f}",
                        f"{artist.recall:.3f}",
                        artist.pieces,
                        artist.taken_for or "",
                    )
                    for artist in score.per_artist[:weakest]
                ],
            )
        )
