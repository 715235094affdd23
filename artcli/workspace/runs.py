"""The runs on disk: what each was told, how far each fold came and what it scored.

`checkpoints/RUN/` comes in; `RunRecord`s go out. Only JSON and TOML are read, so listing is quick,
and damage in one run is told as its state (with the reason) and never hides another run.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from artcli.errors import ArtcliError
from artcli.workspace.files import read_json, remove_tree, require_seal, unsealed
from artcli.workspace.locks import hold, is_held, told_holder
from artcli.workspace.paths import Workspace, checked_name

State = Literal["finished", "running", "stopped", "damaged"]
ALL = "all"  # the label of a fold trained on all paintings, which has no validation
HISTORY = "history.jsonl"
_LOCK = "lock-"  # and the label of the fold that is written
_EVERY = "every"  # in the place of that label: of who has them all trained
_LABEL = re.compile(r"fold-(\d+|all)")


@dataclass(frozen=True)
class FoldRecord:
    """One fold of a run.

    `metrics` are those of its result or, before it has one, of its best epoch so far (its last
    without validation): `train_loss`, `validation_loss`, `f1`, `f1_low`, `f1_high`, `whole_f1`, …;
    `epochs` and `seconds` (of training alone) are what it has been through; `checkpoint` is the
    folder of its best step, "" when there is none yet; `reason` says what is damaged.
    """

    label: str
    state: State
    epochs: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    checkpoint: str = ""
    reason: str = ""


@dataclass(frozen=True)
class RunRecord:
    """A run: its recipe as saved, the rest of `run.json` in `facts`, and its folds in order."""

    name: str
    created: str
    recipe: Mapping[str, Any]
    folds: tuple[FoldRecord, ...]
    state: State
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    def mean(self, metric: str) -> float:
        """The mean of a metric over the folds that have it; NaN when none has."""
        values = [fold.metrics[metric] for fold in self.folds if metric in fold.metrics]
        known = [value for value in values if not math.isnan(value)]
        return sum(known) / len(known) if known else math.nan

    @property
    def seconds(self) -> float:
        return sum(fold.seconds for fold in self.folds)

    def fold(self, label: str) -> FoldRecord | None:
        return next((fold for fold in self.folds if fold.label == label), None)


def list_runs(workspace: Workspace) -> tuple[RunRecord, ...]:
    """All runs, oldest first; those that cannot be read too, as "damaged"."""
    if not workspace.checkpoints.is_dir():
        return ()
    folders = [path for path in workspace.checkpoints.iterdir() if path.is_dir()]
    runs = [_read(path) for path in folders if not path.name.startswith(".") and _begun(path)]
    return tuple(sorted(runs, key=lambda run: (run.created, run.name)))


def read_run(workspace: Workspace, name: str) -> RunRecord:
    """The run of this name. Errors: `ArtcliError`, with the nearest names, when there is none."""
    folder = workspace.run_dir(name)
    if _begun(folder):
        return _read(folder)
    names = [run.name for run in list_runs(workspace)]
    if near := get_close_matches(name, names, n=3):
        hint = f"did you mean {' or '.join(near)}?"
    else:
        train = f"train one with: artcli train{workspace.flag}"
        hint = "artcli runs lists them" if names else train
    raise ArtcliError(f"there is no run {name!r}", hint)


def read_history(fold: Path) -> list[dict[str, Any]]:
    """One mapping for each epoch in a fold's folder, in order; damaged lines are left out."""
    try:
        lines = (fold / HISTORY).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [found for line in lines if (found := _line(line))]


def run_parts(workspace: Workspace, name: str) -> list[Path]:
    """The folders that belong to a run (or to imported predictions) and exist."""
    run, predictions = workspace.run_dir(name), workspace.predictions_dir(name)
    return [*([run] if _begun(run) else []), *([predictions] if predictions.is_dir() else [])]


