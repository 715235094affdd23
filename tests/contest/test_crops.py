"""Pieces: the same on every machine, exactly half as wide and half as high."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artcli.contest.crops import WHOLE, cut, piece_boxes
from artcli.host.records import Box


def test_the_pieces_of_a_painting_never_change() -> None:
    first = piece_boxes("0")[0]
    # Written down once: another value would make every earlier validation score incomparable.
    assert (first.left, first.top) == pytest.approx((0.36114988, 0.17303920), abs=1e-7)
    assert piece_boxes("0", 3) == piece_boxes("0", 5)[:3]
    assert piece_boxes("0") != piece_boxes("1")


def test_pieces_are_spread_over_the_whole_painting() -> None:
    boxes = [box for number in range(400) for box in piece_boxes(str(number))]
    for offsets in ([box.left for box in boxes], [box.top for box in boxes]):
        spread = np.histogram(offsets, bins=5, range=(0, 0.5))[0] / len(boxes)
        assert np.abs(spread - 0.2).max() < 0.05
    lefts, tops = np.array([(box.left, box.top) for box in boxes]).T
    assert abs(np.corrcoef(lefts, tops)[0, 1]) < 0.06


@given(st.text(max_size=8), st.integers(2, 90), st.integers(2, 90))
def test_every_piece_is_exactly_half_the_width_and_half_the_height(
    key: str, width: int, height: int
) -> None:
    picture = np.zeros((height, width, 3), np.uint8)
    for box in piece_boxes(key):
        assert (box.width, box.height) == (0.5, 0.5)
        assert cut(picture, box).shape == (height // 2, width // 2, 3)


def test_a_box_cuts_the_pixels_it_names() -> None:
    picture = np.arange(100, dtype=np.uint8).reshape(10, 10)
    assert cut(picture, Box(0.5, 0.2, 1.0, 0.4)).tolist() == [
        [25, 26, 27, 28, 29],
        [35, 36, 37, 38, 39],
    ]
    assert cut(picture, WHOLE).shape == (10, 10)
    assert cut(picture, Box(0.0, 0.0, 0.01, 0.01)).tolist() == [[0]], "never less than one pixel"


@pytest.mark.parametrize(
    "edges", [(0.5, 0, 0.5, 1), (-0.1, 0, 1, 1), (0, 0.8, 1, 0.2), (0, 0, 1, 1.1)]
)
def test_a_box_lies_within_the_picture(edges: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="not a part of a picture"):
        Box(*edges)
