"""The whole road on a painted sample contest: paint, train, submit, score, in a few minutes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artcli.commands.options import JsonOption
from artcli.errors import ArtcliError

if TYPE_CHECKING:
    from artcli.workspace.paths import Workspace

RUN = "demo"
RECIPE: dict[str, Any] = {
    "model": "timm:arch=resnet10t,pretrained=false",
    "image_size": 96,
    "sampler": "log",
    "epochs": 8,
    "optimizer": "adamw:lr=0.003",
    "head_lr": 1.0,
}


def command(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The workspace to make, or to use again.")
    ] = Path("artcli-demo"),
    json: JsonOption = False,
) -> None:
    """Go the whole road on a painted sample contest: paint, train, submit, score.

    Takes under three minutes on two cores and downloads nothing. Run again, it paints nothing
    anew and trains another run.
    """
    from artcli import console
    from artcli.commands import score, submit, train
    from artcli.contest.score import score_submission
    from artcli.contest.tables import read_contest
    from artcli.host.discovery import load_host
    from artcli.predicting.predict import predict_fold
    from artcli.training.recipe import make_recipe
    from artcli.training.run import run_fold
    from artcli.workspace.runs import free_name

    _step(1, "Paint a sample contest", f"artcli init {folder} --sample")
    workspace = _painted(folder)
    contest = read_contest(workspace)
    run = free_name(workspace, RUN)
    recipe = make_recipe(RECIPE)
    host = load_host(workspace)

    flags = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in RECIPE.items())
    _step(2, "Train a small model from scratch", f"artcli train -w {folder} --name {run} {flags}")
    result = run_fold(workspace, host, contest, recipe, run, "0")
    predictions = predict_fold(workspace, host, contest, run, "0")
    if not json:
        train.show(result, predictions, workspace, contest)

    _step(3, "Write a submission", f"artcli submit -w {folder} {run}")
    made, chosen, why = submit.submit(workspace, contest, run)
    if not json:
        submit.show(made, chosen, why, workspace, contest)

    _step(4, "Score it against the answers", f"artcli score -w {folder} {made.path.name}")
    scored = score_submission(made.path, workspace.solution_csv, contest.artists)
    if json:
        console.print_json(
            {
                "workspace": workspace.root,
                "run": run,
                "submission": made.path,
                "validation_f1": result.metrics["f1"],
                "public": scored.public,
                "private": scored.private,
            }
        )
        return
    score.show(scored, made.path, weakest=3)
    console.out().print("What to try next:")
    for words, why in (
        (f"train -w {folder} --recipe {run} --epochs 30", "longer pays here"),
        (f"train -w {folder} --recipe {run} --mixer cutmix --loss focal", "other choices"),
        (f"runs -w {folder}", "compare runs"),
        (f"predict {run} -w {folder} PICTURE", "name the painter of any picture"),
        ("plugins", "what else there is; plugins new starts your own"),
        ("init DIR --from CONTEST_DIR", "a real contest"),
    ):
        console.out().print(f"  artcli {words}", markup=False)
        console.out().print(f"      {why}", style="dim", markup=False)


def _step(number: int, what: str, command_line: str) -> None:
    from artcli import console

    console.err().print(f"\n[bold]{number}/4 {what}[/]")
    console.note(f"$ {command_line}")


def _painted(folder: Path) -> Workspace:
    """The workspace at `folder` with a sample contest in it, which is painted if need be."""
    from artcli.contest.sample import paint_contest
    from artcli.workspace.make import has_data, make_workspace
    from artcli.workspace.paths import SETTINGS_NAME, Workspace

    workspace = Workspace(folder.resolve())
    if not (folder / SETTINGS_NAME).is_file() or not has_data(workspace):
        return make_workspace(folder, paint_contest)
    if not workspace.solution_csv.is_file():
        raise ArtcliError(
            f"{folder} holds a contest of its own", "name another folder: artcli demo DIR"
        )
    return workspace
