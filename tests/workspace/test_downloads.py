"""Downloads that end, those that fail, and those that stand still."""

import itertools
import time

import pytest

from artcli.workspace.downloads import unless_it_stalls


def test_what_comes_is_returned_and_what_fails_is_raised() -> None:
    assert unless_it_stalls(lambda: "file", lambda: 0, 5) == "file"

    def refused() -> str:
        raise ConnectionError("refused")

    with pytest.raises(ConnectionError, match="refused"):
        unless_it_stalls(refused, lambda: 0, 5)


def test_one_that_stands_still_is_given_up() -> None:
    started = time.monotonic()
    with pytest.raises(TimeoutError, match="nothing more came for 1 s"):
        unless_it_stalls(lambda: time.sleep(60), lambda: 7, 1)
    assert time.monotonic() - started < 5


def test_a_slow_one_is_waited_for() -> None:
    arrived = itertools.count()
    assert unless_it_stalls(lambda: time.sleep(1.0), lambda: next(arrived), 0.5) is None


def test_bytes_that_come_again_are_none() -> None:
    arrived = itertools.cycle((1, 2, 3))
    with pytest.raises(TimeoutError):
        unless_it_stalls(lambda: time.sleep(60), lambda: next(arrived), 0.5)
