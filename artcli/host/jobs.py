"""Jobs: calls written down as text, which executors make in this process, in others, elsewhere.

A job is JSON on its way in, and so is its outcome on its way out: a process that is given one finds
plugins again by itself, and nothing is pickled. `python -m artcli.host.jobs` does one job.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from traceback import format_exception
from types import FrameType
from typing import Any, NoReturn

from artcli.errors import EXIT_USAGE, ArtcliError, Interrupted, UsageError
from artcli.host.quiet import said
from artcli.signals import SIGNALS, let_in, number_of

_SIGNAL_BASE = 128  # exit codes above it are of signals


@dataclass(frozen=True)
class Job:
    """One call: `name` is for people, `target` is `"package.module:function"`.

    `arguments` are given to the function by name; they are JSON, and so is what it returns.
    """

    name: str
    target: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.target, str) or ":" not in self.target:
            raise ValueError(f'a job\'s target is "package.module:function", not {self.target!r}')
        json.dumps(self.arguments)  # whoever makes the job learns what cannot travel


def call_job(job: Job) -> Any:
    """Make the call in this process; the result is as it would come from another.

    Errors: the function's own `ArtcliError`; `Interrupted` for Ctrl-C; anything else that goes
    wrong as an `ArtcliError` that names the job.
    """
    module, _, function = job.target.partition(":")
    try:
        result = getattr(importlib.import_module(module), function)(**job.arguments)
        return json.loads(json.dumps(result))
    except ArtcliError:
        raise
    except KeyboardInterrupt as stop:
        raise Interrupted(number_of(stop)) from stop
    except Exception as error:
        raise ArtcliError(
            f"{job.name} failed: {said(error)}", "artcli --debug … shows where"
        ) from error


def try_job(job: Job) -> dict[str, Any]:
    """The outcome of the call as JSON, be it a result or an error: see `result_of`."""
    try:
        return {"result": call_job(job)}
    except ArtcliError as error:
        return _failure(error)


def _failure(error: ArtcliError) -> dict[str, Any]:
    told = {"message": error.message, "hint": error.hint, "exit_code": error.exit_code}
    return {"error": told, "trace": "".join(format_exception(error))}


def result_of(outcome: Mapping[str, Any]) -> Any:
    """The result in the outcome. Errors: the job's, as if it had been called in this process."""
    if "error" not in outcome:
        return outcome["result"]
    message, hint, code = (outcome["error"][key] for key in ("message", "hint", "exit_code"))
    error: ArtcliError
    if code > _SIGNAL_BASE:
        error = Interrupted(code - _SIGNAL_BASE, hint)
    else:
        error = (UsageError if code == EXIT_USAGE else ArtcliError)(message, hint)
    error.add_note(outcome["trace"])  # which --debug prints
    raise error


def main() -> None:
    """Do the job that is the first line of stdin; its outcome is a line of stdout.

    What the job itself prints goes to stderr. SIGINT and SIGTERM are its interrupts, and
    so is the end of stdin, which tells that whoever asked has gone.
    """
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    job = Job(**json.loads(sys.stdin.buffer.readline()))
    threading.Thread(target=_stop_when_left, daemon=True).start()
    outcome: dict[str, Any] = {}
    try:
        let_in()
        outcome = try_job(job)
        _let_nothing_in()
    except KeyboardInterrupt as stop:  # just before the call, or after it
        _let_nothing_in()
        outcome = outcome or _failure(Interrupted(number_of(stop)))
    answer.write(json.dumps(outcome) + "\n")
    answer.flush()


def _let_nothing_in() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt(number)


def _stop_when_left() -> None:
    while os.read(0, 1024):
        pass
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # no one reads them, and a write would fail before all is saved
        os.dup2(nowhere, stream)
    ident = threading.main_thread().ident
    assert ident is not None  # it runs
    signal.pthread_kill(ident, signal.SIGTERM)  # or this thread might take what is the main's


if __name__ == "__main__":
    main()
