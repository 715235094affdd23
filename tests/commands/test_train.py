"""The whole road through the command line, on a contest that trains in seconds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from command_line import Answer, artcli
from painted import MODEL, linked_copy, painted_workspace

from artcli.workspace.paths import Workspace

SMALL = (
    "--model", MODEL, "--epochs", "1", "--batch-size", "8", "--image-size", "32", "--folds", "4",
    "--workers", "0",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = painted_workspace(tmp_path_factory.mktemp("train") / "w")
    answer = artcli(
        "train", "-w", str(workspace.root), "--name", "first", "--loss", "focal", *SMALL
    )
    assert answer.code == 0, answer.err
    assert "crop F1" in answer.err
    assert "Next: artcli submit first" in answer.out
    return workspace


def train(workspace: Workspace, *words: str) -> Answer:
    return artcli("train", "-w", str(workspace.root), *words)


def test_a_trained_run_is_listed_submitted_and_scored(workspace: Workspace, tmp_path: Path) -> None:
    listed = json.loads(artcli("runs", "-w", str(workspace.root), "--json").out)
    assert "first" in json.dumps(listed)
    made = json.loads(artcli("submit", "-w", str(workspace.root), "--json").out)
    rows = Path(made["submission"]).read_text(encoding="utf-8").splitlines()
    sample = workspace.sample_csv.read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[0] for row in rows] == [row.split(",")[0] for row in sample]
    solution = tmp_path / "solution.csv"
    solution.write_text("\n".join(rows))  # as if every guess were right
    scored = artcli("score", made["submission"], str(solution), "--json")
    assert json.loads(scored.out)["overall"] == 1.0


def test_the_record_repeats_the_run(workspace: Workspace) -> None:
    answer = train(workspace, "--recipe", "first", "--name", "again", "--workers", "0", "--json")
    assert answer.code == 0, answer.err
    told = json.loads(answer.out)
    assert told["recipe"]["loss"] == "focal"
    first = json.loads((workspace.run_dir("first") / "fold-0" / "result.json").read_text())
    assert told["f1"] == first["f1"]
    assert told["train_loss"] == first["train_loss"]


def test_a_named_recipe_begins_a_run_and_flags_go_over_it(workspace: Workspace) -> None:
    words = ["--recipe", "S+F+C", "--name", "named", "--loss", "cross-entropy", *SMALL, "--json"]
    answer = train(workspace, *words)
    assert answer.code == 0, answer.err
    recipe = json.loads(answer.out)["recipe"]
    assert (recipe["sampler"], recipe["mixer"], recipe["crop"]) == ("log", "cutmix:p=0.5", "deck")
    assert (recipe["loss"], recipe["epochs"], recipe["model"]) == ("cross-entropy", 1, MODEL)


def test_another_fold_joins_the_run(workspace: Workspace) -> None:
    answer = train(workspace, "--resume", "first", "--fold", "1", "--workers", "0")
    assert answer.code == 0, answer.err
    made = json.loads(artcli("submit", "-w", str(workspace.root), "first", "--json").out)
    assert made["folds"] == ["0", "1"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--name", "first"], 1, "there is a run first already"),
        (["--resume", "first", "--fold", "0"], 1, "nothing to resume"),
        (["--resume", "none"], 1, "there is no run none"),
        (["--resume", "first", "--epochs", "3"], 2, "does not take --epochs"),
        (["--resume", "first", "--with", "works"], 2, "does not take --with"),
        (["--with", "works", "--with", "works"], 2, "--with: works is named twice"),
        (["--with", "works"], 1, "make it with: artcli augment-style --name works"),
        (["--with", "../works"], 2, "cannot be a name"),
        (["--fold", "9"], 2, "there is no such fold"),
        (["--name", "../up"], 2, "cannot be a name"),
        (["--recipe", "nowhere.toml"], 1, "there is no recipe"),
        (["--recipe", "S+F+CC"], 1, "did you mean 'S+F+C'?"),
        (["--model", "tinyvitt"], 2, "did you mean 'tinyvit'"),
        (["--loss", "focal:gama=3"], 2, "did you mean 'gamma'"),
        (["--loss", "focal:gamma=x"], 2, "gamma"),
        (["--precision", "half"], 2, "--precision"),
        (["--device", "cuda"], 2, "there is no device cuda"),
        (["--device", "cpu", "--precision", "16"], 2, "--precision 16 is for GPUs"),
    ],
)
def test_mistakes_are_told_in_a_line_or_two(
    workspace: Workspace, words: list[str], code: int, said: str
) -> None:
    if "cuda" in words and torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    answer = (
        train(workspace, *SMALL, *words) if words[0] != "--resume" else train(workspace, *words)
    )
    assert answer.code == code, answer.err
    assert said in answer.err
    assert "Traceback" not in answer.err
    assert len(answer.err.splitlines()) <= 4


def test_a_finished_fold_of_all_paintings_is_finished_without_a_test_too(tmp_path: Path) -> None:
    workspace = painted_workspace(tmp_path / "w", each=2)
    workspace.test_csv.unlink()
    assert train(workspace, "--name", "all", "--fold", "all", *SMALL).code == 0
    for more in ((), ("--fold", "all")):
        answer = train(workspace, "--resume", "all", "--workers", "0", *more)
        assert (answer.code, "there is nothing to resume" in answer.err) == (1, True), answer.err


def test_a_name_is_taken_even_where_predictions_are_damaged(
    workspace: Workspace, tmp_path: Path
) -> None:
    damaged = linked_copy(workspace, tmp_path / "w")
    path = damaged.predictions_dir("first") / "predictions.json"
    path.unlink()
    path.write_text("{")
    answer = train(damaged, "--name", "first", *SMALL)
    assert answer.code == 1
    assert "there is a run first already" in answer.err
    assert "hint: choose another --name\n" in answer.err


def test_a_device_that_is_not_there_is_told_before_data_is_read(tmp_path: Path) -> None:
    workspace = painted_workspace(tmp_path / "w", each=2)
    workspace.train_csv.unlink()
    answer = train(workspace, *SMALL, "--device", "gpu")
    assert (answer.code, "there is no device gpu" in answer.err) == (2, True), answer.err


def test_a_signal_to_the_whole_group_saves(tmp_path: Path) -> None:
    """As `timeout` sends it, and a terminal Ctrl-C: the loader's processes do not die of it."""
    workspace = painted_workspace(tmp_path / "w", each=4)
    words = ["train", "-w", str(workspace.root), "--name", "group", *SMALL[:-2]]
    process = subprocess.Popen(
        [sys.executable, "-m", "artcli", *words, "--workers", "1", "--epochs", "9999"],
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    saved = workspace.run_dir("group") / "fold-0" / "last.json"
    while process.poll() is None and not saved.exists():
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 143, said
    assert "--resume group --fold 0" in said


def test_all_mistakes_of_a_command_line_are_told_at_once(workspace: Workspace) -> None:
    answer = train(
        workspace, "--epochs", "0", "--loss", "vocal", "--sampler", "logg", "--head", "linear:x=1"
    )
    assert answer.code == 2
    for flag in ("--epochs", "--loss", "--sampler", "--head"):
        assert f"  {flag}: " in answer.err


def test_a_model_without_its_weights_does_not_train_from_random_ones(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    answer = train(workspace, "--model", "timm:arch=resnet18.a1_in1k", "--name", "hub")
    assert answer.code == 1
    assert "weights=FILE" in answer.err
    assert "pretrained=false" in answer.err
    assert not (workspace.run_dir("hub") / "fold-0").exists()
