"""The autoencoder: its divergence, an artist's codes, and works that look like their artist's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from two_painters import Seen, two_painters

from artcli.errors import Interrupted
from artcli.generating.request import NewWork, Request
from artcli_plugins.generators.blocks import noise
from artcli_plugins.generators.vae import artist_codes, divergence, vae

SMALL: dict[str, Any] = {"size": 16, "batch": 8, "width": 4, "code": 8}


def works(request: Request, steps: int = 6, **options: Any) -> list[NewWork]:
    return list(vae(request, steps=steps, **SMALL | options))


def pictures(made: list[NewWork]) -> np.ndarray:
    return np.stack([work.picture for work in made])


def test_the_divergence_is_that_of_two_normals() -> None:
    """Against 200,000 draws: the mean of log N(x; m, v) - log N(x; 0, 1)."""
    mean, log_variance = torch.tensor([[0.5, -1.0]]), torch.tensor([[0.3, -2.0]])
    drawn = noise(0, 200_000, 2)
    values = mean + drawn * (log_variance / 2).exp()
    ratio = (values.square() - drawn.square() - log_variance).sum(1) / 2
    torch.testing.assert_close(
        divergence(mean, log_variance), ratio.mean()[None], atol=0.02, rtol=0
    )
    assert divergence(torch.zeros(1, 4), torch.zeros(1, 4)).item() == 0


def test_codes_of_an_artist_have_his_mean_and_the_spread_of_all() -> None:
    means = torch.tensor([[0.0, 0.0], [2.0, 0.0], [10.0, 3.0], [10.0, 5.0]])
    of = torch.tensor([0, 0, 2, 2])
    log_variances = torch.full((4, 2), 0.25).log()
    codes = artist_codes(means, log_variances, of, 3)
    assert codes.means.tolist() == [[1, 0], [0, 0], [10, 4]]
    # apart by 1 along one axis each: 2 squares / (4 works - 2 artists), and 0.25 of the codes
    torch.testing.assert_close(codes.spread @ codes.spread.T, 1.25 * torch.eye(2))

    drawn = torch.stack([codes.draw(seed, 2, 1.0) for seed in range(2000)])
    torch.testing.assert_close(drawn.mean(0), torch.tensor([10.0, 4.0]), atol=0.1, rtol=0)
    torch.testing.assert_close(drawn.std(0), torch.full((2,), 1.25**0.5), atol=0.1, rtol=0)
    assert codes.draw(5, 2, 0.0).tolist() == [10, 4]


def test_it_learns_what_colour_each_paints_in(tmp_path: Path) -> None:
    request = two_painters(tmp_path)
    made = works(request, steps=60)
    for work in made:
        red, _, blue = work.picture.mean((0, 1))
        assert (red > blue + 60) if work.wanted.artist == "Red" else (blue > red + 60)
        assert work.learnt
        assert (work.content, work.styles) == (None, ())
        assert set(work.losses) == {"reconstruction", "divergence"}
    first, last = request.watch.losses[0], request.watch.losses[-1]
    assert last["reconstruction"] < first["reconstruction"] / 4


def test_works_are_keyed_by_their_seeds_and_do_not_depend_on_which_are_there(
    tmp_path: Path,
) -> None:
    request = two_painters(tmp_path)
    made = pictures(works(request))
    np.testing.assert_array_equal(pictures(works(two_painters(tmp_path, folder="again"))), made)
    rest = works(replace(request, made=frozenset({"0001", "0003"})))
    assert [work.wanted.id for work in rest] == ["0002", "0004"]
    np.testing.assert_array_equal(pictures(rest), made[1::2])
    assert not np.array_equal(made[0], made[1])


def test_an_interrupted_training_ends_with_the_same_works(tmp_path: Path) -> None:
    made = pictures(works(two_painters(tmp_path, folder="whole")))
    with pytest.raises(Interrupted):
        works(replace(two_painters(tmp_path, folder="half"), watch=Seen(stop=1)))
    again = replace(two_painters(tmp_path, folder="half"), watch=Seen())
    np.testing.assert_array_equal(pictures(works(again)), made)


def test_without_temperature_the_works_of_an_artist_are_alike(tmp_path: Path) -> None:
    one, other = pictures(works(two_painters(tmp_path, works={"Red": 2}), temperature=0.0))
    np.testing.assert_array_equal(one, other)


def test_nothing_is_read_when_nothing_is_missing(tmp_path: Path) -> None:
    request = two_painters(tmp_path, made=frozenset({"0001", "0002", "0003", "0004"}))
    for painting in request.paintings:
        painting.path.unlink()
    assert works(request) == []
