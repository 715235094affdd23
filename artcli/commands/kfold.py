"""Train every fold of a run, so that each painting is judged by a model that has not seen it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artcli.commands.going_on import going_on
from artcli.commands.options import (
    AutoBatchOption,
    DeviceOption,
    FromRecipeOption,
    JsonOption,
    WorkersOption,
    WorkspaceOption,
)
from artcli.commands.recipe_options import with_recipe_options
from artcli.errors import ArtcliError, Interrupted, Problems, UsageError

if TYPE_CHECKING:
    from artcli.contest.tables import Contest
    from artcli.host.discovery import Host
    from artcli.training.recipe import Recipe
    from artcli.workspace.paths import Workspace


@with_recipe_options
def command(
    given: dict[str, Any],
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The run's name; of a run that was stopped, with the same settings, the folds "
            "that it lacks are trained [default: MODEL-1, -2, …].",
        ),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Train the folds that this run lacks, by its own recipe."),
    ] = None,
    recipe: FromRecipeOption = None,
    seeds: Annotated[
        int,
        typer.Option(
            min=1,
            max=1000,
            help="Train with so many seeds: the runs NAME, NAME-s1, NAME-s2, ….",
        ),
    ] = 1,
    executor: Annotated[
        str | None,
        typer.Option(
            metavar="SPEC",
            help="Who runs the folds: serial, processes, ray or a plugin's [default: serial].",
        ),
    ] = None,
    auto_batch: AutoBatchOption = False,
    device: DeviceOption = "auto",
    workers: WorkersOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Train every fold of a run, so that each painting is judged by a model that has not seen it.

    The out-of-fold F1 covers all paintings; the test is predicted by every fold's model, and
    submit averages them. A finished fold is never trained again, a stopped one goes on where it
    was. Folds may run side by side, on several GPUs or machines: --executor processes, or ray.
    """
    from artcli import console
    from artcli.contest.splits import load_or_make_folds
    from artcli.contest.tables import read_contest
    from artcli.host.discovery import load_host
    from artcli.host.kinds import KINDS
    from artcli.training.recipe import read_recipe
    from artcli.workspace.paths import find_workspace

    if int(os.environ.get("WORLD_SIZE", 1)) > 1:
        raise UsageError(
            "kfold starts its processes itself", "call it without torchrun: --executor processes"
        )
    found = find_workspace(workspace)
    host = load_host(found)
    runner = host.bind("executor", str(KINDS["executor"].default) if executor is None else executor)
    if auto_batch and runner.text != "serial":
        raise UsageError(
            "--auto-batch is for folds trained one after the other: all must have the same batches",
            "leave out --executor",
        )
    runs = (
        _resumed(found, resume, seeds, {**given, "name": name, "recipe": recipe})
        if resume is not None
        else _new(found, host, name, recipe, given, seeds)
    )
    unnamed = name is None and resume is None
    if not unnamed:
        refuse_other_settings(found, runs)
    contest = read_contest(found)
    for notice in contest.notices:
        console.note(notice)
    load_or_make_folds(found, contest, runs[0][1].folds)
    runs = train(
        found, contest, runs, runner(),
        device=device, workers=workers, auto_batch=auto_batch, unnamed=unnamed,
    )  # fmt: skip
    if auto_batch:
        runs = [(run, read_recipe(found.run_dir(run) / "recipe.toml")) for run, _ in runs]
    document = measured(found, contest, runs)
    if json:
        console.print_json(document)
    else:
        show(document, found, contest)


def _new(
    workspace: Workspace,
    host: Host,
    name: str | None,
    source: str | None,
    given: dict[str, Any],
    seeds: int,
) -> list[tuple[str, Recipe]]:
    from artcli.training.components import recipe_from_flags
    from artcli.training.named import find_recipe
    from artcli.training.seeds import seeded

    base = None if source is None else find_recipe(host, workspace, source)
    recipe, _ = recipe_from_flags(host, given, base)
    return _unused(workspace, recipe, seeds) if name is None else seeded(name, recipe, seeds)


