"""Power lost at any moment of saving: nothing unreadable is found, and nothing reported is lost."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from generated_sets import Made, keep_set
from lost_power import log_of, states_after_crash, write_tree
from painted import small_recipe
from saved_states import a_contest, keep, state

from artcli.contest import splits
from artcli.contest.generated.store import list_sets, read_set
from artcli.errors import ArtcliError
from artcli.host.discovery import load_host
from artcli.host.trust import CONFIG_VARIABLE, approve, is_approved
from artcli.predicting.folder import read_kept
from artcli.predicting.submission import write_submission
from artcli.training import checkpoint
from artcli.training.checkpoint import find_checkpoint, load_checkpoint, save_checkpoint
from artcli.training.components import bind_recipe
from artcli.training.record import append_history, describe_run, describe_split, trained_on
from artcli.workspace import files
from artcli.workspace.paths import Workspace
from artcli.workspace.runs import read_history, read_run
from artcli.workspace.settings import Settings, read_settings, write_settings

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
    contest, recipe = a_contest(tmp_path / "w"), small_recipe(image_size=32)
    components = bind_recipe(load_host(Workspace(tmp_path / "w")), recipe)
    folds = splits.Folds(4, {one.id: n % 4 for n, one in enumerate(contest.train)})
    learnt = ["1", "2"]

    def work(root: Path) -> None:
        fold = root / "checkpoints" / "x" / "fold-0"
        splits._write(Workspace(root).folds_file(4), folds)
        describe_run(fold.parent, "x", recipe, components, contest.classes(), 32)
        describe_split(fold, {"training": learnt, "held": ["3"]})
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
                assert (run := read_run(Workspace(root), "x")).state != "damaged", run.reason
                assert trained_on(fold) == set(learnt)
                file = Workspace(root).folds_file(4)
                lines = file.read_text().splitlines() if file.exists() else []
                assert len(lines) == 1 + len(contest.train), "no folds"

    what = "the folds, the records and three saves of a run"
    _show(shows, what, work, check, trials(0, 6), seed, tmp_path, monkeypatch)


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


def test_what_else_is_told_to_be_saved(
    shows: Callable[..., None],
    trials: Callable[[int, int], int],
    seed: int,
    full: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not full:
        pytest.skip("takes too long for make test; make faults has it")
    own = Workspace(tmp_path / "w")
    contest = a_contest(own.root)
    keep(own, contest, 0)
    kept = read_kept(own, "x")
    assert kept is not None
    submitted = write_submission(own, contest, kept).path.read_bytes()
    plugin, made = own.data / "train.csv", Made(contest.artists[0], styles=("1",))

    def work(root: Path) -> None:
        os.environ[CONFIG_VARIABLE] = str(root / "config")
        steps: tuple[Callable[[], object], ...] = (
            lambda: write_settings(Workspace(root), Settings(plugins=("a.py",))),
            lambda: approve(plugin, plugin.read_bytes()),
            lambda: keep_set(Workspace(root), "s", {"1": plugin}, [made, made]),
            lambda: write_submission(Workspace(root), contest, kept),
        )
        for number, step in enumerate(steps, start=1):
            step()
            (root / "done" / str(number)).mkdir()

    def check(root: Path, said: str) -> None:
        workspace, done = Workspace(root), int(said or 0)
        monkeypatch.setenv(CONFIG_VARIABLE, str(root / "config"))
        if done >= 1 or workspace.settings_file.exists():
            assert read_settings(workspace).plugins, "the settings are lost"
        approved = is_approved(plugin, plugin.read_bytes())
        assert approved or done < 2, "the plugin's approval is lost"
        works = read_set(workspace, "s").works if "s" in list_sets(workspace) else ()
        assert len(works) == 2 or done < 3, f"{len(works)} works of 2 are there"
        written = sorted(workspace.submissions.glob("[!.]*"))
        assert len(written) == 2 or done < 4, "the submission is lost"
        assert all(one.read_bytes() == submitted for one in written if one.suffix == ".csv")

    what = "settings, a plugin's approval, a generated set, a submission"
    _show(shows, what, work, check, trials(0, 4), seed, tmp_path, monkeypatch)


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
