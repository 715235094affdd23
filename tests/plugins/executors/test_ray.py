"""A Ray cluster of this machine, really started: one for all tests but the last."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from artcli.errors import ArtcliError, UsageError
from artcli.plugin import Job
from artcli_plugins.executors.ray import _Task, ray
from artcli_plugins.executors.ray_cluster import connected, room
from artcli_plugins.executors.ray_desk import Lines
from artcli_plugins.executors.serial import serial

TESTS = Path(__file__).parents[2]
# What a user's command does; it starts a cluster of its own and stops it.
PARENT = """
import json, sys
from artcli.errors import ArtcliError
from artcli.plugin import Job
from artcli_plugins.executors.ray import ray

jobs = [Job(**job) for job in json.loads(sys.argv[1])]
try:
    ray(threads=1, gpus=0).run(jobs, lambda job, _: print(job.name, "done", flush=True))
except ArtcliError as error:
    print(error.exit_code, error.message, error.hint)
    sys.exit(error.exit_code)
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    pytest.importorskip("ray", reason="the extra ray is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_task_retry_delay_ms", "100")
        patch.setattr("artcli_plugins.executors.ray_cluster.cores", lambda: 2)
        with connected(None):
            yield


@pytest.mark.usefixtures("cluster")
def test_torch_computes_the_same_as_in_turn_on_as_many_threads() -> None:
    jobs = [Job(f"fold {n}", "jobs_to_do:compute", {"seed": n}) for n in range(2)]
    in_turn = serial(threads=2).run(jobs, lambda *_: None)
    assert ray(threads=2).run(jobs, lambda *_: None) == in_turn
    assert [result["threads"] for result in in_turn] == [2, 2]


@pytest.mark.usefixtures("cluster")
def test_the_job_of_a_worker_that_is_lost_begins_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = [
        Job("fold 0", "jobs_to_do:die_once", {"folder": str(tmp_path)}),
        Job("fold 1", "jobs_to_do:chat", {"text": "[0.5] well"}),
    ]
    told: list[str] = []
    assert ray(threads=1).run(jobs, lambda job, _: told.append(job.name)) == [2, "[0.5] well"]
    assert sorted(told) == ["fold 0", "fold 1"]
    captured = capsys.readouterr()
    lines = captured.err.splitlines()
    assert [line for line in lines if line.startswith("fold 1")] == ["fold 1 │ [0.5] well"] * 2
    (again,) = [line for line in lines if line.startswith("fold 0")]
    assert again.startswith("fold 0 │ its worker was lost; it begins again on ")
    assert captured.out == ""


@pytest.mark.usefixtures("cluster")
def test_a_worker_that_is_asked_to_go_lets_the_job_save_and_begin_again(tmp_path: Path) -> None:
    """As when a machine is taken away: the signal is for the worker, not for the whole work."""
    given = {"folder": str(tmp_path), "name": "a", "seconds": 6.0}
    asked = subprocess.Popen(
        [sys.executable, "-c", _ASK, str(tmp_path / "a.begun"), str(tmp_path / "a.saved")]
    )
    assert ray(threads=1).run([Job("fold 0", "jobs_to_do:train", given)], lambda *_: None) == ["a"]
    assert asked.wait() == 0
    assert (tmp_path / "a.saved").read_text() == str(int(signal.SIGTERM))


_ASK = """
import os, signal, sys, time
from pathlib import Path
begun, saved = map(Path, sys.argv[1:])
while not (begun.exists() and begun.read_text()):
    time.sleep(0.05)
os.kill(int(begun.read_text()), signal.SIGTERM)
while not saved.exists():
    time.sleep(0.05)
"""


@pytest.mark.usefixtures("cluster")
def test_a_job_whose_workers_are_always_lost_is_an_error_that_names_it() -> None:
    job = Job("fold 3", "jobs_to_do:die", {"number": int(signal.SIGKILL)})
    with pytest.raises(ArtcliError, match=r"^fold 3: its worker was lost") as caught:
        ray(threads=1, retries=1).run([job], lambda *_: None)
    assert "memory" in str(caught.value.hint)


