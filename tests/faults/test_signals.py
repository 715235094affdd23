"""Ctrl-C, SIGTERM and a second signal at any moment: saved, told how to go on, and never other."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch._dynamo  # imported before any fork: it starts threads
from command_line import artcli
from painted import MODEL, painted_workspace
from told_to_end import Ended, Sent, ended, wrong_with

from artcli import cli, signals
from artcli.generating import stepper
from artcli.signals import SIGNALS, Ending
from artcli.training import interrupts, run
from artcli.training.record import SPLIT
from artcli.workspace import locks
from artcli.workspace.files import sha256_file
from artcli.workspace.paths import Workspace
from artcli_plugins.executors import side_by_side

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
TWICE = {"train": 12, "kfold": 4}  # trials
SLOW = 6.0  # seconds that a disk takes for once


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


@dataclass
class Trials:
    """Trials of one command, and what was counted in them; `outcome` is that of one undisturbed,
    which took so many `seconds`."""

    name: str
    fresh: Workspace
    place: Path
    seed: int
    outcome: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    sent: int = 0  # commands that got a signal before they ended, and how many
    interrupted: int = 0  # did not go on to their end
    again: int = 0  # got a second
    slowest: float = 0.0
    begun: int = 0  # runs that were in training as the signal came, and how many
    saved: int = 0  # were saved where they were

    def __post_init__(self) -> None:
        whole, started = _copy(self.fresh, self.place / "whole"), time.perf_counter()
        end = ended(self._words(whole), self.place / "log")
        assert end.code == 0, end.said
        self.outcome, self.seconds = _outcome(whole), time.perf_counter() - started

    def why(self, number: int, *, second: bool = False) -> str:
        """What is wrong with how the command ends and goes on: told to end up to three times; or
        once, and with a `second` signal as it waits for the disk."""
        shutil.rmtree(self.place / "trial", ignore_errors=True)
        workspace = _copy(self.fresh, self.place / "trial")
        rng = np.random.default_rng((self.seed, number))
        words, times, saved, at_once = self._words(workspace), 0, set[str](), False
        slow = self.place / "slow"
        while True:
            earliest = 0.4 * self.seconds if second else 0  # when there is something to save
            told = times < (1 if second else 3)
            to_come = [_sent(rng, earliest, 0.8 * self.seconds)] if told else []
            to_come += [_sent(rng, 0.4, 0.9)] if to_come and second else []
            end = ended(words, self.place / "log", to_come, slow.touch)
            slow.unlink(missing_ok=True)
            self._count(end, workspace, first=times == 0)
            done = "nothing to resume" in end.said
            told_of = at_once and end.code == 1 and end.goes_on(words)  # the run that there is
            wrong = "" if done or told_of else wrong_with(end, to_come, words)
            if not wrong and end.code == 0 and (lost := [it for it in saved if it not in end.said]):
                wrong = f"it does not say that it is {lost}: {end.said[-300:]}"
            at_once = end.sent > 1
            if not wrong and not at_once:
                wrong = _untrue(end, workspace) or _left(workspace)
            if wrong:
                return f"{self.name} {number}, time {times}: {wrong}"
            times += 1
            if end.code == 0 or done or re.search(r"^Next: ", end.said, re.MULTILINE):  # all done
                break
            words, saved = end.goes_on(words) or words, _going_on(workspace)
        found = _outcome(workspace)
        other = [key for key in self.outcome | found if found.get(key) != self.outcome.get(key)]
        return f"{self.name} {number}: other {other}" if other else ""

    def wrong(self) -> list[str]:
        """What is wrong with all of them together, where they are many."""
        found = []
        if 2 * self.interrupted <= self.sent:
            found.append(f"{self.interrupted} of {self.sent} were interrupted")
        if 2 * self.saved < self.begun:
            found.append(f"{self.saved} of {self.begun} were saved in training")
        return found

    def _words(self, workspace: Workspace) -> list[str]:
        return [*COMMANDS[self.name], "-w", str(workspace.root)]

    def _count(self, end: Ended, workspace: Workspace, *, first: bool) -> None:
        if end.sent:
            self.sent += 1
            self.interrupted += end.code != 0
            self.again += end.sent > 1
            self.slowest = max(self.slowest, end.seconds)
        if first and end.sent == 1 and self.name.startswith("train"):
            fold = workspace.run_dir("new") / "fold-0"
            self.begun += (fold / SPLIT).exists() and not (fold / "result.json").exists()
            self.saved += "saved after" in end.said


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
    of_it = Trials(name, fresh, tmp_path, seed)
    count, tried = trials(few, many), trials(4, control)
    broken = [said for number in range(count) if (said := of_it.why(number))]
    if full:  # a few may all have come in the moments between the first file and the first step
        broken += of_it.wrong()
    figures = f"{of_it.sent:,} signals, answered in {of_it.slowest:.1f} s at most"
    if of_it.saved:
        figures += f"; {of_it.saved} of {of_it.begun} runs in training saved at the very step"
    with monkeypatch.context() as patch:
        _no_answer(patch)
        lost = sum(bool(of_it.why(number)) for number in range(tried))
    shows(
        "signals",
        f"{name}, told to end at random moments up to three times, and gone on with as it says",
        trials=count,
        broken=broken,
        without="signals are left to Python and to the system",
        control=(tried, lost),
        figures=figures,
    )


@pytest.mark.parametrize("name", TWICE)
def test_a_second_signal_while_the_disk_is_slow(
    name: str,
    fresh: Workspace,
    full: bool,
    seed: int,
    shows: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not full:
        pytest.skip("takes too long for make test; make faults has it")
    of_it, count = Trials(name, fresh, tmp_path, seed + 1), TWICE[name]
    _slow_disk(monkeypatch, tmp_path / "slow")
    broken = [said for number in range(count) if (said := of_it.why(number, second=True))]
    if not of_it.again:
        broken.append("none was still there for a second signal")
    figures = f"{of_it.again} second signals, which ended it in {of_it.slowest:.1f} s at most"
    with monkeypatch.context() as patch:
        for module in (signals, interrupts):
            patch.setattr(module, "ECHO_SECONDS", math.inf)
        lost = tried = 0
        while not lost and tried < count:
            lost += bool(of_it.why(tried, second=True))
            tried += 1
    shows(
        "signals",
        f"{name}, told to end, and again as it waits for the disk; gone on with to the same bits",
        trials=count,
        broken=broken,
        without="a second signal is taken for the first",
        control=(tried, lost),
        figures=figures,
    )


def _sent(rng: np.random.Generator, first: float, last: float) -> Sent:
    return Sent(int(rng.choice(SIGNALS)), rng.uniform(first, last), bool(rng.random() < 0.5))


def _untrue(end: Ended, workspace: Workspace) -> str:
    """What the command says is saved or made, and is not there."""
    if found := re.search(r"saved after (\d+) steps", end.said):
        steps = _steps(workspace)
        return "" if int(found[1]) in steps else f"it says {found[0]}, and there is {steps}"
    if found := re.search(r"(\d+) of \d+ works are made", end.said):
        there = len([*(workspace.root / "data" / "generated").rglob("*.png")])
        return "" if there >= int(found[1]) else f"it says {found[0]}, and there are {there}"
    return ""


def _steps(workspace: Workspace) -> list[int]:
    """The steps of the last checkpoints of the folds that are not finished."""
    lasts = workspace.checkpoints.glob("new/fold-*/last.json")
    return [
        json.loads(path.read_text())["step"]
        for path in lasts
        if not path.with_name("result.json").exists()
    ]


def _going_on(workspace: Workspace) -> set[str]:
    """What the command that goes on with what is saved has to say."""
    return {f"going on after {step} steps" for step in _steps(workspace)}


def _slow_disk(patch: pytest.MonkeyPatch, slow: Path) -> None:
    """The first flush, or lock let go, after `slow` is there takes as long as a slow disk."""

    def slowly(real: Callable[..., Any]) -> Callable[..., Any]:
        def wait_first(*args: Any) -> Any:
            if slow.exists():
                slow.unlink(missing_ok=True)
                time.sleep(SLOW)
            return real(*args)

        return wait_first

    patch.setattr(os, "fsync", slowly(os.fsync))
    patch.setattr(locks, "_sign", slowly(locks._sign))


@contextmanager
def _unanswered() -> Iterator[Any]:
    yield Ending()


@contextmanager
def _unasked() -> Iterator[Any]:
    yield interrupts.StopRequest()


def _no_answer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cli, "ended_by_signals", _unanswered)
    for module in (run, stepper, side_by_side):
        patch.setattr(module, "stop_requests", _unasked)


def _copy(fresh: Workspace, place: Path) -> Workspace:
    shutil.copytree(fresh.root, place)
    return Workspace(place)


def _left(workspace: Workspace) -> str:
    parts = [
        path.name
        for path in workspace.root.rglob(".*")
        if path.suffix == ".part" or path.name.startswith(".step-")
    ]
    return f"it left {parts}" if parts else ""


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
