"""Processes side by side: what they share out, what stops them, and what is said of their end."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from artcli.errors import ArtcliError
from artcli.plugin import Job
from artcli_plugins.executors import processes as module
from artcli_plugins.executors.processes import processes, visible_gpus
from artcli_plugins.executors.serial import serial


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


TESTS = Path(__file__).parents[2]
# What a user's command does, in a process group of its own, as a shell starts one.
PARENT = """
import json, sys
from artcli.errors import ArtcliError
from artcli.plugin import Job
from artcli_plugins.executors.processes import processes

jobs = [Job(**job) for job in json.loads(sys.argv[1])]
try:
    processes(jobs=2, threads=1).run(jobs, lambda job, _: print(job.name, "done", flush=True))
except ArtcliError as error:
    print(error.exit_code, error.message, error.hint)
    sys.exit(error.exit_code)
"""


def trained(folder: Path, *names: str, seconds: float = 30.0) -> list[Job]:
    return [
        Job(
            f"fold {name}",
            "jobs_to_do:train",
            {"folder": str(folder), "name": name, "seconds": seconds},
        )
        for name in names
    ]


def started(jobs: list[Job]) -> subprocess.Popen[str]:
    words = json.dumps([vars(job) for job in jobs])
    return subprocess.Popen(
        [sys.executable, "-c", PARENT, words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )


def appear(*paths: Path) -> None:
    end = time.monotonic() + 60
    while not all(path.exists() and path.read_text() for path in paths):
        assert time.monotonic() < end, f"{[path.name for path in paths]} do not appear"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_each_job_once_and_all_save(
    number: signal.Signals, tmp_path: Path
) -> None:
    """It goes to the whole group, as Ctrl-C in a terminal does; a second one would kill a run."""
    process = started(trained(tmp_path, "a", "b", "c"))
    appear(tmp_path / "a.begun", tmp_path / "b.begun")
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert (tmp_path / "a.saved").read_text() == (tmp_path / "b.saved").read_text() == str(+number)
    assert not (tmp_path / "c.begun").exists()
    assert out.startswith(f"{128 + number} interrupted ")
    assert " is saved" in out
    assert "waiting for 2 jobs to save and stop" in err
    assert "Traceback" not in err


def test_the_second_signal_ends_all_at_once(tmp_path: Path) -> None:
    process = started(trained(tmp_path, "a", "b"))
    appear(tmp_path / "a.begun", tmp_path / "b.begun")
    children = [int((tmp_path / f"{name}.begun").read_text()) for name in "ab"]
    os.kill(process.pid, signal.SIGINT)
    time.sleep(0.4)  # they save; sooner, it would count as the first
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert not any(map(is_running, children))
    assert not list(tmp_path.glob("*.saved"))


def test_jobs_save_and_stop_when_their_parent_is_killed(tmp_path: Path) -> None:
    process = started(trained(tmp_path, "a", "b"))
    appear(tmp_path / "a.begun", tmp_path / "b.begun")
    process.kill()
    process.communicate(timeout=60)
    appear(tmp_path / "a.saved", tmp_path / "b.saved")
    assert (tmp_path / "a.saved").read_text() == str(int(signal.SIGTERM))


def test_one_job_that_is_interrupted_stops_the_others(tmp_path: Path) -> None:
    process = started(trained(tmp_path, "a", "b", "c"))
    appear(tmp_path / "a.begun", tmp_path / "b.begun")
    os.kill(int((tmp_path / "a.begun").read_text()), signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert "a is saved" in out
    assert (tmp_path / "b.saved").exists()
    assert not (tmp_path / "c.begun").exists()


def test_a_job_that_the_system_kills_is_named_and_those_beside_it_end(tmp_path: Path) -> None:
    jobs = [
        Job("fold 0", "jobs_to_do:die", {"number": int(signal.SIGKILL)}),
        *trained(tmp_path, "1", "2", seconds=1.0),
    ]
    told = []
    with pytest.raises(ArtcliError) as caught:
        processes(jobs=2, threads=1).run(jobs, lambda job, result: told.append((job.name, result)))
    assert caught.value.message == ("fold 0: its process was killed (SIGKILL) before it was done")
    assert "processes:jobs=1" in str(caught.value.hint)
    assert told == [("fold 1", "1")]
    assert not (tmp_path / "2.begun").exists()


@pytest.mark.parametrize(
    ("job", "how"),
    [
        (Job("a", "jobs_to_do:die", {"number": int(signal.SIGABRT)}), "by SIGABRT"),
        (Job("a", "jobs_to_do:leave", {"code": 3}), "with exit code 3"),
    ],
)
def test_any_other_end_is_told_as_it_was(job: Job, how: str) -> None:
    with pytest.raises(ArtcliError, match=f"^a: its process ended {how} before it was done"):
        processes(jobs=1).run([job], lambda *_: None)


def test_several_failures_are_all_told(capsys: pytest.CaptureFixture[str]) -> None:
    jobs = [Job(f"fold {n}", "jobs_to_do:crash", {"key": f"key-{n}"}) for n in range(2)]
    with pytest.raises(ArtcliError, match="failed: KeyError: 'key-") as caught:
        processes(jobs=2).run(jobs, lambda *_: None)
    other = "key-1" if "key-0" in caught.value.message else "key-0"
    assert f"failed: KeyError: '{other}'" in capsys.readouterr().err


def test_what_a_job_says_stands_under_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    job = Job("fold 0", "jobs_to_do:chat", {"text": "loss [0.5] :fire:"})
    assert processes(jobs=1).run([job], lambda *_: None) == ["loss [0.5] :fire:"]
    captured = capsys.readouterr()
    assert captured.err.splitlines() == ["fold 0 │ loss [0.5] :fire:"] * 2
    assert captured.out == ""


def test_torch_computes_the_same_as_in_turn_on_as_many_threads() -> None:
    import torch

    jobs = [Job(f"fold {n}", "jobs_to_do:compute", {"seed": n}) for n in range(2)]
    before = torch.get_num_threads()
    in_turn = serial(threads=before + 2).run(jobs, lambda *_: None)
    assert [result["threads"] for result in in_turn] == [before + 2] * 2
    assert torch.get_num_threads() == before
    assert processes(jobs=2, threads=before + 2).run(jobs, lambda *_: None) == in_turn


def test_cores_are_shared_out_among_the_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "cores", lambda: 6)
    jobs = [Job(f"fold {n}", "jobs_to_do:share") for n in range(2)]
    for executor, threads in (
        (processes(), "3"),
        (processes(jobs=1), "6"),
        (processes(jobs=1, threads=2), "2"),
    ):
        assert executor.run(jobs, lambda *_: None) == [["", threads], ["", threads]]


def test_each_job_has_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three jobs, two GPUs: the third gets that of the first that ends."""
    monkeypatch.setattr(module, "visible_gpus", lambda: ["4", "GPU-aa"])
    jobs = [
        Job(f"fold {n}", "jobs_to_do:share", {"seconds": seconds})
        for n, seconds in enumerate((3.0, 0.0, 0.0))
    ]
    order: list[str] = []
    results = processes().run(jobs, lambda job, _: order.append(job.name))
    assert [gpu for gpu, _ in results] == ["4", "GPU-aa", "GPU-aa"]
    assert order == ["fold 1", "fold 2", "fold 0"]


def test_more_jobs_than_gpus_share_them_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "visible_gpus", lambda: ["0", "1"])
    jobs = [Job(f"fold {n}", "jobs_to_do:share", {"seconds": 1.0}) for n in range(4)]
    results = processes(jobs=4).run(jobs, lambda *_: None)
    assert [gpu for gpu, _ in results] == ["0", "1", "0", "1"]


def test_on_the_cpu_no_gpu_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """One GPU, four cores: two jobs go at once, on two threads each."""
    monkeypatch.setattr(module, "visible_gpus", lambda: ["0"])
    monkeypatch.setattr(module, "cores", lambda: 4)
    jobs = [Job(f"fold {n}", "jobs_to_do:share", {"device": "cpu"}) for n in range(2)]
    assert processes().run(jobs, lambda *_: None) == [["", "2"]] * 2


def test_gpus_are_named_as_this_process_sees_them(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert visible_gpus() == ["0", "1"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    assert visible_gpus() == ["3", "5"]
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert visible_gpus() == []


def test_nothing_to_do_is_done() -> None:
    assert processes().run([], lambda *_: None) == []