def free_name(workspace: Workspace, stem: str) -> str:
    """`stem-1`, or the next number that names no run yet."""
    names = (f"{stem}-{number}" for number in itertools.count(1))
    return next(name for name in names if not run_parts(workspace, name))


def remove_run(workspace: Workspace, name: str) -> list[Path]:
    """Remove the checkpoints and predictions of a run; the folders that went.

    Errors: `ArtcliError` when there is neither, or when the run is in use.
    """
    _require_parts(workspace, name)  # before any lock is made
    with _hold_names(workspace):
        parts = _require_parts(workspace, name)  # another may have been quicker
        with hold_folds(workspace, name), hold_predictions(workspace, name):
            for folder in reversed(parts):  # the checkpoints last: predictions can be made again
                remove_tree(folder)
    return parts


def _require_parts(workspace: Workspace, name: str) -> list[Path]:
    parts = run_parts(workspace, name)
    if not parts:
        read_run(workspace, name)  # says that there is none, and what there is
    return parts


def in_use(workspace: Workspace, name: str) -> str:
    """`, in use by another process (pid …)` where one works on a fold of the run, else nothing."""
    held = [path for path in _locks(workspace.run_dir(name)) if is_held(path)]
    return f", in use by {told_holder(held[0])}" if held else ""


def lock_path(workspace: Workspace, name: str, fold: str) -> Path:
    """The lock that whoever writes into this fold of the run holds; other folds may be written."""
    return workspace.run_dir(name) / f"{_LOCK}{fold}"


@contextmanager
def hold_fold(workspace: Workspace, run: str | Callable[[], str], fold: str) -> Iterator[str]:
    """Hold a fold of a run while it is trained and predicted; yields the run's name.

    `run` as a function says the name, or raises, while nobody else can take one: of a new run,
    one that is still free. Errors: `ArtcliError` when the fold is in use.
    """
    with ExitStack() as lock:
        with _hold_names(workspace):
            name = run if isinstance(run, str) else run()
            lock.enter_context(_hold(workspace, name, fold))
        yield name


@contextmanager
def hold_all_folds(workspace: Workspace, claim: Callable[[], Sequence[str]]) -> Iterator[None]:
    """Be the one that has all folds of runs trained; it holds none of them. `claim` says which
    runs, or raises, while nobody else can begin. Errors: `ArtcliError` when another does."""
    with ExitStack() as locks:
        with _hold_names(workspace):
            for name in claim():
                locks.enter_context(_hold(workspace, name, _EVERY))
        yield


@contextmanager
def hold_predictions(workspace: Workspace, name: str) -> Iterator[None]:
    """Hold the predictions of a run, or of this name; whoever comes second waits."""
    lock = workspace.predictions / ".locks" / checked_name(name)
    with hold(lock, f"the predictions of {name}", wait=True):
        yield


@contextmanager
def _hold_names(workspace: Workspace) -> Iterator[None]:
    """Hold the names of runs: a run is begun, or goes, as a whole."""
    with hold(workspace.checkpoints / ".lock", "the list of runs", wait=True):
        yield


@contextmanager
def hold_folds(workspace: Workspace, name: str) -> Iterator[None]:
    """Hold every fold of the run that there is. Errors: `ArtcliError` when one is in use."""
    folder = workspace.run_dir(name)
    labels = {path.name.removeprefix(_LOCK) for path in _locks(folder)} | set(_labels(folder))
    with ExitStack() as locks:
        for label in sorted(labels):
            locks.enter_context(_hold(workspace, name, label))
        yield


def _hold(workspace: Workspace, name: str, label: str) -> AbstractContextManager[None]:
    what = "the folds" if label == _EVERY else f"fold {label}"
    return hold(lock_path(workspace, name, label), f"{what} of the run {name}")


