"""A job is text: called here or by a process of its own, its outcome is the same."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from artcli.errors import ArtcliError, Interrupted, UsageError
from artcli.host.jobs import Job, call_job, result_of, try_job

SMALL = "artcli.host.small_jobs"


def started(job: Job) -> subprocess.Popen[str]:
    """The program, with `job` asked for and its standard input open."""
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        [sys.executable, "-m", "artcli.host.jobs"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(vars(job)) + "\n")
    process.stdin.flush()
    return process


def answered(job: Job) -> tuple[dict[str, Any], str]:
    """What the program says of `job`: its outcome, and its standard error."""
    return ended(started(job))


def ended(process: subprocess.Popen[str]) -> tuple[dict[str, Any], str]:
    assert process.stdout is not None
    assert process.stderr is not None
    outcome = json.loads(process.stdout.read())
    said = process.stderr.read()
    assert process.wait() == 0
    return outcome, said


def appears(path: Path) -> None:
    end = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} does not appear"
        time.sleep(0.02)


def test_a_job_is_called_with_its_arguments() -> None:
    job = Job("echo", f"{SMALL}:echo", {"value": ["Künstler", 1.5, None]})
    assert call_job(job) == {"value": ["Künstler", 1.5, None]}
    assert answered(job)[0] == {"result": {"value": ["Künstler", 1.5, None]}}


def test_a_result_is_here_what_it_would_be_from_elsewhere() -> None:
    assert call_job(Job("pair", "builtins:dict", {"pair": (1, 2)})) == {"pair": [1, 2]}
    with pytest.raises(ArtcliError, match=r"folder failed: TypeError: .* not JSON serializable"):
        call_job(Job("folder", "pathlib:Path"))


def test_what_cannot_travel_is_refused_when_the_job_is_made() -> None:
    with pytest.raises(ValueError, match=r"package\.module:function"):
        Job("a", "artcli.host.small_jobs")
    with pytest.raises(TypeError, match="JSON"):
        Job("a", f"{SMALL}:echo", {"value": Path("a")})


@pytest.mark.parametrize("hint", ["look elsewhere", None])
def test_a_jobs_error_comes_back_as_it_was(hint: str | None) -> None:
    job = Job("a", f"{SMALL}:refuse", {"message": "no such thing", "hint": hint})
    for outcome in (try_job(job), answered(job)[0]):
        with pytest.raises(UsageError) as caught:
            result_of(outcome)
        assert (caught.value.message, caught.value.hint) == ("no such thing", hint)
        assert caught.value.exit_code == 2
        assert "in refuse" in caught.value.__notes__[0]  # for --debug


def test_any_other_error_names_the_job_and_keeps_its_traceback() -> None:
    outcome, said = answered(Job("fold 3", "jobs_to_do:crash", {"key": "weights"}))
    with pytest.raises(ArtcliError, match=r"^fold 3 failed: KeyError: 'weights'") as caught:
        result_of(outcome)
    assert "in crash" in caught.value.__notes__[0]
    assert said == ""


def test_a_module_that_is_not_there_is_such_an_error() -> None:
    with pytest.raises(ArtcliError, match=r"a failed: ModuleNotFoundError: .*nowhere"):
        call_job(Job("a", "nowhere:at_all"))


def test_what_a_job_prints_does_not_mix_with_its_outcome() -> None:
    outcome, said = answered(Job("a", "jobs_to_do:chat", {"text": "hello"}))
    assert outcome == {"result": "hello"}
    assert said.splitlines() == ["hello", "hello"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("target", "hint"), [("train", "fold-0 is saved"), ("idle", None)], ids=["run", "other"]
)
def test_a_signal_interrupts_a_job(
    number: signal.Signals, target: str, hint: str | None, tmp_path: Path
) -> None:
    given = {"folder": str(tmp_path)} | ({"name": "fold-0"} if target == "train" else {})
    process = started(Job("a", f"jobs_to_do:{target}", given))
    appears(tmp_path / ("fold-0.begun" if target == "train" else "idle.begun"))
    process.send_signal(number)
    outcome, said = ended(process)
    with pytest.raises(Interrupted) as caught:
        result_of(outcome)
    assert (caught.value.exit_code, caught.value.hint) == (128 + number, hint)
    assert "Traceback" not in said


def test_ctrl_c_in_this_process_is_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", stop)
    with pytest.raises(Interrupted) as caught:
        call_job(Job("a", f"{SMALL}:echo", {"value": 1}))
    assert caught.value.exit_code == 130


def test_a_job_that_nobody_waits_for_saves_and_stops(tmp_path: Path) -> None:
    given = {"folder": str(tmp_path), "name": "fold-0"}
    process = started(Job("a", "jobs_to_do:train", given))
    appears(tmp_path / "fold-0.begun")
    for stream in (process.stdout, process.stderr, process.stdin):
        assert stream is not None
        stream.close()
    process.wait(timeout=30)
    assert (tmp_path / "fold-0.saved").read_text() == str(int(signal.SIGTERM))
