"""A save killed at each of its system calls: what was saved before loads, or what is new does."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from saved_states import a_contest, keep, state
from traced import CALLS, run_traced

from artcli.errors import ArtcliError
from artcli.predicting.folder import read_kept
from artcli.training import checkpoint
from artcli.training.checkpoint import find_checkpoint, load_checkpoint, save_checkpoint
from artcli.workspace import files
from artcli.workspace.paths import Workspace

pytestmark = pytest.mark.skipif(
    shutil.which("strace") is None, reason="needs strace, to kill at a system call: make tools"
)


def test_a_checkpoint(shows: Callable[..., None], full: bool, tmp_path: Path) -> None:
    torch.set_num_threads(1)

    def before(folder: Path) -> None:
        save_checkpoint(folder, 1, 1, state(1), best=True)
        save_checkpoint(folder, 2, 2, state(2))

    def why(folder: Path) -> str:
        """What is wrong with the checkpoints that are found; both pointers must load."""
        try:
            for which, steps in (("last", {2, 3}), ("best", {1, 3})):
                place = find_checkpoint(folder, which)  # type: ignore[arg-type]
                assert place is not None, f"no {which}"
                step = int(place.name.removeprefix("step-"))
                found = load_checkpoint(place)
                assert step in steps, f"{which} is {step}"
                assert torch.equal(found["model"]["weight"], torch.full((5, 7), float(step)))
            save_checkpoint(folder, 4, 4, state(4), best=True)  # the next save is not hindered
            left = sorted(path.name for path in folder.iterdir())
            assert left == ["best.json", "last.json", "step-4"], f"{left} is left"
        except (ArtcliError, AssertionError) as error:
            return str(error)
        return ""

    def save(folder: Path) -> None:
        save_checkpoint(folder, 3, 3, state(3), best=True)

    every = 1 if full else 6
    count, broken = _killed_everywhere(tmp_path / "safe", before, save, why, every=every)
    tried, lost = _killed_everywhere(tmp_path / "unsafe", before, _save_in_place, why, every=every)
    shows(
        "save",
        "a checkpoint, the third of a run and the best",
        trials=count,
        broken=broken,
        without="each file is written where it stays, the pointers first",
        control=(tried, len(lost)),
    )


def test_a_folds_predictions(
    shows: Callable[..., None], full: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contest = a_contest(tmp_path / "w")

    def before(folder: Path) -> None:
        keep(Workspace(folder), contest, 0)

    def save(folder: Path) -> None:
        keep(Workspace(folder), contest, 1)

    def why(folder: Path) -> str:
        try:
            kept = read_kept(Workspace(folder), "x")
            assert kept is not None, "nothing is kept"
            assert kept.oof is not None, "nothing is kept out of fold"
            assert kept.oof.fold_numbers == tuple(range(len(kept.folds))), "other folds"
            assert "0" in kept.folds, "fold 0 is lost"
        except (ArtcliError, AssertionError) as error:
            return str(error)
        return ""

    few = 1 if full else 3
    count, broken = _killed_everywhere(tmp_path / "safe", before, save, why, every=few)
    monkeypatch.setattr("artcli.predicting.folder._is", lambda *_: False)
    tried, lost = _killed_everywhere(tmp_path / "unsafe", before, save, why, every=few)
    shows(
        "save",
        "the predictions of a fold, added to another's",
        trials=count,
        broken=broken,
        without="the former files are not looked for",
        control=(tried, len(lost)),
    )


def _killed_everywhere(
    place: Path,
    before: Callable[[Path], None],
    save: Callable[[Path], None],
    why: Callable[[Path], str],
    *,
    every: int,
) -> tuple[int, list[str]]:
    """How many kills there were, and what is wrong after each that broke something.

    `save` is killed at its system call number k, for each k (or for some: each `every`th).
    """
    calls, ended = 1, -signal.SIGKILL
    tried, broken = 0, []
    while ended == -signal.SIGKILL:
        folder = place / str(calls)
        folder.mkdir(parents=True)
        before(folder)
        ended = _killed_at(calls, save, folder)
        assert ended in {0, -signal.SIGKILL}
        tried += ended != 0
        if said := why(folder):
            broken.append(f"killed at call {calls}: {said}")
        shutil.rmtree(folder)
        calls += every
    assert tried * every > 10, "too few system calls for a save"
    return tried, broken


def _killed_at(call: int, save: Callable[[Path], None], folder: Path) -> int:
    """How `save` ends in a forked process that is killed as it makes its call number `call`."""
    inject = f"inject={CALLS}:signal=KILL:when={call}"
    words = ("-e", f"trace={CALLS}", "-e", inject, "-o", os.devnull)
    return run_traced(lambda: save(folder), *words)


def _save_in_place(folder: Path) -> None:
    """The third save with every file opened where it stays, and the pointers moved first."""
    place = folder / "step-3"
    place.mkdir()
    for name in ("last", "best"):
        (folder / f"{name}.json").write_text('{"step": 3, "epoch": 3}')
    told: dict[str, Any] = {"format": checkpoint.FORMAT, "parts": {}}
    for name, tree in state(3).items():
        tensors: dict[str, torch.Tensor] = {}
        told["parts"][name] = checkpoint._pack(tree, name, tensors)
        if tensors:
            checkpoint.save_file(tensors, place / f"{name}.safetensors")
    files.write_json(place / "state.json", told)
    sums = {file.name: files.sha256_file(file) for file in place.iterdir()}
    files.write_json(place / "sha256.json", sums)
