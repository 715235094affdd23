"""A process that a command started is killed: it is named, soon, and nothing else is lost."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch._dynamo  # imported before any fork: it starts threads
from command_line import artcli
from painted import MODEL, PLAIN_MODEL, linked_copy, painted_workspace
from run_endings import run_ending
from told_to_end import MOST_SECONDS, Sent, begun, end_of, ended

from artcli.contest import workers
from artcli.errors import ArtcliError
from artcli.training import devices, run
from artcli.workspace.paths import Workspace
from artcli_plugins.executors.child import Child

SMALL = ("--epochs", "6", "--crops", "1", "--batch-size", "6", "--folds", "4")
RECIPE = (
    "--model", MODEL, "--mixer", "cutmix", "--sampler", "log", "--image-size", "32", *SMALL,
)  # fmt: skip
PLAIN = ("--model", PLAIN_MODEL, "--head", "layernorm:dropout=0", "--image-size", "64", *SMALL)
SOON = 10.0  # seconds
UNTOLD = """
import re, sys
from artcli.training import devices
devices._PEER_GONE = re.compile("(?!)")
from artcli.__main__ import main
main()
"""


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)  # forked children cannot use the threads of their parent


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with pixels and folds made, by a run that also warms this process up."""
    workspace = painted_workspace(tmp_path_factory.mktemp("dead") / "fresh", each=6, pieces=4)
    warm = artcli("train", "-w", workspace.root, "--name", "x", *RECIPE, "--workers", "0")
    assert warm.code == 0, warm.err
    shutil.rmtree(workspace.run_dir("x"))
    shutil.rmtree(workspace.predictions_dir("x"))
    return workspace


