"""What a run writes about itself: its recipe, what made it, each epoch's scores, and the outcome.

`artcli.workspace.runs` reads these files without importing torch.
"""

from __future__ import annotations

import errno
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from artcli import __version__, console
from artcli.errors import ArtcliError
from artcli.workspace.files import (
    explained,
    read_json,
    sealed,
    sync_folder,
    write_sealed,
    write_text,
)
from artcli.workspace.runs import HISTORY, read_history

if TYPE_CHECKING:
    from pathlib import Path

    from artcli.host.records import Classes
    from artcli.training.components import Components
    from artcli.training.loop import Cursor, Plan
    from artcli.training.recipe import Recipe

SPLIT = "split.json"
_LIBRARIES = ("torch", "torchvision", "timm", "albumentations", "lightning-fabric", "numpy")


def describe_run(
    folder: Path,
    run: str,
    recipe: Recipe,
    components: Components,
    classes: Classes,
    image_size: int,
    asked: Recipe | None = None,
) -> None:
    """recipe.toml and run.json, written when the run starts; what differs from the recipe that
    was `asked` for, since memory was short, stands in run.json."""
    if (folder / "run.json").exists():
        return
    recipe.save(folder / "recipe.toml")
    write_sealed(
        folder / "run.json",
        {
            "name": run,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "artcli": __version__,
            "versions": {"python": platform.python_version(), **library_versions()},
            "plugins": components.used(),
            "classes": asdict(classes),
            "image_size": image_size,
            **({"asked": _sizes(asked)} if asked and asked != recipe else {}),
        },
    )


def _sizes(recipe: Recipe) -> dict[str, int]:
    return {"batch_size": recipe.batch_size, "accumulate": recipe.accumulate}


def describe_split(fold: Path, facts: Mapping[str, Any]) -> None:
    """Which paintings and works the fold trains on and which it holds out, written when it
    starts."""
    if not (fold / SPLIT).exists():
        write_sealed(fold / SPLIT, dict(facts))


def refuse_other_data(fold: Path, artists: Sequence[str], facts: Mapping[str, Any]) -> None:
    """`ArtcliError` when the run, or this fold of it, was begun with other artists, paintings or
    generated works.

    To go on would judge it on paintings that it has learnt, or name the wrong artists.
    """
    run = fold.parent
    hint = "train a new run on the data as they are"
    if (run / "run.json").exists():
        names = read_json(run / "run.json")["classes"]["names"]
        if names != list(artists):
            raise ArtcliError(f"the run {run.name} was begun with other artists", hint)
    kept = read_json(fold / SPLIT) if (fold / SPLIT).exists() else facts
    if kept != {name: fact for name, fact in facts.items() if name in kept or name != "folds"}:
        same_paintings = all(kept.get(side) == facts.get(side) for side in ("training", "held"))
        changed = "the generated works" if same_paintings else "train.csv or the folds"
        raise ArtcliError(
            f"{changed} have changed since {fold.name.replace('-', ' ')} of the run {run.name} "
            "began",
            hint,
        )
    folds = facts.get("folds")
    for other in sorted(run.glob(f"fold-*/{SPLIT}")) if folds else ():
        if read_json(other).get("folds", folds) != folds:
            raise ArtcliError(
                f"the folds have changed since {other.parent.name.replace('-', ' ')} of the run "
                f"{run.name} began",
                f"restore the folds file; or {hint}",
            )


def trained_on(fold: Path) -> frozenset[str]:
    """The ids of the paintings that the fold's model has learnt."""
    path = fold / SPLIT
    return frozenset(read_json(path)["training"]) if path.exists() else frozenset()


def works_learnt(fold: Path) -> dict[str, int]:
    """How many works of each generated set the fold's model has learnt."""
    path = fold / SPLIT
    taken = read_json(path).get("generated", {}) if path.exists() else {}
    return {name: len(works) for name, works in taken.items()}


def library_versions() -> dict[str, str]:
    """The versions of the libraries that decide a run's numbers."""
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def append_history(folder: Path, metrics: dict[str, Any]) -> None:
    """Add an epoch's metrics; before its checkpoint, so that none is ever without its line."""
    path = folder / HISTORY
    line = (json.dumps(sealed(metrics)) + "\n").encode()
    with explained(path, len(line)), path.open("ab", buffering=0) as file:
        start = file.tell()
        if file.write(line) < len(line):  # the disk became full in it
            file.truncate(start)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(file.fileno())
    sync_folder(folder)  # where the file is new


def cut_history(folder: Path, epochs: int) -> None:
    """Forget the epochs after those that are finished where the run goes on."""
    path = folder / HISTORY
    if path.exists():
        history = read_history(folder)
        if lost := len(path.read_bytes().splitlines()) - len(history):
            console.warn(f"{path} has {lost} damaged lines, which are left out")
        kept = [line for line in history if line.get("epoch") in range(1, epochs + 1)]
        write_text(path, "".join(json.dumps(sealed(line)) + "\n" for line in kept))
    elif path.is_symlink():  # to nowhere, yet: lines would be added there
        path.unlink()


def fold_result(folder: Path, cursor: Cursor, plan: Plan) -> dict[str, Any]:
    """The scores of the epoch whose weights were kept, and what the fold took."""
    history = read_history(folder)
    none: dict[str, Any] = {}
    best = next((line for line in reversed(history) if line["best"]), none)
    if best and best["epoch"] != read_json(folder / "best.json")["epoch"]:
        console.warn(f"{folder / HISTORY} is damaged: the scores of the best epoch are lost")
        best = none
    last = history[-1] if history else none
    return {
        **{name: value for name, value in best.items() if name not in {"epoch", "lr", "best"}},
        "epochs": cursor.epoch,
        "best_epoch": best.get("epoch", 0),
        "seconds": last.get("seconds", 0.0),
        "images_per_second": last.get("images_per_second", 0.0),
        "stopped_early": cursor.epoch < plan.epochs,
    }
