"""Losses as small curves: on one scale of logarithms, whatever is in them."""

from __future__ import annotations

import math

from artcli.reporting.generated.curves import HEIGHT, WIDTH, curves, said


def test_curves_of_a_work_share_a_scale_of_logarithms() -> None:
    total, style = curves({"total": [100.0, 10.0, 1.0], "style": [1.0, 1.0, 0.01]})
    assert total.points == f"0.0,0.0 {WIDTH / 2:.1f},{HEIGHT / 4:.1f} {WIDTH:.1f},{HEIGHT / 2:.1f}"
    assert style.points.endswith(f"{WIDTH:.1f},{HEIGHT:.1f}")
    assert said([total, style]) == "total from 100 to 1; style from 1 to 0.01"
    assert total.hue != style.hue


def test_long_curves_are_thinned_and_keep_their_end() -> None:
    (curve,) = curves({"total": [float(1000 - step) for step in range(1000)]})
    points = curve.points.split()
    assert 70 < len(points) <= 81
    assert points[-1] == f"{WIDTH:.1f},{HEIGHT:.1f}"


def test_what_has_no_logarithm_is_left_out() -> None:
    zero, bad, none = curves({"zero": [0.0, 1.0], "bad": [math.nan, math.inf], "none": []})
    assert zero.points == f"{WIDTH:.1f},0.0"
    assert bad.points == none.points == ""
    assert (bad.first, none.first) == ("nan", "")
    assert curves({}) == []
