"""Fixtures for a plugin's tests: import those you use into your test module or `conftest.py`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from artcli.host.records import Classes
from artcli.testing.learning import CLASSES
from artcli.workspace.paths import ENVIRONMENT_VARIABLE, Workspace
from artcli.workspace.settings import Settings, write_settings


@pytest.fixture
def classes() -> Classes:
    """Four artists of long-tailed counts, one of them of unknown genre."""
    return CLASSES


@pytest.fixture
def rng() -> np.random.Generator:
    """What a crop draws from, in the same state each time."""
    return np.random.default_rng(0)


@pytest.fixture
def generator() -> torch.Generator:
    """What a mixer draws from, in the same state each time."""
    return torch.Generator().manual_seed(0)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace that commands find by themselves, with approvals of its own."""
    made = Workspace(tmp_path / "workspace")
    write_settings(made, Settings())
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(made.root))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return made
