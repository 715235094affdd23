"""Whether a set helps: a recipe trained without it and with it, fold by fold, and what came of it.

A finished run is never trained again: it is the arm without the set as it stands.
"""

from __future__ import annotations

from shlex import join
from typing import TYPE_CHECKING

from artcli.errors import ArtcliError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from artcli.contest.generated.records import GeneratedSet
    from artcli.contest.splits import Folds
    from artcli.contest.tables import Contest
    from artcli.host.discovery import Host
    from artcli.predicting.folder import Kept
    from artcli.training.recipe import Recipe
    from artcli.workspace.paths import Workspace


def judge(
    workspace: Workspace,
    host: Host,
    name: str,
    source: str | None,
    *,
    seeds: int,
    executor: str | None,
    device: str,
    workers: int | None,
    json: bool,
) -> None:
    """Train what both arms lack, judge the set `name` with the run or recipe `source`, and say so.

    Errors: whatever can be known to be wrong before anything is trained; as `kfold.train`.
    """
    from artcli import console
    from artcli.commands.augment_style.verdict import show
    from artcli.commands.kfold import refuse_other_settings, train
    from artcli.contest.generated.neighbours import find_neighbours
    from artcli.contest.splits import load_or_make_folds
    from artcli.contest.tables import read_contest
    from artcli.host.kinds import KINDS
    from artcli.predicting.set_judging import judge_set, judged_file, read_judged
    from artcli.reporting.generated.sheet import write_sheet
    from artcli.training.generated import open_sets
    from artcli.training.seeds import seeded
    from artcli.workspace.files import write_sealed

    runner = host.bind("executor", str(KINDS["executor"].default) if executor is None else executor)
    contest = read_contest(workspace)
    for notice in contest.notices:
        console.note(notice)
    (found,) = open_sets(workspace, contest, [name])
    run, recipe = _without(workspace, host, name, source)
    folds = load_or_make_folds(workspace, contest, recipe.folds)
    _refuse_nothing_taken(found, folds)
    more = recipe.model_copy(update={"generated": (*recipe.generated, name)})
    without, with_set = seeded(run, recipe, seeds), seeded(f"{run}+{name}", more, seeds)
    pairs = [one for pair in zip(without, with_set, strict=True) for one in pair]
    refuse_other_settings(workspace, pairs)
    _refuse_other_data(workspace, contest, folds, name, pairs)
    again = ["artcli", "augment-style", "--judge", name, "--recipe", str(source)]
    again += ["--seeds", str(seeds)] * (seeds > 1)
    train(
        workspace, contest, pairs, runner(),
        device=device, workers=workers, again=join(again) + workspace.flag,
    )  # fmt: skip
    judged = judge_set(
        contest, found, folds,
        recipe=run, seeds=[recipe.seed for _, recipe in without],
        without=[_kept(workspace, run) for run, _ in without],
        with_set=[_kept(workspace, run) for run, _ in with_set],
    )  # fmt: skip
    path = judged_file(workspace, name, run)
    write_sealed(path, judged.document())
    if not json:
        show(judged, workspace)
    sheet = write_sheet(
        workspace, contest, found, find_neighbours(workspace, contest, found),
        read_judged(workspace, found),
    )  # fmt: skip
    if json:
        console.print_json({**judged.document(), "kept": path, "sheet": sheet})
        return
    for what, place in (("Kept ", path), *(("Sheet", one) for one in sheet)):
        console.out().print(f"{what}  {console.safe(place)}")


def _without(workspace: Workspace, host: Host, name: str, source: str | None) -> tuple[str, Recipe]:
    """The run without the set and its recipe: the run `source` itself, or one to be trained by the
    recipe `source`, called like it."""
    from pathlib import Path

    from artcli.training.components import recipe_from_flags
    from artcli.training.named import find_recipe

    if source is None:
        raise UsageError(
            f"--judge {name} needs a recipe to train with and without it",
            "name a run of artcli kfold, which is not trained again, a named recipe or a file: "
            "--recipe RUN",
        )
    recipe = find_recipe(host, workspace, source)
    if name in recipe.generated:
        raise UsageError(
            f"--recipe {source} learns from {name} already", "name the recipe without the set"
        )
    path = Path(source)
    if len(path.parts) == 1 and (workspace.checkpoints / source / "recipe.toml").is_file():
        return source, recipe
    return path.name.removesuffix(".toml"), recipe_from_flags(host, {}, recipe)[0]


def _refuse_nothing_taken(found: GeneratedSet, folds: Folds) -> None:
    from artcli.predicting.set_judging import taken_works

    if not any(fold.count for fold in taken_works(found, folds)):
        raise ArtcliError(
            f"none of the {folds.k} folds may learn from any work of {found.name}: each work was "
            "made of paintings that the fold holds out",
            f"the set was made for {found.facts.folds} folds: name a recipe that has as many"
            if found.facts.folds != folds.k
            else "the folds have changed since: make another set",
        )


def _refuse_other_data(
    workspace: Workspace,
    contest: Contest,
    folds: Folds,
    name: str,
    runs: Sequence[tuple[str, Recipe]],
) -> None:
    """`ArtcliError` when folds that are there were trained on other paintings or other works."""
    from artcli.training.generated import open_sets
    from artcli.training.record import refuse_other_data
    from artcli.training.split import split_paintings

    for run, recipe in runs:
        sets = open_sets(workspace, contest, recipe.generated)
        for fold in map(str, range(recipe.folds)):
            facts = split_paintings(contest, folds, fold, sets).facts
            try:
                refuse_other_data(workspace.run_dir(run) / f"fold-{fold}", contest.artists, facts)
            except ArtcliError as error:
                if name in recipe.generated:  # else it is a run of the user's own
                    again = f"artcli runs remove {run}{workspace.flag}, then the same command"
                    error.hint = f"judge anew: {again}"
                raise


def _kept(workspace: Workspace, run: str) -> Kept:
    from artcli.predicting.folder import read_kept

    kept = read_kept(workspace, run)
    assert kept is not None  # its folds have been predicted
    return kept
