"""Power lost at any moment of saving: nothing unreadable is found, and nothing reported is lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from lost_power import log_of, states_after_crash, write_tree
from saved_states import a_contest, keep, state

from artcli.errors import ArtcliError
from artcli.predicting.folder import read_kept
from artcli.training import checkpoint
from artcli.training.checkpoint import find_checkpoint, load_checkpoint, save_checkpoint
from artcli.training.record import append_history
from artcli.workspace import files
from artcli.workspace.paths import Workspace
from artcli.workspace.runs import read_history

pytestmark = pytest.mark.skipif(
    shutil.which("strace") is None, reason="needs strace, to log file operations: make tools"
)


def test_checkpoints_and_their_history(
    shows: Callable[..., None],
    trials: Callable[[int, int], int],
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch.set_num_threads(1)

    def work(root: Path) -> None:
        fold = root / "checkpoints" / "x" / "fold-0"
        for step in (1, 2, 3):
            if step > 1:
                append_history(fold, {"step": step})
            save_checkpoint(fold, step, step, state(step), best=step != 2)
            (root / "done" / str(step)).mkdir()

    def check(root: Path, said: str) -> None:
        fold = root / "checkpoints" / "x" / "fold-0"
        for which in ("last", "best"):
            place = find_checkpoint(fold, which)  # type: ignore[arg-type]
            if place is None:
                assert not said, f"save {said} was reported and is lost"
                continue
            step = int(place.name.removeprefix("step-"))
            weight = load_checkpoint(place)["model"]["weight"]
            assert torch.equal(weight, torch.full((5, 7), float(step)))
            if which == "last":
                assert step >= int(said or 0), f"save {said} was reported, {step} is there"
                told = [line["step"] for line in read_history(fold)]
                assert told[: step - 1] == [*range(2, step + 1)], f"{told} is told of {step} steps"

    _show(shows, "three saves of a run", work, check, trials(0, 6), seed, tmp_path, monkeypatch)


def test_predictions(
    shows: Callable[..., None],
    trials: Callable[[int, int], int],
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contest = a_contest(tmp_path / "w")

    def work(root: Path) -> None:
        for fold in (0, 1, 2):
            keep(Workspace(root), contest, fold)
            (root / "done" / str(fold + 1)).mkdir()

    def check(root: Path, said: str) -> None:
        kept = read_kept(Workspace(root), "x")
        folds = len(kept.folds) if kept else 0
        assert folds >= int(said or 0), f"{said} folds were reported, {folds} are there"
        if kept is not None:
            assert kept.oof is not None
            assert kept.oof.fold_numbers == tuple(range(folds))

    what = "the predictions of three folds"
    _show(shows, what, work, check, trials(0, 6), seed, tmp_path, monkeypatch)


def _show(
    shows: Callable[..., None],
    what: str,
    work: Callable[[Path], None],
    check: Callable[[Path, str], None],
    each: int,
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count, broken, operations = _lost_everywhere(work, check, each, seed, tmp_path / "safe")
    tried, lost = 0, 0
    for name in ("sync_file", "sync_folder"):
        with monkeypatch.context() as patch:
            for module in (files, checkpoint):
                patch.setattr(module, name, lambda *_: None)
            unsafe = _lost_everywhere(work, check, each, seed, tmp_path / name)
        assert unsafe[1], f"nothing broke without {name}"
        tried, lost = tried + unsafe[0], lost + len(unsafe[1])
    shows(
        "power",
        what,
        trials=count,
        broken=broken,
        without="files are not flushed; or folders are not",
        control=(tried, lost),
        figures=f"after each of {operations} operations",
    )


def _lost_everywhere(
    work: Callable[[Path], None],
    check: Callable[[Path, str], None],
    each: int,
    seed: int,
    place: Path,
) -> tuple[int, list[str], int]:
    """`each` states after each operation, or one after some: how many were tried, what is wrong
    with those that `check` did not pass, and the number of operations."""
    rng = np.random.default_rng(seed)
    root, left = place / "root", place / "left"
    (root / "done").mkdir(parents=True)
    count, broken, operations = 0, [], 0
    for tree, said in log_of(lambda: work(root), root, place / "log"):
        operations += 1
        for found in states_after_crash(tree, rng, each or int(rng.random() < 0.3)):
            count += 1
            write_tree(found, left)
            try:
                check(left, said)
            except (ArtcliError, AssertionError) as error:
                broken.append(f"after {operations} operations: {error}")
            shutil.rmtree(left)
    return count, broken, operations
