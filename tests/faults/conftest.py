"""The trials of tests/faults: few of them in `make test`, all of them in `make faults`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict

import pytest
from promises import PROMISES, Shown

FULL_LIMIT = 3600  # seconds a test of the full run may take


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("faults"):
        for item in items:
            item.add_marker(pytest.mark.timeout(FULL_LIMIT))


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    """Whether this is `make faults`."""
    return bool(request.config.getoption("faults"))


@pytest.fixture
def trials(full: bool) -> Callable[[int, int], int]:
    """`trials(5, 200)`: 5 in `make test`, 200 in `make faults`."""
    return lambda few, all_of_them: all_of_them if full else few


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("faults_seed"))


@pytest.fixture
def shows(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`shows(promise, what, trials=…, broken=[…], without="…", control=(trials, broken))`.

    Fails when a trial broke the promise, and when none of the control's did: those are tried
    with the protection taken out, as `without` says. `figures` adds what else was measured.
    """
    started = time.perf_counter()

    def shows(
        promise: str,
        what: str,
        *,
        trials: int,
        broken: Sequence[object],
        without: str,
        control: tuple[int, int],
        figures: str = "",
    ) -> None:
        assert promise in PROMISES
        assert trials > 0
        assert not broken, f"{len(broken)} of {trials} broke: " + "\n".join(map(str, broken[:5]))
        tried, failed = control
        assert 0 < failed <= tried, f"nothing broke without the protection ({without})"
        seconds = time.perf_counter() - started
        test = request.node.nodeid.partition("::")[0]
        shown = Shown(promise, what, trials, without, tried, failed, figures, seconds, test)
        request.node.user_properties.append(("shown", json.dumps(asdict(shown))))

    return shows
