"""Distributions made on the spot: real files with real metadata, found on `sys.path`."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import settings
from promises import PROMISES, Shown, write_page

settings.register_profile("artcli", deadline=None)  # a busy machine is no failure
settings.load_profile("artcli")

Install = Callable[..., None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--faults", action="store_true", help="all trials of tests/faults; write their figures"
    )
    parser.addoption("--faults-seed", type=int, default=7, help="of the trials of tests/faults")


class _FaultsRun:
    """Writes what a full run of tests/faults has shown, once all of it has passed."""

    def __init__(self, seed: int) -> None:
        self.seed, self.started = seed, time.perf_counter()
        self.shown: list[Shown] = []
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else "")
            self.skipped.append(f"`{report.nodeid}`: {reason.removeprefix('Skipped: ')}")
        if report.when == "call":
            self.shown += [
                Shown(**json.loads(str(text)))
                for name, text in report.user_properties
                if name == "shown"
            ]

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        lacking = [name for name in PROMISES if name not in {row.promise for row in self.shown}]
        if exitstatus:
            return
        if lacking:
            print(f"\nnothing shown, and so nothing written: {', '.join(lacking)}")
            return
        command = "make faults" + (f" SEED={self.seed}" if self.seed != 7 else "")
        minutes = (time.perf_counter() - self.started) / 60
        date = datetime.now(UTC).date().isoformat()
        shown = sorted(self.shown, key=lambda row: row.test)  # as they stand in their files
        write_page(shown, self.skipped, seed=self.seed, command=command, date=date, minutes=minutes)


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as where a shell's `&` began the tests
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("faults") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_FaultsRun(config.getoption("faults_seed")))


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """`install("artcli-huber", {"artcli_huber": SOURCE})` installs a plugin distribution.

    Each module is an entry point of `group`, by the module's own name unless `entries` says more.
    """
    site, before = tmp_path / "site", set(sys.modules)
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))

    def install(
        name: str,
        modules: Mapping[str, str],
        entries: Mapping[str, str] | None = None,
        group: str = "artcli",
    ) -> None:
        for module, source in modules.items():
            (site / module).parent.mkdir(exist_ok=True)
            (site / f"{module}.py").write_text(dedent(source), encoding="utf-8")
        info = site / f"{name.replace('-', '_')}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
        lines = (entries or {module: module for module in modules}).items()
        (info / "entry_points.txt").write_text(
            "\n".join([f"[{group}]", *(f"{key} = {value}" for key, value in lines)]) + "\n"
        )

    yield install
    for module in set(sys.modules) - before:
        if Path(getattr(sys.modules[module], "__file__", None) or "/").is_relative_to(site):
            del sys.modules[module]


@pytest.fixture
def one_thread() -> Iterator[None]:
    """torch on one thread: small models are quicker so, and others have the rest."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
