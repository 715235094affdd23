"""Runs as tables for people: the list, a recipe (whole or in short), a fold's epochs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from artcli.predicting.candidates import Candidate
    from artcli.workspace.runs import FoldRecord, RunRecord

WIDE = 120  # characters; a narrower terminal has no room for the recipes beside the numbers
HEAD_LOSSES = {"forced_loss": "Forced loss", "auxiliary_loss": "Head's loss"}  # that some have
_FOLDERS = re.compile(r"[^=,()]*/")  # of a path in an option: its last part says enough


def metric_of(run: Candidate, name: str) -> float:
    """A figure of the out-of-fold predictions or, before there are any and of the losses, its mean
    over the folds of a run; NaN when there is none.
    """
    otherwise = run.record.mean(name) if run.record else math.nan
    return run.scores.get(name, otherwise)


def show_list(runs: Sequence[Candidate]) -> None:
    """One row for each run; on a narrow terminal the recipes have a table of their own.

    The recipe of a result is what it is made of.
    """
    from artcli import console
    from artcli.predicting.made_by import members

    out = console.out()
    recipes = [
        recipe_in_short(run.record.recipe) if run.record else " + ".join(members(run.made_by))
        for run in runs
    ]
    columns = [
        "Run", ">Train\nloss", ">Val.\nloss", ">Crop\nF1", ">95 %\ninterval", ">Whole\nF1",
        ">Epochs", ">Time", "State",
    ]  # fmt: skip
    rows = [_row(run) for run in runs]
    if wide := out.width >= WIDE:
        columns.insert(1, "Recipe")
        rows = [[row[0], recipe, *row[1:]] for row, recipe in zip(rows, recipes, strict=True)]
    out.print(console.figures("", columns, rows))
    if not wide:
        names = [run.name for run in runs]
        out.print(console.table("", ["Run", "Recipe"], zip(names, recipes, strict=True)))


def _row(run: Candidate) -> list[str]:
    from artcli import console

    return [
        run.name,
        _number(metric_of(run, "train_loss"), 3),
        _number(metric_of(run, "validation_loss"), 3),
        _number(metric_of(run, "f1"), 4),
        _interval(run),
        _number(metric_of(run, "whole_f1"), 4),
        _epochs(run.record) if run.record else "",
        console.duration(run.record.seconds) if run.record else "",
        run.state,
    ]


def show_recipe(record: RunRecord) -> None:
    from artcli import console

    rows = [(name, _listed(value)) for name, value in record.recipe.items()]
    console.out().print(console.table("Recipe", ["Setting", "Value"], rows))


def show_works(works: Mapping[str, Mapping[str, int]]) -> None:
    """How many works of each generated set each fold has learnt."""
    from artcli import console

    names = list(dict.fromkeys(name for learnt in works.values() for name in learnt))
    rows = [(fold, *(learnt.get(name, 0) for name in names)) for fold, learnt in works.items()]
    columns = ["Fold", *(f">{name}" for name in names)]
    console.out().print(console.table("Generated works learnt", columns, rows))


def show_made_by(result: Candidate, runs: Sequence[Candidate]) -> None:
    """What a result is made of, each with its score as far as it is still there, and how.

    What its command measured is for that command's own report, and for `--json`.
    """
    from artcli import console
    from artcli.predicting.made_by import members

    by_name, out = {run.name: run for run in runs}, console.out()
    parts = []
    for name in members(result.made_by):
        run = by_name.get(name)
        score = (_number(run.f1, 4), _interval(run), run.state) if run else ("", "", "removed")
        parts.append((name, *score))
    out.print(console.table("Made of", ["Run", ">Crop F1", ">95 % interval", "State"], parts))
    rows = [
        (name, _told(value))
        for name, value in result.made_by.items()
        if name != "of" and value not in (None, [], {}) and not _is_nested(value)
    ]
    out.print(console.table("Made by", ["Setting", "Value"], rows))


def show_history(fold: FoldRecord, history: Sequence[Mapping[str, Any]]) -> None:
    from artcli import console

    def number(line: Mapping[str, Any], name: str, digits: int) -> str:
        value = line.get(name)
        return _number(value, digits) if isinstance(value, int | float) else ""

    apart = [name for name in HEAD_LOSSES if any(name in line for line in history)]
    rows = [
        (
            line.get("epoch", ""),
            number(line, "train_loss", 3),
            *(number(line, name, 3) for name in apart),
            number(line, "validation_loss", 3),
            number(line, "f1", 4),
            number(line, "whole_f1", 4),
            number(line, "images_per_second", 0),
            "best" if fold.checkpoint == f"step-{line.get('step')}" else "",
        )
        for line in history
    ]
    columns = [
        ">Epoch", ">Train loss", *(f">{HEAD_LOSSES[name]}" for name in apart), ">Val. loss",
        ">Crop F1", ">Whole F1", ">Pictures/s", "",
    ]  # fmt: skip
    console.out().print(console.table(f"Fold {fold.label} ({fold.state})", columns, rows))


def recipe_in_short(recipe: Mapping[str, Any]) -> str:
    """The model, and what else differs from the defaults: `timm · focal · log · cutmix`."""
    from artcli.errors import ArtcliError
    from artcli.host.kinds import KINDS
    from artcli.training.recipe import make_recipe

    try:
        changed = make_recipe(recipe).changed()
    except ArtcliError:  # written by another version: as it stands
        changed = dict(recipe)
    settings = {"model": recipe.get("model", "?")} | changed
    settings.pop("epochs", None)  # they have a column of their own
    return " · ".join(
        _FOLDERS.sub("", str(value)) if name in KINDS else f"{name}={_listed(value)}"
        for name, value in settings.items()
    )


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _told(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_told(one)}" for name, one in value.items())
    return f"{value:.4f}" if isinstance(value, float) else _listed(value)


def _is_nested(value: Any) -> bool:
    """Whether a table has no room for it: a mapping or a list of others."""
    parts = value.values() if isinstance(value, Mapping) else value
    within = parts if isinstance(value, Mapping | list | tuple) else ()
    return any(isinstance(part, Mapping | list | tuple) for part in within)


def _interval(run: Candidate) -> str:
    from artcli.reporting.figures import interval

    return interval(metric_of(run, "f1_low"), metric_of(run, "f1_high"))


def _number(value: float, digits: int) -> str:
    return "" if math.isnan(value) else f"{value:.{digits}f}"


def _epochs(record: RunRecord) -> str:
    """`12`, or for several folds `5 x 12`, or `9 + 12` where they differ."""
    epochs = [fold.epochs for fold in record.folds]
    if len(set(epochs)) == 1 and len(epochs) > 1:
        return f"{len(epochs)} x {epochs[0]}"
    return " + ".join(map(str, epochs))
