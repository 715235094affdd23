"""One look."""

from __future__ import annotations

from artcli.plugin import View

from .fitting import PLAIN


def none() -> list[View]:
    """The piece as it is."""
    return [PLAIN]