def _unused(workspace: Workspace, recipe: Recipe, seeds: int) -> list[tuple[str, Recipe]]:
    from artcli.training.seeds import seeded
    from artcli.workspace.runs import free_name

    return seeded(free_name(workspace, recipe.model.partition(":")[0]), recipe, seeds)


def _resumed(
    workspace: Workspace, run: str, seeds: int, others: dict[str, Any]
) -> list[tuple[str, Recipe]]:
    from artcli.training.recipe import flag_of, read_recipe
    from artcli.training.seeds import seeded
    from artcli.workspace.runs import read_run

    if extra := [name for name, value in others.items() if value is not None]:
        flags = ", ".join(map(flag_of, extra))
        raise UsageError(
            f"--resume goes on with the run's own recipe; it does not take {flags}",
            f"to train with other settings: artcli kfold --recipe {run} --name NAME …"
            f"{workspace.flag}",
        )
    read_run(workspace, run)
    return seeded(run, read_recipe(workspace.run_dir(run) / "recipe.toml"), seeds)


def refuse_other_settings(workspace: Workspace, runs: Sequence[tuple[str, Recipe]]) -> None:
    """`Problems` when a run that is there was trained otherwise, or was never trained here."""
    from artcli.training.recipe import read_recipe
    from artcli.workspace.runs import in_use, run_parts

    problems, hint = [], "choose another --name"
    for run, wanted in runs:
        path = workspace.run_dir(run) / "recipe.toml"
        if path.is_file():
            changes = wanted.changes_from(read_recipe(path))
            problems += [f"{run}: {change}" for change in changes]
            if changes:
                hint = f"{hint}, or go on as it was: artcli kfold --resume {run}{workspace.flag}"
        elif run_parts(workspace, run):
            user = in_use(workspace, run)
            problems.append(f"{run}: it is there{user or ', and was not trained here'}")
    if problems:
        raise Problems("the settings are not those of the runs that there are", problems, hint)


def train(
    workspace: Workspace,
    contest: Contest,
    runs: list[tuple[str, Recipe]],
    executor: Any,
    *,
    device: str = "auto",
    workers: int | None = None,
    again: str | None = None,
    auto_batch: bool = False,
    unnamed: bool = False,
) -> list[tuple[str, Recipe]]:
    """Train and predict the folds that `runs` lack; `again` is the command that goes on with it.
    Returns the runs: those that are `unnamed` get names that are still free.

    Errors: a fold's, once those beside it have ended; `Interrupted`, with everything saved.
    """
    from artcli import console
    from artcli.predicting.fold_jobs import fold_jobs
    from artcli.workspace.runs import hold_all_folds

    def tell(job: Any, metrics: dict[str, Any]) -> None:
        console.success(f"{job.name}: crop F1 {metrics['f1']:.4f}")

    def claim() -> list[str]:
        nonlocal runs
        if unnamed:  # another may have taken the name meanwhile
            runs = _unused(workspace, runs[0][1], len(runs))
        refuse_other_settings(workspace, runs)
        return [run for run, _ in runs]

    def way_on() -> str:
        """Nothing where nothing had begun."""
        first = runs[0][0]
        if not (workspace.run_dir(first) / "recipe.toml").is_file():
            return ""
        more = f" --seeds {len(runs)}" if len(runs) > 1 else ""
        return f"go on with: {again or f'artcli kfold --resume {first}{more}{workspace.flag}'}"

    def hint() -> str:
        return way_on() or "nothing had begun: call it again"

    try:
        with going_on(hint, over=True), hold_all_folds(workspace, claim):
            jobs = []
            for run, recipe in runs:
                lacking = fold_jobs(
                    workspace, contest, run, recipe,
                    device=device, workers=workers, auto_batch=auto_batch,
                )  # fmt: skip
                to_train = {job.arguments["fold"] for job in lacking}
                if done := [n for n in map(str, range(recipe.folds)) if n not in to_train]:
                    console.note(f"{run}: fold {', '.join(done)} is there already")
                jobs += lacking
            executor.run(jobs, tell)
    except ArtcliError as error:
        if not isinstance(error, Interrupted) and (on := way_on()):
            error.hint = "; then ".join(filter(None, [error.hint, on]))
        raise
    return runs


