"""Two processes at once on one thing: one goes on, the other is told or waits, nothing is mixed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch._dynamo  # imported before any fork: it starts threads
from command_line import artcli
from every_command import WORKS
from lightning_fabric import Fabric
from painted import MODEL, contest_of, linked_copy, painted_workspace

from artcli.commands.plugins import files as plugin_files
from artcli.contest import pixels, splits
from artcli.contest.survey import surveying
from artcli.errors import ArtcliError
from artcli.host import trust
from artcli.predicting import submission
from artcli.predicting.folder import import_predictions, read_kept
from artcli.predicting.predictions import Predictions
from artcli.training import features, loop
from artcli.training.model import PaintingModel
from artcli.training.pixel_sets import train_pixels
from artcli.workspace import locks, make, runs, settings
from artcli.workspace.files import sha256_file
from artcli.workspace.paths import Workspace

SMALL = (
    "--model", MODEL, "--epochs", "2", "--crops", "1", "--batch-size", "8", "--image-size", "32",
    "--folds", "4", "--workers", "0",
)  # fmt: skip
PLUGIN = """
from artcli.plugin import Component, hookimpl

@hookimpl
def artcli_components():
    return [Component(kind="loss", name="mine-{0}", target=mine, summary="Mine.")]

def mine(class_counts):
    return lambda logits, targets: logits.sum()
"""
Outcome = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)  # forked children cannot use the threads of their parent


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace without folds or pixels, after a run that warms this process up."""
    root = tmp_path_factory.mktemp("writers")
    workspace = painted_workspace(root / "fresh", each=6, pieces=4)
    warm = linked_copy(workspace, root / "warm")
    assert _call(warm, CALLS["train, of one name"][0])[0] == 0
    return workspace


@pytest.fixture(autouse=True)
def _own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(trust.CONFIG_VARIABLE, str(tmp_path / "configuration"))


CALLS: Mapping[str, tuple[Sequence[str], int]] = {  # and how many races of `make faults`
    "train, of one name": (("train", "--name", "x", *SMALL), 50),
    "train --resume, of one run": (("train", "--resume", "x", "--workers", "0"), 50),
    "kfold, of one name": (("kfold", "--name", "x", *SMALL), 15),
    "augment-style, of one set": (("augment-style", "--name", "x", *WORKS), 15),
}
Race = Callable[[Workspace, int], str]  # what is wrong after race number N, "" if nothing is


def _folds(workspace: Workspace, number: int) -> str:
    contest = contest_of(workspace)

    def make(writer: int) -> object:
        return splits.load_or_make_folds(workspace, contest, 4, seed=writer).fold_of

    found = _race(make, number)
    kept = splits.load_or_make_folds(workspace, contest, 4).fold_of
    return "" if all(one.get("value") == kept for one in found) else f"other folds: {found}"


def _pixels(workspace: Workspace, number: int) -> str:
    contest = contest_of(workspace)

    def read(_writer: int) -> object:
        made = train_pixels(workspace, contest, 32)
        return [made.decoded, sum(int(made.square(row).sum()) for row in range(len(made)))]

    found = _race(read, number)
    if not all("value" in one for one in found):
        return f"one failed: {found}"
    sums = {one["value"][1] for one in found}
    decoded = sum(one["value"][0] for one in found)
    ok = len(sums) == 1 and decoded == len(contest.train)
    return "" if ok else f"{decoded} files decoded of {len(contest.train)}, sums {sums}"


class _Body(torch.nn.Module):
    """The mean of each channel; it counts the pictures it has seen."""

    mean, std, seen = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 0

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.seen += len(images)
        return images.mean((2, 3))


