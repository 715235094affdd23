"""One writer at a time, across processes."""

import subprocess
import sys
from pathlib import Path
from threading import Event, Thread, Timer

import pytest
from filelock import FileLock

from artcli.errors import ArtcliError
from artcli.workspace.locks import hold, is_held

HOLDER = """
import sys
from pathlib import Path
from artcli.workspace.locks import hold
with hold(Path(sys.argv[1]), "run first"):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(path: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_folder_that_cannot_be_made_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "cache").touch()
    lock = tmp_path / "cache" / "survey" / "lock"
    with pytest.raises(ArtcliError, match="lock: Not a directory"), hold(lock, "it"):
        pass


def test_a_second_process_is_refused_by_name_and_let_in_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "first.lock"
    with holder(path) as process:
        told = rf"run first is in use by another process \(pid {process.pid}: -c .*, since 20"
        with pytest.raises(ArtcliError, match=told), hold(path, "run first"):
            pass
        process.kill()
    with hold(path, "run first"):
        pass


def test_waiting_gets_the_lock_when_it_is_free(tmp_path: Path) -> None:
    path = tmp_path / "first.lock"
    with holder(path) as process:
        assert process.stdin is not None
        process.stdin.close()
        with hold(path, "run first", wait=True):
            pass


def test_who_only_looks_is_not_taken_for_a_holder(tmp_path: Path) -> None:
    path = tmp_path / "first.lock"
    with holder(path) as process:
        assert is_held(path)
        process.kill()
    looks = FileLock(path, thread_local=False)
    looks.acquire()
    Timer(0.01, looks.release).start()
    assert not is_held(path)


def test_who_only_looks_whether_a_lock_is_held_stops_nobody(tmp_path: Path) -> None:
    path, looking = tmp_path / "first.lock", Event()

    def look() -> None:
        while not looking.is_set():
            is_held(path)

    path.touch()
    thread = Thread(target=look)
    thread.start()
    try:
        for _ in range(100):
            with hold(path, "run first"):
                pass
    finally:
        looking.set()
        thread.join()
