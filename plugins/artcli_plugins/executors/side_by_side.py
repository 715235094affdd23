"""Jobs side by side: who begins when, what follows on a failure, and on Ctrl-C."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from artcli import console
from artcli.errors import Interrupted
from artcli.plugin import ArtcliError, Job
from artcli.training.interrupts import stop_requests

Seat = TypeVar("Seat")
_LOOK_EVERY_SECONDS = 0.1


class Begun(Protocol):
    """A job that was begun somewhere."""

    def has_ended(self) -> bool: ...

    def result(self) -> Any:
        """The result of a job that has ended. Errors: the job's `ArtcliError`."""

    def tell(self, number: int) -> None:
        """Ask it, by the signal `number`, to save and stop."""

    def kill(self) -> None:
        """End it at once."""


def side_by_side(
    jobs: Sequence[Job],
    done: Callable[[Job, Any], None],
    seats: Sequence[Seat],
    begin: Callable[[Job, Seat], Begun],
) -> list[Any]:
    """The results of `jobs`, in order; each is begun when a seat is free, `done` told of each.

    Errors: the first that a job has, once those beside it have ended; `Interrupted` after a
    signal, once all have stopped. None is begun after that. A second signal ends all at once.
    """
    results: list[Any] = [None] * len(jobs)
    errors: list[ArtcliError] = []
    waiting, free = deque(range(len(jobs))), deque(seats)
    running: dict[int, tuple[Begun, Seat]] = {}
    told = False
    with stop_requests() as request:
        try:
            while running or (waiting and not errors):
                while waiting and free and not errors:
                    place, seat = waiting.popleft(), free.popleft()
                    running[place] = begin(jobs[place], seat), seat
                time.sleep(_LOOK_EVERY_SECONDS)
                for place in [place for place, (begun, _) in running.items() if begun.has_ended()]:
                    begun, seat = running.pop(place)
                    free.append(seat)
                    try:
                        results[place] = begun.result()
                    except ArtcliError as error:
                        errors.append(error)
                        if running and not isinstance(error, Interrupted):
                            console.warn(f"{error.message}; what runs beside it goes on")
                    else:
                        done(jobs[place], results[place])
                if (number := request.signal_number or _interrupt(errors)) and not told:
                    told = True
                    errors.append(Interrupted(number))
                    if running:
                        console.note(f"waiting for {len(running)} jobs to save and stop")
                    for begun, _ in running.values():
                        begun.tell(number)
        finally:
            for begun, _ in running.values():
                begun.kill()
    if errors:
        raise _foremost(errors)
    return results


def show_line(name: str, line: str) -> None:
    """A line that a job says to people, under its name."""
    console.err().print(f"{name} │ {line.rstrip()}", markup=False, emoji=False)


def _interrupt(errors: Sequence[ArtcliError]) -> int | None:
    """The signal that stopped a job, which others are to be told of."""
    codes = (error.number for error in errors if isinstance(error, Interrupted))
    return next(codes, None)


def _foremost(errors: Sequence[ArtcliError]) -> ArtcliError:
    """What is raised: an interrupt, best one that says what is saved, or the first failure.

    Other failures are told as warnings.
    """
    chosen = min(errors, key=lambda error: (not isinstance(error, Interrupted), not error.hint))
    for error in errors:
        if error is not chosen and not isinstance(error, Interrupted):
            console.warn(error.message)
    return chosen