def measured(
    workspace: Workspace, contest: Contest, runs: Sequence[tuple[str, Recipe]]
) -> dict[str, Any]:
    """What came of it as a document: of each run its folds and its out-of-fold scores; of several
    seeds also the scores of the mean of their probabilities."""
    from artcli.predicting.exam import line_up
    from artcli.predicting.folder import read_kept
    from artcli.predicting.scores import oof_scores
    from artcli.workspace.runs import read_run

    kept = [found for run, _ in runs if (found := read_kept(workspace, run)) and found.oof]
    if len(kept) < len(runs):
        raise ArtcliError(
            "the folds have changed since the run was trained, so nothing is said out of fold",
            "train a new run: artcli kfold --name NAME …",
        )
    of_runs = [
        {
            "run": run,
            "recipe": recipe.model_dump(mode="json"),
            "folds": {fold.label: dict(fold.metrics) for fold in read_run(workspace, run).folds},
            "out_of_fold": oof_scores(found.oof, contest),
            "predictions": workspace.predictions_dir(run),
        }
        for (run, recipe), found in zip(runs, kept, strict=True)
    ]
    together = None
    if len(kept) > 1:
        lineup = line_up(contest, kept)
        together = asdict(lineup.exam.score(lineup.oof.mean(0).argmax(1)))
    return {"runs": of_runs, "mean_of_seeds": together}


def show(document: dict[str, Any], workspace: Workspace, contest: Contest) -> None:
    """The table of folds, that a person reads, and what may come next."""
    from artcli import console

    out = console.out()
    columns = [
        "Fold", ">Train\nloss", ">Val.\nloss", ">Crop\nF1", ">95 %\ninterval", ">Whole\nF1",
        ">Best\nepoch", ">Time",
    ]  # fmt: skip
    names = [one["run"] for one in document["runs"]]
    for one in document["runs"]:
        rows = [_row(label, fold) for label, fold in one["folds"].items()]
        scores = one["out_of_fold"]
        rows.append(
            (
                "out of fold", "", "", f"{scores['f1']:.4f}",
                _interval(scores), f"{scores['whole_f1']:.4f}",
                "", console.duration(sum(f.get("seconds", 0) for f in one["folds"].values())),
            )
        )  # fmt: skip
        out.print(console.figures(console.safe(one["run"]), columns, rows))
    if (mean := document["mean_of_seeds"]) is not None:
        out.print(
            f"The mean of the {len(names)} seeds' probabilities: out-of-fold crop F1 "
            f"[bold]{mean['value']:.4f}[/] (95 % interval {mean['low']:.3f} to {mean['high']:.3f})"
        )
    place = console.safe(workspace.flag)
    if len(names) > 1:
        out.print(f"Next: [bold]artcli ensemble {console.safe(' '.join(names))}{place}[/]")
    elif contest.test:
        out.print(
            f"Next: [bold]artcli tta {console.safe(names[0])}{place}[/]  or  "
            f"[bold]artcli submit {console.safe(names[0])}{place}[/]"
        )


def _row(label: str, fold: dict[str, Any]) -> tuple[str, ...]:
    from artcli import console

    figures = [
        f"{fold[figure]:.{digits}f}" if figure in fold else ""
        for figure, digits in (("train_loss", 4), ("validation_loss", 4), ("f1", 4))
    ]
    whole = f"{fold['whole_f1']:.4f}" if "whole_f1" in fold else ""
    best = f"{fold['best_epoch']:.0f} of {fold['epochs']:.0f}" if "best_epoch" in fold else ""
    return (label, *figures, _interval(fold), whole, best, console.duration(fold.get("seconds", 0)))


def _interval(scores: dict[str, Any]) -> str:
    from artcli.reporting.figures import interval

    return interval(scores["f1_low"], scores["f1_high"]) if "f1_low" in scores else ""