def _features(workspace: Workspace, number: int) -> str:
    """Of the first 30 of 40 pictures, and of the last 30."""
    shown = np.random.default_rng(number).integers(0, 256, (40, 8, 8, 3), np.uint8)
    fabric = Fabric(accelerator="cpu", devices=1)

    def compute(rows: slice) -> object:
        model = PaintingModel(body := _Body(), torch.nn.Identity())
        found = features.Features.of(workspace.cache, model)(fabric, shown[rows], "Features")
        right = np.allclose(found, shown[rows].mean((1, 2)) / 255, atol=1e-5)
        return body.seen if right else "wrong features"

    found = _race(lambda writer: compute(slice(10 * writer, 30 + 10 * writer)), number)
    seen = sorted(str(one.get("value")) for one in found)
    later = _tried(lambda _: compute(slice(None)), 0)  # is all of both kept?
    ok = seen == ["10", "30"] and later == {"value": 0}
    return "" if ok else f"computed {found}, and later {later}"


def _survey(workspace: Workspace, number: int) -> str:
    contest = contest_of(workspace)

    def look(_writer: int) -> object:
        found = surveying.survey(workspace.cache, contest, workers=1)
        return [found.measured, int(found.thumbs.sum()), float(found.styles.sum())]

    found = _race(look, number)
    if not all("value" in one for one in found):
        return f"one failed: {found}"
    measured = sum(one["value"][0] for one in found)
    same = found[0]["value"][1:] == found[1]["value"][1:]
    ok = same and measured == len(contest.train) + len(contest.test)
    return "" if ok else f"{measured} pictures measured: {found}"


def _init(workspace: Workspace, number: int) -> str:
    """Two contests for one workspace, or one and none; it is there before, or not."""
    place, both, new = workspace.root / "ws", number % 4 < 2, bool(number % 2)
    if not new:
        make.make_workspace(place)

    def fill(data: Path, solution: Path, writer: int) -> None:
        (data / "train.csv").write_text(f"{writer}")
        (workspace.root / f"ready-{writer}").touch()
        other, until = workspace.root / f"ready-{1 - writer}", time.monotonic() + 5 * both
        while not other.exists() and time.monotonic() < until:  # to be done at one moment
            pass
        solution.write_text(f"{writer}")

    def begin(writer: int) -> object:
        filled = partial(fill, writer=writer) if both or not writer else None
        return str(make.make_workspace(place, filled).root)

    found = _race(begin, number)
    won = [writer for writer, one in enumerate(found) if "value" in one]
    if (len(won) != 1 if both else len(won) != 2) or any("error" in one for one in found):
        return f"winners {won}: {found}"
    if any("already holds data" not in one["told"] for one in found if "told" in one):
        return f"the other is told {found}"
    there = make.Workspace(place)
    kept = [file.read_text() for file in (there.train_csv, there.solution_csv) if file.exists()]
    left = [path.name for folder in (place, workspace.root) for path in folder.glob("*.part")]
    ok = kept == [str(won[0])] * 2 and there.settings_file.is_file() and not left
    return "" if ok else f"of writer {won[0]} there is {kept}, and {left}"


def _settings(workspace: Workspace, number: int) -> str:
    for writer in (0, 1):
        (workspace.root / f"mine{writer}.py").write_text(PLUGIN.format(writer))
    found = _race(
        lambda writer: plugin_files.add(workspace, workspace.root / f"mine{writer}.py").name, number
    )
    kept = set(settings.read_settings(workspace).plugins)
    return "" if kept == {"mine0.py", "mine1.py"} else f"kept {kept}: {found}"


def _imports(workspace: Workspace, number: int) -> str:
    contest = contest_of(workspace)
    ids, classes = [one.id for one in contest.test], contest.artists
    given = []
    for writer in (0, 1):
        values = np.full((len(ids), len(classes)), 0.1, np.float32)
        values[:, writer] = 0.8
        Predictions.make(ids, values, classes, crops=-1, folds=0).save(
            file := workspace.root / f"given-{writer}.npz"
        )
        given.append(file)
    found = _race(
        lambda writer: import_predictions(workspace, contest, "x", test=given[writer]).name, number
    )
    won = [writer for writer, one in enumerate(found) if "value" in one]
    if len(won) != 1 or "there is a run x" not in found[1 - won[0]].get("told", ""):
        return f"not one winner: {found}"
    kept = read_kept(workspace, "x")
    assert kept is not None
    assert kept.test is not None
    return "" if set(kept.test.guesses()) == {classes[won[0]]} else "the loser's are kept"


