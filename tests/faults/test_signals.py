"""Ctrl-C, SIGTERM and a second signal at any moment: saved, told how to go on, and never other."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch._dynamo  # imported before any fork: it starts threads
from command_line import artcli
from painted import MODEL, painted_workspace
from told_to_end import Sent, ended, wrong_with

from artcli import cli
from artcli.generating import stepper
from artcli.signals import SIGNALS, Ending
from artcli.training import interrupts, run
from artcli.workspace.files import sha256_file
from artcli.workspace.paths import Workspace

RECIPE = (
    "--model", MODEL, "--head", "layernorm:dropout=0.3", "--mixer", "cutmix", "--sampler", "log",
    "--epochs", "3", "--crops", "1", "--batch-size", "6", "--image-size", "32", "--folds", "3",
)  # fmt: skip
STYLES = "style-transfer:pretrained=false,size=32,steps=3,scales=1,batch=2"
COMMANDS = {
    "train": ("train", "--name", "new", *RECIPE, "--workers", "0"),
    "train --workers 1": ("train", "--name", "new", *RECIPE, "--workers", "1"),
    "kfold": ("kfold", "--name", "new", *RECIPE, "--workers", "0"),
    "kfold --executor processes": (
        "kfold", "--name", "new", *RECIPE, "--workers", "0",
        "--executor", "processes:jobs=2,threads=1",
    ),
    "predict": ("predict", "old"),
    "augment-style, style transfer": (
        "augment-style", "--generator", STYLES, "--name", "new", "--rarest", "1", "--each", "4",
    ),
    "augment-style, VAE": (
        "augment-style", "--generator", "vae:size=32,steps=60,batch=4", "--name", "new",
        "--rarest", "1", "--each", "2", "--folds", "3",
    ),
    "eda": ("eda",),
}  # fmt: skip
FEW = {  # trials in `make test`, in `make faults`, and how many of the latter without protection
    "train": (2, 100, 10),
    "train --workers 1": (0, 30, 6),
    "kfold": (0, 16, 4),
    "kfold --executor processes": (0, 4, 2),
    "predict": (0, 30, 10),
    "augment-style, style transfer": (0, 16, 6),
    "augment-style, VAE": (0, 10, 4),
    "eda": (0, 3, 2),
}
TIMINGS = {"seconds", "images_per_second", "seal"}  # of the line, with the others
SHORT = 1.0  # seconds in which a second signal ends a command, however slow the disk


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)  # forked children cannot use the threads of their parent


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with a run, whose training also warms this process up."""
    workspace = painted_workspace(tmp_path_factory.mktemp("signals") / "fresh", each=4, pieces=4)
    words = [*COMMANDS["train"], "--epochs", "1", "-w", str(workspace.root)]
    answer = artcli(*["old" if word == "new" else word for word in words])
    assert answer.code == 0, answer.err
    return workspace


@pytest.mark.parametrize("name", COMMANDS)
def test_a_signal_at_random_moments(
    name: str,
    fresh: Workspace,
    trials: Callable[[int, int], int],
    full: bool,
    seed: int,
    shows: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few, many, control = FEW[name]
    if not full and not few:
        pytest.skip("takes too long for make test; make faults has it")
    whole = _copy(fresh, tmp_path / "whole")
    started = time.perf_counter()
    undisturbed = ended(_words(name, whole), tmp_path / "log")
    seconds = time.perf_counter() - started
    assert undisturbed.code == 0, undisturbed.said
    outcome, slowest, signals = _outcome(whole), 0.0, 0

    def why(number: int) -> str:
        """What is wrong with how the command, told to end up to three times, ends and goes on."""
        nonlocal slowest, signals
        shutil.rmtree(tmp_path / "trial", ignore_errors=True)
        workspace = _copy(fresh, tmp_path / "trial")
        rng = np.random.default_rng((seed, number))
        words, times = _words(name, workspace), 0
        while True:
            to_come = [_sent(rng, seconds)] if times < 3 else []
            end = ended(words, tmp_path / "log", to_come)
            done = "nothing to resume" in end.said
            if not done and (wrong := wrong_with(end, to_come, words)):
                return f"{name} {number}, time {times}: {wrong}"
            if parts := _parts(workspace):
                return f"{name} {number}, time {times}: left {parts}"
            times, signals = times + 1, signals + end.sent
            slowest = max(slowest, end.seconds if end.sent else 0.0)
            if end.code == 0 or done:
                break
            words = end.goes_on(words) or words
        found = _outcome(workspace)
        other = [key for key in outcome | found if found.get(key) != outcome.get(key)]
        return f"{name} {number}: other {other}" if other else ""

    count, tried = trials(few, many), trials(4, control)
    broken = [said for number in range(count) if (said := why(number))]
    figures = f"{signals:,} signals, answered in {slowest:.1f} s at most"
    with monkeypatch.context() as patch:
        _no_answer(patch)
        lost = sum(bool(why(number)) for number in range(tried))
    shows(
        "signals",
        f"{name}, told to end at random moments up to three times, and gone on with as it says",
        trials=count,
        broken=broken,
        without="signals are left to Python and to the system",
        control=(tried, lost),
        figures=figures,
    )


def _words(name: str, workspace: Workspace) -> list[str]:
    return [*COMMANDS[name], "-w", str(workspace.root)]


def _sent(rng: np.random.Generator, seconds: float) -> Sent:
    return Sent(int(rng.choice(SIGNALS)), rng.uniform(0, 0.8 * seconds), bool(rng.random() < 0.5))


@contextmanager
def _unanswered() -> Iterator[Any]:
    yield Ending()


@contextmanager
def _unasked() -> Iterator[Any]:
    yield interrupts.StopRequest()


def _no_answer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cli, "ended_by_signals", _unanswered)
    for module in (run, stepper):
        patch.setattr(module, "stop_requests", _unasked)


def _copy(fresh: Workspace, place: Path) -> Workspace:
    shutil.copytree(fresh.root, place)
    return Workspace(place)


def _parts(workspace: Workspace) -> list[str]:
    return sorted(
        path.name
        for path in workspace.root.rglob(".*")
        if path.suffix == ".part" or path.name.startswith(".step-")
    )


def _outcome(workspace: Workspace) -> Mapping[str, Any]:
    """Hashes of all that is learnt, predicted and painted; the histories, but for times."""
    found: dict[str, Any] = {}
    for folder in ("checkpoints", "predictions", "data/generated"):
        for path in (workspace.root / folder).rglob("*"):
            name = str(path.relative_to(workspace.root))
            if path.suffix in {".safetensors", ".npz", ".png"} or path.name == "provenance.csv":
                found[name] = sha256_file(path)
            elif path.suffix == ".jsonl":
                lines = map(json.loads, path.read_text().splitlines())
                found[name] = [
                    {k: v for k, v in line.items() if k not in TIMINGS} for line in lines
                ]
    return found
