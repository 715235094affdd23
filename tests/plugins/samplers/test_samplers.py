"""Expected draws, against numbers worked out by hand."""

import math

import numpy as np
import pytest

from artcli_plugins.samplers.weighted import inverse, log, sqrt
from artcli_plugins.samplers.uniform import uniform


def test_uniform_draws_each_painting_once() -> None:
    assert uniform(np.array([0, 0, 1])).tolist() == [1, 1, 1]


def test_log_follows_the_slide() -> None:
    labels = np.array([0] * 8 + [1] * 2)  # log 8 = 3 log 2
    draws = log(labels)
    # weights 1/3 and 1, in units of 1 / log 2: 8/3 + 2 = 14/3 of them make 10 draws
    assert draws[:8].tolist() == pytest.approx([10 / 14] * 8)
    assert draws[8:].tolist() == pytest.approx([30 / 14] * 2)
    assert draws.sum() == pytest.approx(10)


def test_log_evens_out_the_contests_extremes_gently() -> None:
    labels = np.repeat([0, 1], [629, 21])  # van Gogh and Pollock
    draws = log(labels)
    assert draws[-1] / draws[0] == pytest.approx(math.log(629) / math.log(21))
    assert draws[:629].sum() / draws[629:].sum() == pytest.approx(14.15, abs=0.01)


def test_an_artist_of_one_work_counts_as_one_of_two() -> None:
    draws = log(np.array([0, 1, 1, 3, 3]))  # class 2 has no works at all
    assert draws.tolist() == pytest.approx([1] * 5)
