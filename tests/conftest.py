"""Distributions made on the spot: real files with real metadata, found on `sys.path`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import settings

settings.register_profile("artcli", deadline=None)  # a busy machine is no failure
settings.load_profile("artcli")

Install = Callable[..., None]


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
