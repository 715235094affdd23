"""The sample contest's painters: everyone paints, everyone is somebody else."""

import re

import numpy as np
import pytest

from artcli.contest.sample.painter import Painter, paint
from artcli.contest.sample.painters import PAINTERS
from artcli.contest.sample.sketch import PARTS, Sketch

names = pytest.mark.parametrize("painter", PAINTERS, ids=[one.name for one in PAINTERS])


def by(painter: Painter, seed: int, width: int = 60, height: int = 44) -> np.ndarray:
    return paint(painter, width, height, np.random.default_rng(seed), PAINTERS)


def test_there_are_enough_painters_and_nobody_is_there_twice() -> None:
    assert len(PAINTERS) >= 10
    assert len({one.name for one in PAINTERS}) == len(PAINTERS)
    assert len({one.colours for one in PAINTERS}) == len(PAINTERS), "each has a palette"


@names
def test_a_painter_has_a_life_and_one_or_two_genres(painter: Painter) -> None:
    assert re.fullmatch(r"\d{4} - \d{4}", painter.years)
    assert 1 <= len(painter.genres) <= 2
    assert painter.nationality
    assert painter.palette().keys() == set(PARTS)


@names
def test_a_painting_is_decided_by_its_generator_alone(painter: Painter) -> None:
    first = by(painter, 5)
    assert first.shape == (44, 60, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, by(painter, 5))
    assert (first != by(painter, 6)).any()


@names
def test_every_motif_can_be_painted_by_every_hand_of_its_painter(painter: Painter) -> None:
    for hand in painter.hands:
        for number, motif in enumerate(hand.motifs):
            height, width = ((40, 64), (64, 40))[number % 2]
            sketch = Sketch(np.random.default_rng(number), height, width, painter.palette())
            motif(sketch)
            picture = hand.brush(sketch, **hand.settings)
            assert picture.shape == (height, width, 3)
            assert picture.std() > 4, f"{motif.__name__} came out blank"


def test_colours_tell_painters_apart_but_not_surely() -> None:
    """Mean colours of a painter's works lie together, and yet overlap with others'."""
    means = np.array(
        [[by(one, seed, 48, 48).mean((0, 1)) for seed in range(6)] for one in PAINTERS]
    )
    within = means.std(1).mean()
    between = means.mean(1).std(0).mean()
    assert 0.3 < between / within < 2
