"""Runs as tables for people: the list, a recipe (whole or in short), a fold's epochs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from artcli.predicting.candidates import Candidate
    from artcli.workspace.runs import FoldRecord, RunRecord

_FOLDERS = re.compile(r"[^=,()]*/")  # of a path in an option: its last part says enough


def metric_of(run: Candidate, name: str) -> float:
    """A metric's mean over the folds of a run; NaN when there is none."""
    if name == "f1":
        return run.f1  # imported predictions have one too
    return run.record.mean(name) if run.record else math.nan


def show_list(runs: Sequence[Candidate]) -> None:
    from artcli import console

    columns = [
        "Run", "Recipe", ">Train loss", ">Val. loss", ">Crop F1", ">95 % interval", ">Whole F1",
        ">Epochs", ">Time", "State",
    ]  # fmt: skip
    rows = [
        (
            run.name,
            recipe_in_short(run.record.recipe) if run.record else "",
            _number(metric_of(run, "train_loss"), 3),
            _number(metric_of(run, "validation_loss"), 3),
            _number(run.f1, 4),
            _interval(run),
            _number(metric_of(run, "whole_f1"), 4),
            _epochs(run.record) if run.record else "",
            _duration(run.record.seconds) if run.record else "",
            run.state,
        )
        for run in runs
    ]
    console.out().print(console.table("", columns, rows))


def show_recipe(record: RunRecord) -> None:
    from artcli import console

    rows = [(name, _listed(value)) for name, value in record.recipe.items()]
    console.out().print(console.table("Recipe", ["Setting", "Value"], rows))


def show_history(fold: FoldRecord, history: Sequence[Mapping[str, Any]]) -> None:
    from artcli import console

    def number(line: Mapping[str, Any], name: str, digits: int) -> str:
        value = line.get(name)
        return _number(value, digits) if isinstance(value, int | float) else ""

    rows = [
        (
            line.get("epoch", ""),
            number(line, "train_loss", 3),
            number(line, "validation_loss", 3),
            number(line, "f1", 4),
            number(line, "whole_f1", 4),
            number(line, "images_per_second", 0),
            "best" if fold.checkpoint == f"step-{line.get('step')}" else "",
        )
        for line in history
    ]
    columns = [
        ">Epoch", ">Train loss", ">Val. loss", ">Crop F1", ">Whole F1", ">Pictures/s", "",
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


def _interval(run: Candidate) -> str:
    low, high = metric_of(run, "f1_low"), metric_of(run, "f1_high")
    return "" if math.isnan(low) or math.isnan(high) else f"{low:.3f} to {high:.3f}"


def _number(value: float, digits: int) -> str:
    return "" if math.isnan(value) else f"{value:.{digits}f}"


def _epochs(record: RunRecord) -> str:
    """`12`, or for several folds `5 x 12`, or `9 + 12` where they differ."""
    epochs = [fold.epochs for fold in record.folds]
    if len(set(epochs)) == 1 and len(epochs) > 1:
        return f"{len(epochs)} x {epochs[0]}"
    return " + ".join(map(str, epochs))


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
