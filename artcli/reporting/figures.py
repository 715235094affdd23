"""Figures as text, written one way in every table, report and page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from artcli.contest.f1 import Estimate

MINUS = "−"


def number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def signed(value: float, digits: int = 3) -> str:
    """`+0.012`, or `−0.012` with a minus as long as the plus; `0.000` without a sign."""
    text = f"{abs(value):.{digits}f}"
    if not float(text):
        return text
    return f"{'+' if value > 0 else MINUS}{text}"


def interval(low: float, high: float, digits: int = 3) -> str:
    """`0.612–0.655`; "" where there is none (NaN)."""
    return "" if math.isnan(low) or math.isnan(high) else f"{low:.{digits}f}–{high:.{digits}f}"


def moved(found: Estimate) -> str:
    """The interval of a difference: `−0.012…+0.034`."""
    return f"{signed(found.low)}…{signed(found.high)}"