def _begun(folder: Path) -> bool:
    """Whether a run lies in `folder`, not merely the lock of one that failed before it began."""
    if not folder.is_dir():
        return False
    if any(not path.name.startswith((_LOCK, ".")) for path in folder.iterdir()):
        return True
    return any(map(is_held, _locks(folder)))


def _locks(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{_LOCK}*"))


def _labels(folder: Path) -> list[str]:
    """Of the folds that were begun, in order."""
    if not folder.is_dir():
        return []
    found = [found[1] for path in folder.iterdir() if (found := _LABEL.fullmatch(path.name))]
    return sorted(found, key=_order)


def _read(folder: Path) -> RunRecord:
    faults: list[str] = []
    facts = _mapping(folder / "run.json", faults)
    recipe = _recipe(folder / "recipe.toml", faults)
    folds = [_read_fold(folder / f"fold-{label}", label) for label in _labels(folder)]
    faults += [f"fold {fold.label}: {fold.reason}" for fold in folds if fold.reason]
    state: State
    if not faults and folds and all(fold.state == "finished" for fold in folds):
        state = "finished"
    elif held := {path.name.removeprefix(_LOCK) for path in _locks(folder) if is_held(path)}:
        state, faults = "running", []  # it may be half-way through its very first files
        folds = [_running(fold) if fold.label in held else fold for fold in folds]
    else:
        state = "damaged" if faults else "stopped"
    return RunRecord(
        folder.name, str(facts.get("created", "")), recipe, tuple(folds), state,
        "; ".join(faults), facts,
    )  # fmt: skip


def _order(label: str) -> tuple[bool, int]:
    return label == ALL, int(label) if label != ALL else 0


def _read_fold(folder: Path, label: str) -> FoldRecord:
    faults: list[str] = []
    history = read_history(folder)
    finished = (folder / "result.json").exists()
    result = _mapping(folder / "result.json", faults) if finished else {}
    best = next((line for line in reversed(history) if line.get("best")), None)
    last = result or (history[-1] if history else {})
    metrics = _numbers(result or best or last)
    epochs = last.get("epochs", last.get("epoch", 0))
    return FoldRecord(
        label,
        "damaged" if faults else "finished" if finished else "stopped",
        epochs if isinstance(epochs, int) else len(history),
        metrics,
        _numbers(last).get("seconds", 0.0),
        _checkpoint(folder),
        "; ".join(faults),
    )


def _running(fold: FoldRecord) -> FoldRecord:
    return fold if fold.state == "finished" else replace(fold, state="running", reason="")


def _checkpoint(folder: Path) -> str:
    step = _mapping(folder / "best.json", []).get("step")
    return f"step-{step}" if (folder / f"step-{step}").is_dir() else ""


def _mapping(path: Path, faults: list[str]) -> dict[str, Any]:
    """The JSON object at `path`; an empty one, with a line in `faults`, when there is none."""
    try:
        found = read_json(path)
    except ArtcliError as error:
        missing = isinstance(error.__cause__, FileNotFoundError)
        faults.append(f"{path.name} {'is missing' if missing else 'cannot be read'}")
        return {}
    if not isinstance(found, dict):
        faults.append(f"{path.name} does not hold what it should")
        return {}
    return found


def _recipe(path: Path, faults: list[str]) -> dict[str, Any]:
    try:
        data = path.read_bytes()
        require_seal(path, data)
        return tomllib.loads(data.decode())
    except FileNotFoundError:
        faults.append(f"{path.name} is missing")
    except ArtcliError:
        faults.append(f"{path.name} is not the file that was written (its seal differs)")
    except (OSError, ValueError):  # of which TOML's and Unicode's errors are kinds
        faults.append(f"{path.name} cannot be read")
    return {}


def _line(text: str) -> dict[str, Any]:
    try:
        found = unsealed(json.loads(text))
    except ValueError:  # damaged, or the last line of a run that was killed as it wrote it
        return {}
    return found if isinstance(found, dict) else {}


def _numbers(found: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in found.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
