"""Expected draws, against numbers worked out by hand, and what is drawn by them."""

import math

import numpy as np
import pytest

from artcli.training.data import draw
from artcli_plugins.samplers.uniform import uniform
from artcli_plugins.samplers.weighted import inverse, log, sqrt


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


def test_sqrt_and_inverse_in_numbers() -> None:
    labels = np.array([0] * 9 + [1])
    # weights 1/3 and 1: 9/3 + 1 = 4 of them make 10 draws; weights 1/9 and 1: 2 make 10
    assert sqrt(labels).tolist() == pytest.approx([10 / 12] * 9 + [10 / 4])
    assert inverse(labels).tolist() == pytest.approx([10 / 18] * 9 + [10 / 2])


def test_of_a_large_and_a_small_artist_inverse_draws_as_many() -> None:
    large_and_small = np.repeat([0, 1], [629, 21])
    for sampler, many_to_one in ((sqrt, math.sqrt(629 / 21)), (inverse, 1)):
        draws = sampler(large_and_small)
        assert draws[:629].sum() / draws[629:].sum() == pytest.approx(many_to_one)


LONG_TAILED = np.random.default_rng(0).permutation(np.repeat(np.arange(6), (40, 17, 9, 4, 2, 1)))


def test_inverse_gives_every_artist_the_same() -> None:
    of_artists = np.bincount(LONG_TAILED, weights=inverse(LONG_TAILED))
    assert of_artists.tolist() == pytest.approx([73 / 6] * 6)


@pytest.mark.parametrize("sampler", [log, sqrt, inverse])
def test_draws_sum_to_an_epoch(sampler) -> None:
    for labels in (LONG_TAILED, np.zeros(5, np.int64), np.arange(4)):
        assert sampler(labels).sum() == pytest.approx(len(labels))
        assert sampler(labels).dtype == np.float64


@pytest.mark.parametrize("sampler", [uniform, log, sqrt, inverse])
def test_over_many_epochs_paintings_and_artists_come_as_often_as_expected(sampler) -> None:
    epochs, expected = 2000, sampler(LONG_TAILED)
    drawn = np.stack(
        [np.bincount(draw(expected, 7, epoch), minlength=73) for epoch in range(epochs)]
    )
    assert (drawn.sum(axis=1) == 73).all()
    # Of what is expected, the whole part comes each time and the rest by chance: a binomial count.
    rest = expected % 1
    deviation = np.sqrt(rest * (1 - rest) / epochs)
    assert (np.abs(drawn.mean(axis=0) - expected) <= 4.5 * deviation + 1e-9).all()
    artists = np.eye(6)[LONG_TAILED]
    of_artists = drawn @ artists
    error = of_artists.std(axis=0) / math.sqrt(epochs)
    assert (np.abs(of_artists.mean(axis=0) - expected @ artists) <= 4.5 * error + 1e-9).all()
