"""SIGKILL at any moment of `train`: what is resumed ends with the bits of an undisturbed run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch._dynamo  # imported before any fork: it starts threads
from command_line import artcli
from painted import MODEL, linked_copy, painted_workspace
from run_endings import run_ending

from artcli.training import checkpoint, run
from artcli.workspace.files import sha256_file, sync_file
from artcli.workspace.paths import Workspace

RECIPE = (
    "--model", MODEL, "--head", "layernorm:dropout=0.3", "--mixer", "cutmix", "--sampler", "log",
    "--epochs", "6", "--crops", "1", "--batch-size", "8", "--image-size", "32", "--folds", "4",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)  # forked children cannot use the threads of their parent


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with pixels and folds made, by a run that also warms this process up."""
    workspace = painted_workspace(tmp_path_factory.mktemp("killed") / "fresh", each=6, pieces=4)
    _train(workspace)
    shutil.rmtree(workspace.run_dir("x"))
    shutil.rmtree(workspace.predictions_dir("x"))
    return workspace


@pytest.fixture(scope="module")
def undisturbed(fresh: Workspace, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, float]:
    """What the whole run ends with, and the seconds that it takes."""
    workspace = linked_copy(fresh, tmp_path_factory.mktemp("killed") / "whole")
    started = time.perf_counter()
    assert _in_a_child(lambda: _train(workspace)) == 0
    return run_ending(workspace), time.perf_counter() - started


def test_a_run_killed_at_random_moments(
    fresh: Workspace,
    undisturbed: tuple[Any, float],
    trials: Callable[[int, int], int],
    seed: int,
    shows: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, seconds = undisturbed
    kills, in_saves = [0], [0]

    def why(number: int, place: str, whole: Mapping[str, Any], *, in_place: bool = False) -> str:
        """What is wrong with the end of a run that is killed again and again, up to three times."""
        workspace = linked_copy(fresh, tmp_path / place)
        rng = np.random.default_rng((seed, number))
        killed, ended = 0, 1
        while ended:
            until, patience = _never, 60.0
            if in_place:
                dies_after = int(rng.integers(1, 30)) if killed < 3 else 0
                monkeypatch.setattr(run, "save_checkpoint", _SaveInPlace(dies_after))
            elif killed < 3 and rng.random() < 0.5:
                until, patience = _saving, rng.uniform(0, 0.01)
            elif killed < 3:
                patience = rng.uniform(0, seconds)
            ended = _in_a_child(lambda: _go_on(workspace), until, workspace, patience)
            if ended == -signal.SIGKILL:
                killed += 1
                in_saves[0] += _saving(workspace)
            if ended not in {0, -signal.SIGKILL}:
                return f"trial {number}: after {killed} kills it ended with {ended}"
        kills[0] += killed
        ending = run_ending(workspace)
        shutil.rmtree(workspace.root)
        other = [name for name in whole | ending if ending.get(name) != whole.get(name)]
        return f"trial {number}: other {other} after {killed} kills" if other else ""

    count = trials(3, 200)
    broken = [said for number in range(count) if (said := why(number, f"safe-{number}", whole))]
    total, in_save = kills[0], in_saves[0]
    assert total >= count, f"{total} kills in {count} trials"
    assert in_save >= max(1, count // 10), f"{in_save} of {total} kills were in a save"
    monkeypatch.setattr(run, "save_checkpoint", _SaveInPlace(0))
    unsafe = linked_copy(fresh, tmp_path / "in-place")
    assert _in_a_child(lambda: _train(unsafe)) == 0
    end, control = run_ending(unsafe), trials(4, 50)
    lost = sum(bool(why(n, f"in-place-{n}", end, in_place=True)) for n in range(control))
    shows(
        "killed",
        "train, resumed after each of up to three kills",
        trials=count,
        broken=broken,
        without="each save goes over the one before, in place; all kills are in a save",
        control=(control, lost),
        figures=f"{total:,} kills; after {in_save:,} of them a file or folder lay half written",
    )


def _go_on(workspace: Workspace) -> None:
    """What a user does: the same command, or what it says where the run is there already."""
    if (workspace.run_dir("x") / "recipe.toml").exists():
        answer = artcli("train", "-w", workspace.root, "--resume", "x", "--workers", "0")
        assert answer.code == 0 or "nothing to resume" in answer.err, answer.err
    else:
        _train(workspace)


def _train(workspace: Workspace) -> None:
    answer = artcli("train", "-w", workspace.root, "--name", "x", *RECIPE, "--workers", "0")
    assert answer.code == 0, answer.err


def _never(_workspace: Workspace) -> bool:
    return True


def _saving(workspace: Workspace) -> bool:
    """Whether a save is under way, or was when it was killed: a file or folder is half made."""
    fold = workspace.run_dir("x") / "fold-0"
    try:
        return any(there.name.endswith(".part") for there in fold.iterdir())
    except FileNotFoundError:
        return False


def _in_a_child(
    work: Callable[[], object],
    until: Callable[[Workspace], bool] = _never,
    workspace: Workspace | None = None,
    patience: float = 60.0,
) -> int:
    """The exit status of a forked process that does `work`; -9 where it was killed, `patience`
    seconds after `until` was so."""
    child = os.fork()
    if child == 0:
        done = 1
        try:
            work()
            done = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(done)
    for _ in _moments():
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if workspace is None or until(workspace):
            break
    end = time.perf_counter() + patience
    while time.perf_counter() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.0005)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _moments() -> Iterator[None]:
    while True:
        yield
        time.sleep(0.0005)


class _SaveInPlace:
    """`save_checkpoint` with every file opened where it stays, and flushed; the process is killed
    after its file number `dies_after`, over all saves."""

    def __init__(self, dies_after: int) -> None:
        self.dies_after, self.files = dies_after, 0

    def __call__(
        self,
        folder: Path,
        _step: int,
        epoch: int,
        parts: Mapping[str, Any],
        *,
        best: bool = False,
        **_judged: bool,
    ) -> Path:
        place = folder / "step-1"
        place.mkdir(parents=True, exist_ok=True)
        state: dict[str, Any] = {"format": checkpoint.FORMAT, "parts": {}}
        for name, tree in parts.items():
            tensors: dict[str, torch.Tensor] = {}
            state["parts"][name] = checkpoint._pack(tree, name, tensors)
            if tensors:
                checkpoint.save_file(tensors, place / f"{name}.safetensors")
                self._done(place / f"{name}.safetensors")
        self._write(place / "state.json", state)
        names = [file.name for file in place.iterdir() if file.name != "sha256.json"]
        self._write(place / "sha256.json", {name: sha256_file(place / name) for name in names})
        for name in ("last", "best") if best else ("last",):
            self._write(folder / f"{name}.json", {"step": 1, "epoch": epoch})
        return place

    def _write(self, path: Path, value: Any) -> None:
        path.write_text(json.dumps(value))
        self._done(path)

    def _done(self, path: Path) -> None:
        sync_file(path)
        self.files += 1
        if self.files == self.dies_after:
            os.kill(os.getpid(), signal.SIGKILL)
