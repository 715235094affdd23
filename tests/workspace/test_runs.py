"""Runs are read as they lie on disk, and damage in one hides no other."""

import math
import subprocess
import sys
from pathlib import Path

import pytest
from fake_runs import fake_fold, fake_run

from artcli.errors import ArtcliError
from artcli.workspace.locks import hold
from artcli.workspace.paths import Workspace
from artcli.workspace.runs import (
    free_name,
    list_runs,
    lock_path,
    read_history,
    read_run,
    remove_run,
    run_parts,
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_a_finished_run_shows_its_folds_scores_and_their_mean(workspace: Workspace) -> None:
    fake_run(workspace, "first", recipe={"loss": "focal"}, fold_0=0.6, fold_1=0.7, fold_all=None)
    run = read_run(workspace, "first")
    assert (run.state, run.created, run.recipe["loss"]) == (
        "finished",
        "2026-01-01T00:00:00+00:00",
        "focal",
    )
    assert [fold.label for fold in run.folds] == ["0", "1", "all"]
    assert run.mean("f1") == pytest.approx(0.65)
    assert math.isnan(run.mean("no such metric"))
    assert run.folds[0].metrics["f1_low"] == pytest.approx(0.55)
    assert (run.folds[0].epochs, run.folds[0].checkpoint) == (3, "step-20")
    assert run.seconds == pytest.approx(3 * 61)


def test_a_run_that_was_stopped_shows_its_best_epoch_so_far(workspace: Workspace) -> None:
    folder = fake_run(workspace, "first", fold_0=0.6)
    fake_fold(folder / "fold-1", 0.5, epochs=2, finished=False)
    with (folder / "fold-1" / "history.jsonl").open("a") as file:
        file.write('{"epoch": 3, "train_lo')  # killed as it wrote
    run = read_run(workspace, "first")
    assert (run.state, run.folds[1].state) == ("stopped", "stopped")
    assert run.folds[1].epochs == 2
    assert run.folds[1].metrics["f1"] == pytest.approx(0.5)  # of epoch 1, not of the last
    assert run.folds[1].seconds == 40.0
    assert [line["epoch"] for line in read_history(workspace.run_dir("first") / "fold-1")] == [1, 2]


def test_a_run_is_running_while_its_lock_is_held_and_cannot_be_removed(
    workspace: Workspace,
) -> None:
    folder = fake_run(workspace, "first")
    fake_fold(folder / "fold-0", 0.5, finished=False)
    with hold(lock_path(workspace, "first", "0"), "it"):
        assert [run.state for run in list_runs(workspace)] == ["running"]
        with pytest.raises(ArtcliError, match="fold 0 of the run first is in use"):
            remove_run(workspace, "first")
    assert read_run(workspace, "first").state == "stopped"


def test_folds_of_one_run_are_written_side_by_side(workspace: Workspace) -> None:
    fake_run(workspace, "first", fold_0=0.6)
    for fold in ("1", "2"):
        fake_fold(workspace.run_dir("first") / f"fold-{fold}", 0.5, finished=False)
    with hold(lock_path(workspace, "first", "1"), "it"):
        run = read_run(workspace, "first")
        assert (run.state, [fold.state for fold in run.folds]) == (
            "running",
            ["finished", "running", "stopped"],
        )
        with hold(lock_path(workspace, "first", "2"), "it"):
            assert [fold.state for fold in read_run(workspace, "first").folds][2] == "running"


def test_damage_in_one_run_is_told_and_hides_no_other(workspace: Workspace) -> None:
    fake_run(workspace, "good", fold_0=0.6)
    (fake_run(workspace, "bad1", fold_0=0.6) / "run.json").write_text("{nonsense")
    (fake_run(workspace, "bad2", fold_0=0.6) / "recipe.toml").unlink()
    (fake_run(workspace, "bad3", fold_0=0.6, fold_1=0.5) / "fold-0" / "result.json").write_text(
        "[]"
    )
    (fake_run(workspace, "bad4", fold_0=0.6) / "recipe.toml").write_bytes(b"\xff\xfe\x00")
    (workspace.checkpoints / "bad5" / "notes").mkdir(parents=True)
    (workspace.checkpoints / "none").mkdir()
    (workspace.checkpoints / ".gone.removed").mkdir()
    (workspace.checkpoints / "a note.txt").write_text("mine")
    runs = {run.name: (run.state, run.reason) for run in list_runs(workspace)}
    assert runs == {
        "good": ("finished", ""),
        "bad1": ("damaged", "run.json cannot be read"),
        "bad2": ("damaged", "recipe.toml is missing"),
        "bad3": ("damaged", "fold 0: result.json does not hold what it should"),
        "bad4": ("damaged", "recipe.toml cannot be read"),
        "bad5": ("damaged", "run.json is missing; recipe.toml is missing"),
    }
    assert read_run(workspace, "bad3").mean("f1") == pytest.approx((0.6 + 0.5) / 2)


def test_runs_are_listed_oldest_first(workspace: Workspace) -> None:
    assert list_runs(workspace) == ()
    fake_run(workspace, "newer", created="2026-02-01T00:00:00+00:00", fold_0=0.6)
    fake_run(workspace, "older", created="2026-01-31T00:00:00+00:00", fold_0=0.6)
    assert [run.name for run in list_runs(workspace)] == ["older", "newer"]


def test_a_mistyped_name_is_told_with_the_nearest(workspace: Workspace) -> None:
    with pytest.raises(ArtcliError, match="no run 'frist'") as caught:
        read_run(workspace, "frist")
    assert caught.value.hint == f"train one with: artcli train{workspace.flag}"
    fake_run(workspace, "first", fold_0=0.6)
    with pytest.raises(ArtcliError) as caught:
        remove_run(workspace, "frist")
    assert caught.value.hint == "did you mean first?"


def test_removing_a_run_takes_its_checkpoints_and_predictions_alone(workspace: Workspace) -> None:
    for name in ("first", "second"):
        fake_run(workspace, name, fold_0=0.6)
        workspace.predictions_dir(name).mkdir(parents=True)
    workspace.predictions_dir("imported").mkdir()
    assert remove_run(workspace, "first") == [
        workspace.run_dir("first"),
        workspace.predictions_dir("first"),
    ]
    assert {path.name for path in workspace.checkpoints.iterdir()} == {".lock", "second"}
    assert remove_run(workspace, "imported") == [workspace.predictions_dir("imported")]
    assert {path.name for path in workspace.predictions.iterdir()} == {".locks", "second"}


def test_listing_imports_nothing_heavy() -> None:
    code = "import sys, artcli.workspace.runs; print({'torch', 'numpy'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "set()"


def test_a_run_that_failed_before_it_began_is_none_and_its_name_is_free(
    workspace: Workspace,
) -> None:
    with hold(lock_path(workspace, "tinyvit-1", "0"), "it"):  # as a command that has just started
        assert [run.state for run in list_runs(workspace)] == ["running"]
        assert free_name(workspace, "tinyvit") == "tinyvit-2"
    (workspace.run_dir("tinyvit-1") / ".recipe.toml.abc.part").touch()  # killed as it began
    assert lock_path(workspace, "tinyvit-1", "0").exists()
    assert list_runs(workspace) == ()
    assert run_parts(workspace, "tinyvit-1") == []
    assert free_name(workspace, "tinyvit") == "tinyvit-1"
    with pytest.raises(ArtcliError, match="there is no run 'tinyvit-1'"):
        read_run(workspace, "tinyvit-1")
