"""What is said of a command that a signal ended: how to go on with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from artcli.errors import Interrupted
from artcli.signals import ending_now, number_of


@contextmanager
def going_on(again: Callable[[], str], *, over: bool = False) -> Iterator[None]:
    """A Ctrl-C or SIGTERM in the body is an `Interrupted` with the hint `again()`; one that was
    answered there already keeps its own, unless this one goes `over` it."""
    try:
        yield
    except Interrupted as stop:
        if over:
            stop.hint = again()
        raise
    except KeyboardInterrupt as stop:
        raise Interrupted(number_of(stop), again()) from stop
    except Exception as error:  # a library may make its own error of it
        if (ending := ending_now()) and ending.number:
            raise Interrupted(ending.number, again()) from error
        raise