def _submissions(workspace: Workspace, number: int) -> str:
    contest = contest_of(workspace)
    ids, classes = [one.id for one in contest.test], contest.artists
    values = np.full((len(ids), len(classes)), 1 / len(classes), np.float32)
    Predictions.make(ids, values, classes, crops=-1, folds=0).save(
        file := workspace.root / "given.npz"
    )
    kept = import_predictions(workspace, contest, "x", test=file)
    found = _race(
        lambda _writer: submission.write_submission(workspace, contest, kept).path.name, number
    )
    names = sorted(str(one.get("value")) for one in found)
    return "" if names == ["x-2.csv", "x.csv"] else f"written: {found}"


def _names(workspace: Workspace, number: int) -> str:
    """Two runs without a name of their own: each has another."""

    def begin(writer: int) -> object:
        with runs.hold_fold(workspace, lambda: runs.free_name(workspace, "tiny"), "0") as name:
            _write_slowly(workspace.run_dir(name), writer)
        return name

    found = _race(begin, number)
    names = sorted(str(one.get("value")) for one in found)
    return "" if names == ["tiny-1", "tiny-2"] else f"names: {found}"


def _removal(workspace: Workspace, number: int) -> str:
    """One goes on with a fold of a run that the other removes: it stays whole, or goes."""
    folder = workspace.run_dir("x")
    _write_slowly(folder, 7)

    def work(writer: int) -> object:
        if writer:
            return len(runs.remove_run(workspace, "x"))
        with runs.hold_fold(workspace, "x", "1"):
            _write_slowly(folder / "fold-1", writer)
            return sorted(path.name for path in (folder / "fold-1").iterdir())

    went_on, removed = _race(work, number)
    if "error" in went_on or "error" in removed:
        return f"failed: {went_on}, {removed}"
    if "value" in went_on and went_on["value"] != ["recipe.toml", "run.json"]:
        return f"files of a fold went as it was written: {went_on}"
    if "told" in removed and f"pid {went_on['pid']}" not in removed["told"]:
        return f"not told who is there: {removed}"
    return ""


RACES: Mapping[str, tuple[Race, tuple[Any, ...]]] = {
    "the file of folds": (_folds, (splits,)),
    "the pixel cache": (_pixels, (pixels,)),
    "the features cache": (_features, (features,)),
    "the survey of a contest": (_survey, (surveying,)),
    "a new workspace, as two fill it": (_init, (make,)),
    "artcli.toml, as two plugins are added": (_settings, (settings, trust)),
    "predictions imported under one name": (_imports, (runs,)),
    "submissions of one run": (_submissions, (submission,)),
    "the next free name of a run": (_names, (runs,)),
    "a run that is gone on with and removed": (_removal, (runs,)),
}
LONGER = {"the features cache", "the survey of a contest"}


