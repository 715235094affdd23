"""Work in several processes: in order, as far as it gets, with an error that names the work."""

import math
import os

import pytest

from artcli.contest.workers import work
from artcli.errors import ArtcliError


def test_answers_come_in_the_order_of_the_jobs_wherever_they_are_done() -> None:
    jobs = [float(n * n) for n in range(40)]
    answers = [float(n) for n in range(40)]
    assert list(work(math.sqrt, jobs, "Thinking", workers=1)) == answers
    assert list(work(math.sqrt, jobs, "Thinking", workers=2)) == answers
    assert list(work(math.sqrt, [], "Thinking")) == []


def test_few_jobs_are_done_here_sooner_than_processes_start() -> None:
    here = list(work(lambda _: os.getpid(), range(5), "Thinking", workers=2))
    assert here == [os.getpid()] * 5


def test_an_error_in_another_process_is_raised_here() -> None:
    with pytest.raises(ValueError):
        list(work(math.sqrt, [1.0, -1.0], "Thinking", workers=2, alone_below=0))


def test_a_process_that_the_system_ends_is_an_error_for_people() -> None:
    with pytest.raises(ArtcliError, match=r"ended .+ while reading") as caught:
        list(work(os._exit, [1, 1], "Reading", workers=2, alone_below=0))
    assert caught.value.hint == "is there enough memory? Call the same command again"