def test_a_loader(
    fresh: Workspace,
    trials: Callable[[int, int], int],
    seed: int,
    shows: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log, longest = tmp_path / "log", 0.0

    def words(workspace: Workspace) -> list[str]:
        return ["train", "--name", "x", *RECIPE, "-w", str(workspace.root), "--workers", "2"]

    def first_loader(child: int) -> float:
        """When it was there."""
        _wait_for(lambda: _children(child) or None)
        return time.perf_counter()

    whole = linked_copy(fresh, tmp_path / "whole")
    child = begun(words(whole), log)
    since = first_loader(child)
    _wait_for(lambda: True if not _running(_children(child)) else None)
    they_live = time.perf_counter() - since
    assert end_of(child, log, ()).code == 0
    ending = run_ending(whole)

    def why(number: int, moment: float, place: str) -> str | None:
        nonlocal longest
        workspace = linked_copy(fresh, tmp_path / place)
        child = begun(words(workspace), log)
        first_loader(child)
        time.sleep(moment * they_live)
        loader = _kill(_children(child)[number % 2 :])
        killed = time.perf_counter()
        end = end_of(child, log, ())
        if end.code == 0 and run_ending(workspace) == ending:
            return None
        longest = max(longest, time.perf_counter() - killed)
        if wrong := _badly_told(end.code, end.said, f"a loader process \\(pid {loader}\\) died"):
            return f"{number}: {wrong}"
        if (hinted := end.goes_on(())) is None:
            return f"{number}: it does not say how to go on: {end.said[-300:]}"
        last = ended(hinted, log)
        if last.code:
            return f"{number}: resumed, it ended with {last.code}: {last.said[-300:]}"
        return "" if run_ending(workspace) == ending else f"{number}: other bits"

    count = trials(1, 15)
    broken = _tried(why, count, seed, "safe")
    if longest > SOON:
        broken.append(f"it took {longest:.1f} s")
    figures = f"told in {longest:.1f} s at most"
    monkeypatch.setattr(run, "dead_loader", lambda _error: None)
    tried = trials(1, 3)
    lost = len(_tried(why, tried, seed, "unsafe"))
    shows(
        "dead",
        "a loader process of `train`, killed at random moments of its life; the run resumed as "
        "its error says",
        trials=count,
        broken=broken,
        without="torch's error is passed on",
        control=(tried, lost),
        figures=figures,
    )


def test_a_process_that_reads_pictures(
    trials: Callable[[int, int], int],
    seed: int,
    shows: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    longest = 0.0

    def read() -> list[None]:
        return list(workers.work(time.sleep, [0.005] * 200, "Reading", workers=2, alone_below=0))

    started = time.perf_counter()
    whole = read()
    they_live = time.perf_counter() - started

    def why(number: int, moment: float, _place: str) -> str | None:
        nonlocal longest
        killed: list[float] = []  # when, and whom

        def kill() -> None:
            _wait_for(lambda: _spawned(os.getpid()) or None)
            time.sleep(moment * they_live)
            killed[:] = time.perf_counter(), _kill(_spawned(os.getpid())[number % 2 :])

        thread = threading.Thread(target=kill)
        thread.start()
        try:
            found: Any = read()
        except Exception as error:
            found = error
        over = time.perf_counter()
        thread.join()
        if found == whole:
            return None
        longest = max(longest, over - killed[0])
        told = f"a process (pid {killed[1]}) was killed (SIGKILL) while reading"
        named = isinstance(found, ArtcliError) and found.message == told
        return "" if named else f"{number}: {found!r}"

    count = trials(1, 20)
    broken = _tried(why, count, seed, "safe")
    again = list(workers.work(abs, [-1] * 10, "Reading", workers=2, alone_below=0))
    broken += [] if again == [1] * 10 else ["the same call does not work any more"]
    broken += [f"it took {longest:.1f} s"] if longest > SOON else []
    figures = f"told in {longest:.1f} s at most"
    monkeypatch.setattr(workers, "BrokenProcessPool", ZeroDivisionError)
    shows(
        "dead",
        "a process of those that read pictures, killed at random moments of its life",
        trials=count,
        broken=broken,
        without="the pool's error is passed on",
        control=(1, len(_tried(why, 1, seed, "unsafe"))),
        figures=figures,
    )


def test_a_fold(
    fresh: Workspace,
    full: bool,
    seed: int,
    shows: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not full:
        pytest.skip("starts two processes a dozen times, 15 s each; make faults has it")
    log, longest = tmp_path / "log", 0.0

    def words(workspace: Workspace) -> list[str]:
        how = ["--workers", "0", "--executor", "processes:jobs=2,threads=1"]
        return ["kfold", "-w", str(workspace.root), "--name", "x", *RECIPE, *how]

    def outcome(workspace: Workspace) -> list[bytes]:
        return [(workspace.predictions_dir("x") / f"{w}.npz").read_bytes() for w in ("oof", "test")]

    whole = linked_copy(fresh, tmp_path / "whole")
    child = begun(words(whole), log)
    folds = _wait_for(lambda: _two_folds(child))
    since = time.perf_counter()
    _wait_for(lambda: True if len(_running(folds)) < 2 else None)
    they_live = time.perf_counter() - since
    assert end_of(child, log, ()).code == 0
    expected = outcome(whole)

    def why(number: int, moment: float, place: str) -> str | None:
        nonlocal longest
        workspace = linked_copy(fresh, tmp_path / place)
        child = begun(words(workspace), log)
        folds = _wait_for(lambda: _two_folds(child))
        time.sleep(moment * they_live)
        chosen, took = number % 2, 0.0  # they begin in order
        killed = time.perf_counter()
        if _kill(folds[chosen : chosen + 1]):
            told = f"fold {chosen}: its process was killed"
            _wait_for(lambda: True if told in log.read_text() or not _running([child]) else None)
            took = time.perf_counter() - killed
        end = end_of(child, log, ())
        if end.code == 0 and outcome(workspace) == expected:
            return None
        longest = max(longest, took)
        if wrong := _badly_told(end.code, end.said, f"fold {chosen}: its process was killed"):
            return f"{number}: {wrong}"
        beside = workspace.run_dir("x") / f"fold-{1 - chosen}" / "result.json"
        if not beside.exists():
            return f"{number}: the fold beside it was not brought to its end"
        kept = beside.stat().st_mtime_ns
        again = ended(words(workspace), log)
        if again.code:
            return f"{number}: called again, it ended with {again.code}: {again.said[-300:]}"
        if beside.stat().st_mtime_ns != kept:
            return f"{number}: the fold beside it was trained again"
        return "" if outcome(workspace) == expected else f"{number}: other predictions"

    count = 4
    broken = _tried(why, count, seed, "safe")
    if longest > SOON:
        broken.append(f"it took {longest:.1f} s")
    figures = f"told in {longest:.1f} s at most"
    monkeypatch.setattr(Child, "result", lambda _self: {})
    shows(
        "dead",
        "a fold's process of `kfold --executor processes`, killed at random moments of its life; "
        "the command called again",
        trials=count,
        broken=broken,
        without="a process that died counts as done",
        control=(1, len(_tried(why, 1, seed, "unsafe"))),
        figures=figures,
    )


def test_a_rank(
    fresh: Workspace,
    full: bool,
    seed: int,
    shows: Callable[..., None],
    tmp_path: Path,
) -> None:
    if not full:
        pytest.skip("starts torchrun a dozen times, 15 s each; make faults has it")
    longest = 0.0
    driver = tmp_path / "untold.py"
    driver.write_text(UNTOLD)

    def start(workspace: Workspace, program: Sequence[str]) -> subprocess.Popen[str]:
        more = ["--workers", "0", "-w", str(workspace.root)]
        begun_before = (workspace.run_dir("x") / "recipe.toml").exists()
        words = ["--resume", "x"] if begun_before else ["--name", "x", *PLAIN]
        launch = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        return subprocess.Popen(
            [*launch, "--nproc-per-node", "2", *program, "train", *words, *more],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip

    def wait_for(workspace: Workspace, name: str, process: subprocess.Popen[str]) -> float:
        """When that file of the fold was there."""
        file = workspace.run_dir("x") / "fold-0" / name
        _wait_for(lambda: file.exists() or process.poll() is not None or None)
        return time.perf_counter()

    whole = linked_copy(fresh, tmp_path / "whole")
    process = start(whole, ["-m", "artcli"])
    since = wait_for(whole, "last.json", process)
    they_train = wait_for(whole, "result.json", process) - since
    said = process.communicate()[1]
    ending = run_ending(whole)
    assert ending["history"], said
    program = ["-m", "artcli"]

    def why(number: int, moment: float, place: str) -> str | None:
        nonlocal longest
        workspace = linked_copy(fresh, tmp_path / place)
        process = start(workspace, program)
        wait_for(workspace, "last.json", process)
        time.sleep(moment * they_train)
        chosen = number % 2
        killed = time.perf_counter()
        there = _kill([pid for pid in _children(process.pid) if _rank(pid) == chosen])
        over = (workspace.run_dir("x") / "fold-0" / "result.json").exists()
        said = process.communicate()[1]
        if over or not there:
            return None
        longest = max(longest, time.perf_counter() - killed)
        if wrong := _badly_told(process.returncode, _by_ranks(said), "another rank has"):
            return f"{number}: {wrong}"
        if "train --resume x --fold 0" not in _by_ranks(said):
            return f"{number}: it does not say how to go on: {_by_ranks(said)}"
        if not re.search(rf"rank +: {chosen} .*\n.*-9", said):
            return f"{number}: the rank is not named: {said[-600:]}"
        resumed = start(workspace, ["-m", "artcli"])
        said = resumed.communicate()[1]
        if resumed.returncode:
            return f"{number}: resumed, it ended with {resumed.returncode}: {said[-600:]}"
        return "" if run_ending(workspace) == ending else f"{number}: other bits"

    count, tried = 4, 1
    broken = _tried(why, count, seed, "safe")
    if longest > SOON:
        broken.append(f"it took {longest:.1f} s")
    figures = f"told in {longest:.1f} s at most"
    program = [str(driver)]
    lost = len(_tried(why, tried, seed, "unsafe"))
    shows(
        "dead",
        "one of two ranks under torchrun, killed at random moments from the first save to the end "
        "of training; the run resumed",
        trials=count,
        broken=broken,
        without="what torch says of a lost rank is passed on",
        control=(tried, lost),
        figures=figures,
    )


def test_a_rank_that_another_waits_for(
    fresh: Workspace,
    shows: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """This process is torchrun, which tells the first rank to end when the second has died."""
    log = tmp_path / "log"

    def why(place: str) -> str:
        store = torch.distributed.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
        said = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": store.port, "RANK": 0, "LOCAL_RANK": 0,
                "WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2, "GROUP_RANK": 0,
                "TORCHELASTIC_RUN_ID": "x", "TORCHELASTIC_USE_AGENT_STORE": True}  # fmt: skip
        for name, value in said.items():
            monkeypatch.setenv(name, str(value))
        workspace, keys = linked_copy(fresh, tmp_path / place), store.num_keys()
        words = ["train", "--name", "x", *PLAIN, "--workers", "0", "-w", str(workspace.root)]
        child = begun(words, log)
        _wait_for(lambda: store.num_keys() > keys or None)
        time.sleep(0.2)
        end = end_of(child, log, (Sent(signal.SIGTERM, 0), Sent(signal.SIGKILL, 2.5)))
        if end.code != 143:
            return f"it ended with {end.code}, {end.sent} signals: {end.said[-600:]}"
        told = end.said.strip().splitlines()
        wanted = "rank 0 was ended while it waited" in end.said and "call it again" in told[-1]
        return "" if wanted and len(told) == 2 else f"it said {told}"

    broken = [said for said in (why("safe"),) if said]
    monkeypatch.setattr(devices, "ended_while_deaf", lambda _say: nullcontext())
    shows(
        "dead",
        "a rank that another waits for to begin, told to end by torchrun",
        trials=1,
        broken=broken,
        without="signals wait until torch has met the other rank",
        control=(1, int(bool(why("unsafe")))),
    )


def _tried(
    why: Callable[[int, float, str], str | None], count: int, seed: int, place: str
) -> list[str]:
    """What `why(number, moment, place)` says to be wrong in so many trials.

    Moments are random shares of the time in which the victim lives when nobody disturbs it; where
    `why` says None, the victim had done its work, and another moment is drawn.
    """
    broken = []
    for number in range(count):
        moments = np.random.default_rng((seed, number)).uniform(size=20)
        said = (why(number, moment, f"{place}-{number}-{m}") for m, moment in enumerate(moments))
        broken.append(next(one for one in said if one is not None))
    return [said for said in broken if said]


def _by_ranks(said: str) -> str:
    """What ranks said, without torchrun's own log and summary."""
    before = re.split(r"^E\d{4} ", said, maxsplit=1, flags=re.MULTILINE)[0]
    return "".join(re.findall(r"^(?!W\d{4} ).*\n", before, re.MULTILINE))


def _badly_told(code: int, said: str, wanted: str) -> str:
    """What is wrong with an error: its exit code, its length, what it does not say; "" if none."""
    if code != 1:
        return f"it ended with {code}: {said[-300:]}"
    if "Traceback" in said or "internal error" in said:
        return f"it said {said[-600:]}"
    told = said[said.find("error:") :].strip().splitlines()
    if not re.search(wanted, told[0]):
        return f"it does not say {wanted!r}: {said[-300:]}"
    return "" if len(told) == 2 else f"{len(told)} lines: {told}"


def _wait_for(found: Callable[[], Any]) -> Any:
    """What `found` gives, as soon as it is something."""
    end = time.perf_counter() + 3 * MOST_SECONDS
    while (there := found()) is None:
        assert time.perf_counter() < end, "it never came"
        time.sleep(0.002)
    return there


def _children(parent: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{parent}/task").iterdir())
        return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
    except OSError:
        return []


def _spawned(parent: int) -> list[int]:
    """The children that a pool has started, without what keeps track of its resources."""
    return [pid for pid in _children(parent) if b"spawn_main" in _read(pid, "cmdline")]


def _two_folds(parent: int) -> list[int] | None:
    """The processes of folds, once there are two."""
    found = [pid for pid in _children(parent) if b"artcli.host.jobs" in _read(pid, "cmdline")]
    return found if len(found) >= 2 else None


def _running(pids: Sequence[int]) -> list[int]:
    """Those that have not ended, be it that nobody has asked how they did."""
    return [pid for pid in pids if _read(pid, "stat").rpartition(b") ")[2][:1] not in b"ZX"]


def _kill(pids: Sequence[int]) -> int:
    """Kill the first that runs; its number, or 0 where none does."""
    for pid in _running(pids)[:1]:
        os.kill(pid, signal.SIGKILL)
        return pid
    return 0


def _rank(pid: int) -> int | None:
    found = re.search(rb"(?:^|\0)RANK=(\d+)", _read(pid, "environ"))
    return int(found[1]) if found else None


def _read(pid: int, what: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except OSError:
        return b""
