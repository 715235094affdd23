"""Every fold of a run, by whichever executor, killed and gone on with: the same probabilities."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import torch
from command_line import Answer, artcli
from painted import MODEL, contest_of, painted_workspace

from artcli.contest.f1 import macro_f1
from artcli.contest.splits import load_or_make_folds
from artcli.contest.tables import Contest
from artcli.predicting.folder import read_kept
from artcli.predicting.predictions import Predictions
from artcli.workspace.files import read_json
from artcli.workspace.paths import Workspace
from artcli.workspace.runs import free_name, hold_fold

FOLDS = 3
SMALL = (
    "--model", MODEL, "--epochs", "2", "--batch-size", "6", "--image-size", "32", "--crops", "1",
    "--folds", str(FOLDS), "--workers", "0", "--mixer", "cutmix",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return painted_workspace(tmp_path_factory.mktemp("kfold") / "w", each=6)


@pytest.fixture(scope="module")
def serial(workspace: Workspace) -> Answer:
    """The run that all others are compared with."""
    answer = kfold(workspace, "--name", "serial", *SMALL, "--json")
    assert answer.code == 0, answer.err
    return answer


def kfold(workspace: Workspace, *words: object) -> Answer:
    return artcli("kfold", "-w", workspace.root, *words)


def said(workspace: Workspace, run: str) -> tuple[Predictions, Predictions]:
    """Its out-of-fold and its test probabilities, rows in one order."""
    kept = read_kept(workspace, run)
    assert kept is not None
    assert kept.oof is not None
    assert kept.test is not None
    return _sorted(kept.oof), _sorted(kept.test)


def _sorted(made: Predictions) -> Predictions:
    return made.rows(np.lexsort((made.crops, made.ids, made.folds)))


def assert_same(workspace: Workspace, run: str, other: str) -> None:
    for ours, theirs in zip(said(workspace, run), said(workspace, other), strict=True):
        assert ours.ids.tolist() == theirs.ids.tolist()
        np.testing.assert_array_equal(ours.folds, theirs.folds)
        np.testing.assert_array_equal(ours.probabilities, theirs.probabilities)


def test_every_painting_is_judged_by_the_model_that_has_not_seen_it(
    workspace: Workspace, serial: Answer
) -> None:
    contest = contest_of(workspace)
    folds = load_or_make_folds(workspace, contest, FOLDS)
    oof, test = said(workspace, "serial")
    assert {key: int(fold) for key, fold in zip(oof.ids.tolist(), oof.folds, strict=True)} == dict(
        folds.fold_of
    )
    assert set(test.folds.tolist()) == set(range(FOLDS))
    for fold in range(FOLDS):
        split = read_json(workspace.run_dir("serial") / f"fold-{fold}" / "split.json")
        assert set(split["training"]).isdisjoint(split["held"])
        assert set(split["held"]) == set(oof.ids[oof.folds == fold].tolist())
    (told,) = serial.json["runs"]
    artist_of = {painting.id: painting.artist for painting in contest.train}
    pieces = oof.pieces()
    truth = [artist_of[key] for key in pieces.ids.tolist()]
    assert told["out_of_fold"]["f1"] == macro_f1(truth, pieces.guesses())
    assert set(told["folds"]) == {"0", "1", "2"}
    assert told["folds"]["1"].keys() >= {"train_loss", "validation_loss", "f1"}


@pytest.mark.usefixtures("serial")
def test_folds_trained_one_by_one_are_the_same(workspace: Workspace) -> None:
    base = ("train", "-w", workspace.root)
    assert artcli(*base, "--name", "single", "--fold", "1", *SMALL).code == 0
    answer = kfold(workspace, "--resume", "single", "--workers", "0")
    assert answer.code == 0, answer.err
    assert "single: fold 1 is there already" in answer.err
    assert "single fold 1: crop F1" not in answer.err
    assert_same(workspace, "single", "serial")
    assert "out of fold" in answer.out


def test_what_is_finished_is_not_trained_again(workspace: Workspace, serial: Answer) -> None:
    steps = sorted(workspace.run_dir("serial").glob("fold-*/step-*"))
    times = [step.stat().st_mtime_ns for step in steps]
    again = kfold(workspace, "--name", "serial", *SMALL, "--json")
    assert again.code == 0, again.err
    assert again.json == serial.json
    assert [step.stat().st_mtime_ns for step in steps] == times


def test_predictions_that_are_gone_are_made_again_without_training(
    workspace: Workspace, serial: Answer
) -> None:
    before = said(workspace, "serial")
    for file in workspace.predictions_dir("serial").glob("*.*"):
        file.unlink()
    assert kfold(workspace, "--resume", "serial", "--json").json == serial.json
    for ours, theirs in zip(said(workspace, "serial"), before, strict=True):
        np.testing.assert_array_equal(ours.probabilities, theirs.probabilities)


def test_predictions_of_another_step_or_without_the_test_are_made_anew(
    workspace: Workspace, serial: Answer
) -> None:
    path = workspace.predictions_dir("serial") / "predictions.json"
    facts = read_json(path)
    facts["folds"]["0"]["checkpoint"] = "step-1"
    facts["folds"]["1"]["parts"] = ["oof"]
    path.write_text(json.dumps(facts))
    answer = kfold(workspace, "--resume", "serial", "--json")
    assert answer.json == serial.json
    assert "fold 2 is there already" in answer.err
    assert path.read_text() != json.dumps(facts)
    again = kfold(workspace, "--resume", "serial")
    assert "fold 0, 1, 2 is there already" in again.err


@pytest.mark.parametrize("executor", ["serial:threads=1", "processes:jobs=2,threads=1"])
@pytest.mark.usefixtures("serial")
def test_executors_give_the_same_probabilities(workspace: Workspace, executor: str) -> None:
    name = executor.partition(":")[0] + "-1"
    answer = kfold(workspace, "--name", name, "--executor", executor, *SMALL)
    assert answer.code == 0, answer.err
    assert_same(workspace, name, "serial")


@pytest.mark.usefixtures("serial")
def test_ray_gives_the_same_probabilities(workspace: Workspace) -> None:
    pytest.importorskip("ray", reason="the extra artcli[ray] is not installed")
    answer = kfold(workspace, "--name", "rays", "--executor", "ray:threads=1", *SMALL)
    assert answer.code == 0, answer.err
    assert_same(workspace, "rays", "serial")


@pytest.mark.parametrize("executor", ["serial", "processes:jobs=2,threads=1"])
def test_killed_and_gone_on_with_is_as_if_uninterrupted(
    workspace: Workspace, tmp_path: Path, executor: str
) -> None:
    name = f"killed-{executor[:6]}"
    longer = [*SMALL, "--epochs", "12"]
    command = [
        sys.executable, "-m", "artcli", "kfold", "-w", str(workspace.root), *longer,
        "--executor", executor,
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([*command, "--name", name], stderr=log, env=environment)
        begun = workspace.run_dir(name) / "fold-1" / "last.json"
        deadline = time.monotonic() + 120
        while not begun.exists():
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert not (workspace.run_dir(name) / "fold-2" / "result.json").exists()
    deadline = time.monotonic() + 60  # the processes of its folds end when they notice
    answer = kfold(workspace, "--resume", name)
    while "in use" in answer.err:
        assert time.monotonic() < deadline
        time.sleep(0.5)
        answer = kfold(workspace, "--resume", name)
    assert answer.code == 0, answer.err
    if not (workspace.run_dir("whole")).exists():
        assert kfold(workspace, "--name", "whole", *longer).code == 0
    assert_same(workspace, name, "whole")


def test_ctrl_c_saves_and_says_how_to_go_on(workspace: Workspace) -> None:
    command = [sys.executable, "-m", "artcli", "kfold", "-w", str(workspace.root), *SMALL]
    process = subprocess.Popen(
        [*command, "--name", "stopped", "--epochs", "500"], stderr=subprocess.PIPE, text=True
    )
    while not (workspace.run_dir("stopped") / "fold-0" / "last.json").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "go on with: artcli kfold --resume stopped -w" in " ".join(err.split())


def test_seeds_are_runs_of_their_own_and_their_mean_is_scored(workspace: Workspace) -> None:
    answer = kfold(workspace, "--name", "seeded", "--seeds", "2", *SMALL, "--json")
    assert answer.code == 0, answer.err
    runs = {one["run"]: one["recipe"]["seed"] for one in answer.json["runs"]}
    assert runs == {"seeded": 0, "seeded-s1": 1}
    first, second = (said(workspace, run)[0].pieces() for run in runs)
    mean = (first.probabilities + second.probabilities).argmax(1)
    artist_of = {painting.id: painting.artist for painting in contest_of(workspace).train}
    truth = [artist_of[key] for key in first.ids.tolist()]
    guesses = [first.classes[number] for number in mean]
    assert answer.json["mean_of_seeds"]["value"] == pytest.approx(macro_f1(truth, guesses))
    shown = kfold(workspace, "--resume", "seeded", "--seeds", "2")
    assert "Next: artcli ensemble seeded seeded-s1" in shown.out


@pytest.mark.usefixtures("serial")
def test_other_settings_than_the_runs_own_are_refused(workspace: Workspace) -> None:
    answer = kfold(workspace, "--name", "serial", *SMALL, "--epochs", "9")
    assert answer.code == 1
    assert "serial: epochs was 2, not 9" in answer.err
    assert "artcli kfold --resume serial" in answer.err
    assert kfold(workspace, "--resume", "serial", "--epochs", "9").code == 2
    assert artcli("train", "-w", workspace.root, "--name", "serial-s1", *SMALL).code == 0
    answer = kfold(workspace, "--resume", "serial", "--seeds", "2")
    assert (answer.code, "serial-s1: seed was 0, not 1" in answer.err) == (1, True)
    assert "no run 'serail'" in kfold(workspace, "--resume", "serail").err
    assert "executor" in kfold(workspace, "--executor", "nobody", *SMALL).err


def test_a_name_that_another_takes_meanwhile_is_not_taken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = painted_workspace(tmp_path / "w", each=4)
    with ExitStack() as others:

        def read_late(found: Workspace) -> Contest:
            another = hold_fold(found, lambda: free_name(found, "timm"), "0")
            others.enter_context(another)
            return contest_of(found)

        monkeypatch.setattr("artcli.contest.tables.read_contest", read_late)
        answer = kfold(workspace, *SMALL, "--epochs", "1", "--seeds", "2", "--json")
    assert answer.code == 0, answer.err
    assert [one["run"] for one in answer.json["runs"]] == ["timm-2", "timm-2-s1"]


def test_ranks_are_refused(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    answer = kfold(workspace, *SMALL)
    assert (answer.code, "without torchrun" in answer.err) == (2, True)


def test_one_mistake_is_told_once_with_the_way_on(workspace: Workspace) -> None:
    words = [*SMALL, "--model", "timm:arch=test_efficientnet,weights=nowhere.safetensors"]
    answer = kfold(workspace, "--name", "faulty", *words)
    assert answer.code in (1, 2)
    assert "nowhere.safetensors" in answer.err
    assert "Traceback" not in answer.err
    assert json.dumps(answer.out) == '""'