@pytest.mark.parametrize("what", RACES)
def test_two_at_once(
    what: str,
    fresh: Workspace,
    trials: Callable[[int, int], int],
    full: bool,
    seed: int,
    shows: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    race, holders = RACES[what]

    def why(number: int, place: str) -> str:
        workspace = linked_copy(fresh, tmp_path / f"{place}-{number}")
        said = race(workspace, 1000 * seed + number)
        shutil.rmtree(workspace.root)
        return f"race {number}: {said}" if said else ""

    if what in LONGER and not full:
        pytest.skip("takes too long for make test; make faults has it")
    count, enough = trials(2, 50), trials(1, 20)
    broken = [said for number in range(count) if (said := why(number, "held"))]
    with monkeypatch.context() as patch:
        for module in holders:
            patch.setattr(module, "hold", _no_lock)
        control = lost = 0
        while lost < enough and control < 60:  # two do not always meet
            lost += bool(why(control, "free"))
            control += 1
    shows(
        "writers", what, trials=count, broken=broken,
        without="no lock is taken", control=(control, lost),
    )  # fmt: skip


@pytest.mark.parametrize("what", CALLS)
def test_two_at_once_call(
    what: str,
    fresh: Workspace,
    trials: Callable[[int, int], int],
    full: bool,
    seed: int,
    shows: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words, many = CALLS[what]
    if not full and what != "train, of one name":
        pytest.skip("takes too long for make test; make faults has it")
    begun = _half_trained(fresh, tmp_path / "begun", seed) if "--resume" in words else fresh
    alone = linked_copy(begun, tmp_path / "alone")
    assert _race(lambda writer: _call(alone, words) if writer else [0], seed)[1]["value"][0] == 0
    whole, by_pid = _weights(alone), list[bool]()

    def why(number: int, place: str) -> str:
        workspace = linked_copy(begun, tmp_path / f"{place}-{number}")
        found = _race(lambda _writer: _call(workspace, words), 1000 * seed + number)
        ended = sorted(one.get("value", [9, str(one)]) for one in found)
        end = _weights(workspace)
        shutil.rmtree(workspace.root)
        if [code for code, _ in ended] == [0, 0] and any(
            "whole already" in said or "2 epochs finished" in said for _, said in ended
        ):
            return "" if end == whole else f"race {number}: other works"
        if [code for code, _ in ended] != [0, 1]:
            return f"race {number}: they ended with {ended}"
        told = ended[1][1]
        by_pid.append(any(f"pid {one['pid']}:" in told for one in found))
        if (
            not by_pid[-1]
            and "there is a run x already hint: choose another --name; or" not in told
        ):
            return f"race {number}: told {told}"
        return "" if end == whole else f"race {number}: other weights or predictions"

    monkeypatch.setattr(locks, "_PATIENCE", 0.2)  # or small works are done before it is told
    count, control = trials(1, many), trials(1, 10)
    broken = [said for number in range(count) if (said := why(number, "held"))]
    named = sum(by_pid)
    with monkeypatch.context() as patch:
        for module in (runs, locks):
            patch.setattr(module, "hold", _no_lock)
        lost = sum(bool(why(number, "free")) for number in range(control))
    shows(
        "writers", what, trials=count, broken=broken,
        without="no lock is taken", control=(control, lost),
        figures=f"the other is told the process {named} times; else that one had ended",
    )  # fmt: skip


def test_a_lock_dies_with_its_owner(
    trials: Callable[[int, int], int],
    shows: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []

    def why(number: int) -> str:
        path = tmp_path / f"lock-{number}"
        owner, worker = _owner_with_a_child(path)
        try:
            try:
                with locks.hold(path, "it"):
                    return "two hold it"
            except ArtcliError as error:
                if f"pid {owner}:" not in str(error):
                    return f"not told who holds it: {error}"
            noted: list[str] = []

            def note(said: str) -> None:  # whoever waits is told, and only then the owner dies
                noted.append(said)
                os.kill(owner, signal.SIGKILL)
                os.waitpid(owner, 0)
                noted.append(str(time.perf_counter()))

            with monkeypatch.context() as patch:
                patch.setattr(locks.console, "note", note)
                with locks.hold(path, "it", wait=True):  # although the owner's child lives on
                    waits.append(time.perf_counter() - float(noted[1]))
            told = noted[0].startswith(f"waiting for another process (pid {owner}:")
            return "" if told else f"a waiter is told {noted[0]}"
        except ArtcliError as error:
            return str(error)
        finally:
            os.kill(worker, signal.SIGKILL)

    monkeypatch.setattr(locks, "_PATIENCE", 0.2)
    count, control = trials(3, 50), trials(1, 5)
    broken = [said for number in range(count) if (said := why(number))]
    longest = max(waits, default=0.0)
    with monkeypatch.context() as patch:
        patch.setattr(locks, "hold", _by_a_file_alone)
        lost = sum(bool(why(number)) for number in range(100, 100 + control))
    shows(
        "writers", "a lock whose owner is killed, and whose child lives on",
        trials=count, broken=broken, without="a file that is there is the lock",
        control=(control, lost), figures=f"free after {1000 * longest:.0f} ms at most",
    )  # fmt: skip


def _owner_with_a_child(path: Path) -> tuple[int, int]:
    """A forked process that holds `path`, and one forked by it, as loaders are."""
    here, there = os.pipe()
    owner = os.fork()
    if owner == 0:
        with locks.hold(path, "it"):
            child = os.fork()
            if child:
                os.write(there, str(child).encode())
            while True:
                time.sleep(60)
    os.close(there)
    child = int(os.read(here, 32))
    os.close(here)
    return owner, child


def _race(work: Callable[[int], object], number: int) -> list[Outcome]:
    """What came of `work(0)` and `work(1)`, each in a forked process of its own, begun at once but
    for a few random milliseconds: its `pid`, and `value`, what it was `told`, or an `error`."""
    offsets = np.random.default_rng(number).uniform(0, 0.004, 2)
    gate, opened = os.pipe()
    children = []
    for writer in (0, 1):
        here, there = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(opened)
            os.read(gate, 1)  # until it is closed
            time.sleep(offsets[writer])
            os.write(there, json.dumps(_tried(work, writer)).encode())
            os._exit(0)
        os.close(there)
        children.append((child, here))
    os.close(gate)
    os.close(opened)
    found = []
    for child, here in children:
        with os.fdopen(here, "rb") as file:
            said = file.read()
        os.waitpid(child, 0)
        found.append({"pid": child, **json.loads(said or '{"error": "it died"}')})
    return found


def _tried(work: Callable[[int], object], writer: int) -> Outcome:
    try:
        return {"value": work(writer)}
    except ArtcliError as error:
        return {"told": str(error)}
    except BaseException as error:
        return {"error": repr(error)}


def _call(workspace: Workspace, words: Sequence[str]) -> list[Any]:
    """The exit code, and what was said."""
    answer = artcli(*words, "-w", workspace.root)
    return [answer.code, " ".join(f"{answer.out} {answer.err}".split())]


def _half_trained(fresh: Workspace, place: Path, seed: int) -> Workspace:
    """A copy with a run x that has ended after the first of its epochs."""
    workspace, plain = linked_copy(fresh, place), loop.train_step

    def step(fabric: Any, parts: Any, plan: Any, done: int, taken: Any) -> dict[str, float]:
        if done == plan.steps_per_epoch:
            raise ArtcliError("ended here")
        return plain(fabric, parts, plan, done, taken)

    def train(_writer: int) -> object:
        loop.train_step = step
        return _call(workspace, CALLS["train, of one name"][0])

    ended = _race(lambda writer: train(writer) if writer else [], seed)[1]["value"]
    assert ended[0] == 1
    assert "ended here" in ended[1]
    return workspace


def _weights(workspace: Workspace) -> dict[str, str]:
    files = [
        *workspace.run_dir("x").rglob("*.safetensors"),
        *workspace.predictions_dir("x").glob("*.npz"),
        *workspace.generated_dir("x").glob("**/*.[jpc][pns][gv]"),
    ]
    return {str(file.relative_to(workspace.root)): sha256_file(file) for file in files}


def _write_slowly(folder: Path, writer: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.toml").write_text(f"seed = {writer}\n")
    time.sleep(0.02)
    (folder / "run.json").write_text(json.dumps({"by": writer}))


def _no_lock(*_arguments: object, **_named: object) -> Any:
    return nullcontext()


@contextmanager
def _by_a_file_alone(path: Path, what: str, *, wait: bool = False) -> Iterator[None]:
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        if wait:
            locks.console.note("waiting")
        raise ArtcliError(f"{what} is in use by pid {path.read_text()}:") from None
    path.write_text(str(os.getpid()))
    try:
        yield
    finally:
        path.unlink()
