"""What is said of a command that a signal ended: how to go on with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from artcli.errors import Interrupted
from artcli.signals import ending_now, number_of


@contextmanager
def going_on(again: Callable[[], str]) -> Iterator[None]:
    """A Ctrl-C or SIGTERM in the body is an `Interrupted` with the hint `again()`; one that was
    answered there already, with a hint of its own, stays as it is."""
    try:
        yield
    except KeyboardInterrupt as stop:
        raise Interrupted(number_of(stop), again()) from stop
    except Exception as error:  # a library may make its own error of it
        number = ending.number if (ending := ending_now()) else None
        if number is None or isinstance(error, Interrupted):
            raise
        raise Interrupted(number, again()) from error
