"""Run folders as training leaves them, without training: real TOML and JSON, weights if asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from artcli.workspace.paths import Workspace

if TYPE_CHECKING:
    from artcli.contest.tables import Contest
    from artcli.training.recipe import Recipe


def fake_run(
    workspace: Workspace,
    name: str,
    *,
    created: str = "2026-01-01T00:00:00+00:00",
    recipe: dict[str, Any] | None = None,
    **folds: float | None,
) -> Path:
    """A run of the folds `fold_0=0.61, fold_all=None, …`: its crop F1, None without validation."""
    folder = workspace.run_dir(name)
    folder.mkdir(parents=True)
    chosen = {"model": "timm:arch=local-dir:../weights/small.net", "epochs": 3, **(recipe or {})}
    (folder / "recipe.toml").write_text(tomli_w.dumps(chosen))
    about = {"name": name, "created": created, "versions": {"torch": "2.0"}, "plugins": []}
    (folder / "run.json").write_text(json.dumps(about))
    for label, f1 in folds.items():
        fake_fold(folder / label.replace("_", "-"), f1)
    return folder


def fake_fold(folder: Path, f1: float | None, *, epochs: int = 3, finished: bool = True) -> None:
    """The best epoch is the last but one; its F1 is `f1`."""
    best = epochs - 1 if f1 is not None else epochs
    lines = [_line(epoch, best, f1) for epoch in range(1, epochs + 1)]
    folder.mkdir(parents=True)
    (folder / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / f"step-{10 * best}").mkdir()
    pointer = {"step": 10 * best, "epoch": best}
    (folder / "best.json").write_text(json.dumps(pointer))
    (folder / "last.json").write_text(json.dumps({"step": 10 * epochs, "epoch": epochs}))
    if finished:
        kept = {
            key: value for key, value in lines[best - 1].items() if key not in ("epoch", "best")
        }
        result = {"epochs": epochs, "best_epoch": best, "stopped_early": False, "seconds": 61.0}
        (folder / "result.json").write_text(json.dumps(kept | result))


def _line(epoch: int, best: int, f1: float | None) -> dict[str, Any]:
    line: dict[str, Any] = {"epoch": epoch, "step": 10 * epoch, "train_loss": 2.0 / epoch}
    if f1 is not None:
        score = f1 - 0.1 * abs(epoch - best)
        line |= {"validation_loss": 1.5, "f1": score, "f1_low": score - 0.05}
        line |= {"f1_high": score + 0.05, "whole_f1": score + 0.1}
    return {**line, "seconds": 20.0 * epoch, "images_per_second": 80.0, "best": epoch <= best}


def untrained_run(
    workspace: Workspace, contest: Contest, recipe: Recipe, name: str, folds: Sequence[str] = ("0",)
) -> None:
    """A run whose checkpoints hold the weights that training would begin with; a fold's seed is
    its place in `folds`.
    """
    import torch

    from artcli.host.discovery import load_host
    from artcli.training.checkpoint import save_checkpoint
    from artcli.training.components import bind_recipe
    from artcli.training.record import describe_run
    from artcli.training.trained import build_model

    components = bind_recipe(load_host(workspace), recipe)
    folder = workspace.run_dir(name)
    classes = contest.classes()
    for seed, label in enumerate(folds):
        torch.manual_seed(seed)
        state = build_model(components, recipe, classes).state_dict()
        save_checkpoint(
            folder / f"fold-{label}", 1, 1, {"model": state, "average": state}, best=True
        )
    assert recipe.image_size is not None
    describe_run(folder, name, recipe, components, classes, recipe.image_size)
