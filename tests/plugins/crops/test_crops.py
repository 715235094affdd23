"""Crops: their sizes, that they reach everywhere, and that the key alone decides."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artcli.errors import UsageError
from artcli.plugin import Box
from artcli_plugins.crops.deck import deck
from artcli_plugins.crops.quarter import quarter
from artcli_plugins.crops.scales import scales
from artcli_plugins.crops.whole import whole

WHOLE = Box(0, 0, 1, 1)


def many(crop, count: int = 2000) -> list[Box]:
    return [crop(np.random.default_rng(seed), 640, 480) for seed in range(count)]


def test_whole_is_the_whole_painting() -> None:
    assert set(many(whole(), 5)) == {WHOLE}


def test_deck_cuts_half_of_each_side_anywhere() -> None:
    boxes = many(deck())
    for box in boxes:
        assert (box.width, box.height) == pytest.approx((0.5, 0.5), abs=1e-12)
    for start in ([box.left for box in boxes], [box.top for box in boxes]):
        assert min(start) < 0.01
        assert max(start) > 0.49
        assert np.mean(start) == pytest.approx(0.25, abs=0.01)


def test_quarter_crops_have_the_tests_scale_and_a_mild_stretch() -> None:
    boxes = many(quarter(whole=0))
    sides = np.array([(box.width * box.height) ** 0.5 for box in boxes])
    ratios = np.array([box.width / box.height for box in boxes])
    assert 0.4 <= sides.min() < 0.41
    assert 0.59 < sides.max() <= 0.6 + 1e-9
    assert np.median(sides) == pytest.approx(np.sqrt(0.4 * 0.6), abs=0.01)
    assert 1 / 1.2 - 1e-9 <= ratios.min() < 0.86
    assert 1.17 < ratios.max() <= 1.2 + 1e-9


def test_some_crops_are_whole_paintings_as_often_as_asked() -> None:
    share = np.mean([box == WHOLE for box in many(quarter(whole=0.3))])
    assert share == pytest.approx(0.3, abs=0.03)


@settings(deadline=None)
@given(
    st.floats(0.01, 1), st.floats(0.01, 1), st.floats(1, 4), st.floats(0, 1), st.integers(0, 2**32)
)
def test_a_quarter_crop_always_lies_inside(a, b, aspect, share, seed) -> None:
    crop = quarter(sides=(min(a, b), max(a, b)), aspect=aspect, whole=share)
    crop(np.random.default_rng(seed), 300, 200)  # a Box cannot be made outside


def areas_of(boxes: list[Box]) -> np.ndarray:
    return np.array([box.width * box.height for box in boxes])


def test_scales_spread_evenly_in_the_logarithm_around_the_tests_quarter() -> None:
    doublings = np.log2(areas_of(many(scales())) / 0.25)  # from -1 to 1, evenly
    assert -1 - 1e-9 <= doublings.min() < -0.99
    assert 0.99 < doublings.max() <= 1 + 1e-9
    assert doublings.mean() == pytest.approx(0, abs=5 * 3**-0.5 / 2000**0.5)
    assert np.histogram(doublings, 4, (-1, 1))[0] == pytest.approx([500] * 4, abs=100)


def test_scales_are_stretched_evenly_as_far_as_asked() -> None:
    ratios = np.log([box.width / box.height for box in many(scales(aspect=2))]) / np.log(2)
    assert -1 - 1e-9 <= ratios.min() < -0.99
    assert 0.99 < ratios.max() <= 1 + 1e-9
    assert ratios.mean() == pytest.approx(0, abs=0.065)
    squares = many(scales(aspect=1), 50)
    assert [box.width for box in squares] == pytest.approx([box.height for box in squares])


def test_a_crop_too_large_to_be_stretched_keeps_its_area() -> None:
    boxes = many(scales(areas=(0.9, 0.9), aspect=4), 50)
    assert areas_of(boxes) == pytest.approx(np.full(50, 0.9))


def test_scales_reach_every_place() -> None:
    boxes = many(scales())
    for low, high in (
        ([box.left for box in boxes], [box.right for box in boxes]),
        ([box.top for box in boxes], [box.bottom for box in boxes]),
    ):
        assert min(low) < 0.01
        assert max(high) > 0.99
        assert np.mean(low) == pytest.approx(1 - np.mean(high), abs=0.02)


@settings(deadline=None)
@given(st.floats(0.001, 1), st.floats(0.001, 1), st.floats(1, 4), st.integers(0, 2**32))
def test_the_area_is_in_its_range_however_far_it_may_be_stretched(a, b, aspect, seed) -> None:
    low, high = min(a, b), max(a, b)
    box = scales(areas=(low, high), aspect=aspect)(np.random.default_rng(seed), 300, 200)
    assert low - 1e-9 <= box.width * box.height <= high + 1e-9
    assert 1 / aspect - 1e-9 <= box.width / box.height <= aspect + 1e-9


def test_a_range_that_runs_backwards_is_refused() -> None:
    with pytest.raises(UsageError, match=r"quarter: sides=\(0\.6,0\.4\) runs backwards"):
        quarter(sides=(0.6, 0.4))
    with pytest.raises(UsageError, match=r"scales: areas=\(0\.5,0\.2\) runs backwards"):
        scales(areas=(0.5, 0.2))


@pytest.mark.parametrize("make", [deck, quarter, scales])
def test_the_same_key_gives_the_same_crop(make) -> None:
    assert many(make(), 20) == many(make(), 20)
