"""The whole road on a painted sample contest: eda, train, kfold, tta, ensemble, submit, score."""

from __future__ import annotations

import io
from contextlib import nullcontext, redirect_stdout
from itertools import count
from json import loads
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artcli.commands.options import JsonOption
from artcli.errors import ArtcliError

if TYPE_CHECKING:
    from artcli.workspace.paths import Workspace

RECIPE = (
    "--model", "timm:arch=test_resnet,pretrained=false", "--image-size", "96", "--sampler", "log",
    "--optimizer", "adamw:lr=0.003", "--head-lr", "1.0", "--epochs", "8", "--folds", "3",
)  # fmt: skip
OTHER = ("--mixer", "cutmix", "--loss", "focal")


def command(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The workspace to make, or to use again.")
    ] = Path("artcli-demo"),
    json: JsonOption = False,
) -> None:
    """Go the whole road on a painted sample contest: from a look at the data to a score.

    Each step is a command that you can type yourself. Takes under five minutes on two cores and
    downloads nothing. Run again, it paints nothing anew and trains other runs.
    """
    from artcli import console
    from artcli.workspace.paths import Workspace

    workspace = Workspace(folder.resolve())
    painted, run = _is_painted(workspace), _free_name(workspace)
    steps, said = _steps(str(folder), run)[painted:], []
    for number, (what, words) in enumerate(steps, start=1):
        line = join(["artcli", *words])
        console.err().print(f"\n[bold]{number}/{len(steps)} {what}[/]")
        console.note(f"$ {line}")
        said.append({"command": line, "result": _called(context, words, json)})
    if json:
        console.print_json({"workspace": workspace.root, "run": run, "steps": said})
        return
    console.out().print("What to try next:")
    for tried, why in (
        (f"train -w {folder} --recipe {run} --epochs 30", "longer pays here"),
        (f"eda -w {folder}", "a second look, now that models can say which labels they doubt"),
        (f"runs -w {folder} --compare {run}-blend {run}", "what the ensemble changes"),
        (f"predict {run} -w {folder} PICTURE", "name the painter of any picture"),
        ("plugins", "what else there is; plugins new starts your own"),
        ("init DIR --from CONTEST_DIR", "a real contest"),
    ):
        console.out().print(f"  artcli {tried}", markup=False)
        console.out().print(f"      {why}", style="dim", markup=False)


def _steps(folder: str, run: str) -> list[tuple[str, list[str]]]:
    """What each step is for, and its command line."""
    here, mixed, views, blend = ["-w", folder], f"{run}-mixed", f"{run}-tta", f"{run}-blend"
    return [
        ("Paint a sample contest", ["init", folder, "--sample"]),
        ("Look at what there is, and whether anything is wrong with it", ["eda", *here]),
        (
            "Train a small model from scratch, judged on the paintings of one fold",
            ["train", *here, "--name", run, *RECIPE],
        ),
        (
            "Train its other folds, so that all paintings judge it",
            ["kfold", *here, "--resume", run],
        ),
        ("Look at the pieces mirrored, too", ["tta", *here, run, "--name", views]),
        (
            "Train every fold of another recipe",
            ["kfold", *here, "--name", mixed, "--recipe", run, *OTHER],
        ),
        (
            "Let them vote",
            ["ensemble", *here, run, views, mixed, "--voter", "greedy", "--name", blend],
        ),
        ("Write a submission of what is best", ["submit", *here, "--name", run]),
        ("Score it against the answers", ["score", *here, f"{run}.csv", "--weakest", "3"]),
    ]


def _called(context: typer.Context, words: list[str], json: bool) -> Any:
    """Call a command as if it were typed; with `json` the document that it prints."""
    root, printed = context.find_root(), io.StringIO()
    typed = [*["--debug"] * root.params["debug"], *words, *["--json"] * json]
    with redirect_stdout(printed) if json else nullcontext():
        code = root.command.main(typed, prog_name="artcli", standalone_mode=False)
    if code:  # what was wrong has been said
        raise typer.Exit(code)
    return loads(printed.getvalue()) if json else None


def _free_name(workspace: Workspace) -> str:
    """`demo-1`, or the next with which no step would meet a name that is taken."""
    from artcli.workspace.runs import run_parts

    def is_free(run: str) -> bool:
        given = [words for _, words in _steps("", run) if "--name" in words]
        names = [words[words.index("--name") + 1] for words in given]
        submitted = any((workspace.submissions / f"{name}.csv").exists() for name in names)
        return not submitted and not any(run_parts(workspace, name) for name in names)

    return next(run for number in count(1) if is_free(run := f"demo-{number}"))


def _is_painted(workspace: Workspace) -> bool:
    """Whether it has its data. Errors: those are of a contest that is no sample."""
    from artcli.workspace.make import has_data

    if not (workspace.settings_file.is_file() and has_data(workspace)):
        return False
    if not workspace.solution_csv.is_file():
        raise ArtcliError(
            f"{workspace.root} holds a contest of its own", "name another folder: artcli demo DIR"
        )
    return True
