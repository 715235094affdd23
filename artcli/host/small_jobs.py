"""Small jobs to try executors with; other processes call them by name, so this imports little."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from artcli.errors import UsageError


def echo(*, value: Any, seconds: float = 0.0) -> dict[str, Any]:
    """`value`, after so many seconds."""
    time.sleep(seconds)
    return {"value": value}


def sign(*, folder: str, name: str, seconds: float) -> str:
    """Leave `name`.begun in `folder`, and after so many seconds `name`.ended."""
    (Path(folder) / f"{name}.begun").touch()
    time.sleep(seconds)
    (Path(folder) / f"{name}.ended").touch()
    return name


def refuse(*, message: str, hint: str) -> None:
    raise UsageError(message, hint)
