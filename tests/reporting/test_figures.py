"""Figures are written one way wherever they stand."""

import math

from artcli.contest.f1 import Estimate
from artcli.reporting.figures import interval, moved, number, signed


def test_intervals_and_differences_are_written_one_way() -> None:
    assert (number(0.61251, 3), number(None, 3)) == ("0.613", "")
    assert (interval(0.6, 0.65), interval(0.6, 0.65, 2)) == ("0.600–0.650", "0.60–0.65")
    assert interval(math.nan, math.nan) == ""
    assert (signed(0.01234, 4), signed(-0.0004), signed(-0.012)) == ("+0.0123", "0.000", "−0.012")
    assert moved(Estimate(0.01, -0.02, 0.03)) == "−0.020…+0.030"
