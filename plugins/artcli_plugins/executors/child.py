"""One job in a process of its own: what it says, what came of it, what ended it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Thread
from typing import Any

from artcli.errors import Interrupted
from artcli.host import jobs
from artcli.plugin import ArtcliError, Job, result_of
from artcli.signals import SIGNALS, held_back
from artcli_plugins.executors.side_by_side import show_line


class Child:
    """Begins the job at once (it is a `Begun`).

    The child leads a process group: what a terminal sends to ours does not reach it, so that it
    gets each signal once. It stops as at SIGTERM when this process dies.
    """

    def __init__(self, job: Job, environment: Mapping[str, str]) -> None:
        self._job, self._answer = job, ""
        path = os.pathsep.join(place or str(Path.cwd()) for place in sys.path)
        with held_back():  # until it knows what they mean
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", jobs.__name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                env={**os.environ, **environment, "PYTHONPATH": path},
                process_group=0,
            )
        self._follower = Thread(target=self._follow, daemon=True)
        self._follower.start()

    def has_ended(self) -> bool:
        return not self._follower.is_alive()

    def tell(self, number: int) -> None:
        """Send a signal to the job's process, which may have ended."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """End the process at once, with its group; its loaders, which stand apart, soon notice."""
        with suppress(OSError):  # none is left
            os.killpg(self._process.pid, signal.SIGKILL)

    def result(self) -> Any:
        """The job's result, once it has ended. Errors: the job's own, or what ended its process."""
        if self._answer:
            return result_of(json.loads(self._answer))
        code = self._process.returncode
        if -code in SIGNALS:
            raise Interrupted(-code)
        name = self._job.name
        if code == -signal.SIGKILL:
            raise ArtcliError(
                f"{name}: its process was killed (SIGKILL) before it was done",
                "the system does so when memory runs out: run fewer jobs at once, as with "
                "processes:jobs=1, or take smaller batches",
            )
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        raise ArtcliError(
            f"{name}: its process ended {how} before it was done",
            "what it said last stands above",
        )

    def _follow(self) -> None:
        process = self._process
        pumps = [Thread(target=pump, daemon=True) for pump in (self._ask, self._show, self._read)]
        for pump in pumps:
            pump.start()
        process.wait()
        self.kill()  # what the job forked may hold its pipes for a while
        for pump in pumps:
            pump.join()

    def _ask(self) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(asdict(self._job)) + "\n")
            self._process.stdin.flush()  # and left open: its end says that we are gone

    def _show(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            show_line(self._job.name, line)

    def _read(self) -> None:
        assert self._process.stdout is not None
        self._answer = self._process.stdout.read()