@pytest.mark.usefixtures("cluster")
def test_a_jobs_own_error_is_not_tried_again(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ArtcliError, match="fold 3 failed: KeyError: 'weights'"):
        ray(threads=1).run([Job("fold 3", "jobs_to_do:crash", {"key": "weights"})], lambda *_: None)
    assert "begins again" not in capsys.readouterr().err


@pytest.mark.usefixtures("cluster")
def test_a_job_for_which_no_machine_has_room_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no machine .* has room for a job: CPUs 3, GPUs 0"):
        ray(threads=3).run([Job("a", "jobs_to_do:share")], lambda *_: None)


def test_ctrl_c_lets_all_jobs_save_on_a_cluster_of_its_own(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra ray is not installed")
    jobs = [
        {
            "name": f"fold {name}",
            "target": "jobs_to_do:train",
            "arguments": {"folder": str(tmp_path), "name": name},
        }
        for name in "ab"
    ]
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, json.dumps(jobs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    end = time.monotonic() + 100
    while not all((tmp_path / f"{name}.begun").exists() for name in "ab"):
        assert time.monotonic() < end
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert [(tmp_path / f"{name}.saved").read_text() for name in "ab"] == ["2", "2"]
    assert out.startswith("130 interrupted ")
    assert " is saved" in out
    assert "fold a │ training a" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("machines", "jobs", "threads", "gpus", "expected"),
    [
        ([{"CPU": 8}], 5, None, 0, (5, 1)),
        ([{"CPU": 8}], 2, None, 0, (2, 4)),
        ([{"CPU": 8}], 5, 4, 0, (2, 4)),
        ([{"CPU": 8}, {"CPU": 6}], 5, None, 0, (5, 2)),
        ([{"CPU": 16, "GPU": 2}], 5, None, 1, (2, 8)),
        ([{"CPU": 16, "GPU": 2}], 5, None, 0.5, (4, 4)),
        ([{"CPU": 64}, {"CPU": 16, "GPU": 2}, {"CPU": 8, "GPU": 2}], 5, None, 1, (4, 4)),
        ([{"CPU": 2}], 5, None, 0, (2, 1)),
    ],
)
def test_cpus_are_shared_out_among_the_jobs_that_go_at_once(
    machines: list[dict[str, float]],
    jobs: int,
    threads: int | None,
    gpus: float,
    expected: tuple[int, int],
) -> None:
    assert room(machines, jobs, threads, gpus) == expected


def test_gpus_that_no_machine_has_are_refused() -> None:
    with pytest.raises(UsageError, match="CPUs 1, GPUs 2"):
        room([{"CPU": 8, "GPU": 1}] * 4, 5, None, 2)


def test_lines_are_passed_on_whole() -> None:
    said: list[str] = []
    stream = Lines(said.append)
    for text in ("epoch", " 1\nepoch 2\n", "\nep"):
        print(text, end="", file=stream)
    assert said == ["epoch 1", "epoch 2", ""]


def test_a_cluster_that_is_lost_is_an_error_and_no_traceback() -> None:
    class Lost(Exception):
        pass

    def fail(*_: object, **__: object) -> None:
        raise Lost("the head node is gone\nand more")

    failures = SimpleNamespace(RayError=Lost, RayTaskError=type("OfATask", (Lost,), {}))
    cluster = SimpleNamespace(exceptions=failures, wait=fail, get=fail, cancel=fail)
    task = _Task(cluster, SimpleNamespace(tell=SimpleNamespace(remote=fail)), "fold 1", "its id")
    assert task.has_ended()
    with pytest.raises(ArtcliError, match=r"^fold 1: its worker was lost: the head node is gone$"):
        task.result()
    task.tell(2)
    task.kill()


def test_without_the_package_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ArtcliError, match="needs the package ray") as caught:
        ray().run([], lambda *_: None)
    assert caught.value.hint == "install it: pip install 'artcli[ray]'"
