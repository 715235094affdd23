"""The conditional GAN: what its critic sees and judges, and works in their artist's colours."""

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
from artcli_plugins.generators.cgan import Critic, cgan, known_at, seen_otherwise, spread_of

SMALL: dict[str, Any] = {"size": 16, "batch": 8, "width": 4, "code": 8}


def works(request: Request, steps: int = 6, **options: Any) -> list[NewWork]:
    return list(cgan(request, steps=steps, **SMALL | options))


def pictures(made: list[NewWork]) -> np.ndarray:
    return np.stack([work.picture for work in made])


def seen(images: torch.Tensor, seed: int = 0) -> torch.Tensor:
    return seen_otherwise(images, np.random.default_rng(seed))


def test_artists_differ_in_the_critics_verdict_by_the_projection_of_what_it_sees() -> None:
    critic = Critic(16, 4, 2).eval()
    images = torch.rand(3, 3, 16, 16) * 2 - 1
    with torch.no_grad():
        blue, red = (critic(images, torch.full((3,), artist)) for artist in (0, 1))
        features = critic.reader(images)
        mixed = critic.mix(torch.cat([features, spread_of(features)], 1))
        seen = torch.where(mixed > 0, mixed, 0.2 * mixed).sum((2, 3))
        towards = critic.artist.weight[1] - critic.artist.weight[0]
    assert blue.shape == (3,)
    torch.testing.assert_close(red - blue, seen @ towards)
    assert (red - blue).abs().min() > 1e-6


def test_artists_are_told_by_and_by() -> None:
    told = [known_at(step, 1000) for step in (1, 200, 350, 500, 1000)]
    assert told == pytest.approx([0, 0, 0.5, 1, 1])
    critic = Critic(16, 4, 2).eval()
    critic.known = 0.0
    images = torch.rand(3, 3, 16, 16)
    assert torch.equal(
        critic(images, torch.tensor([0, 0, 0])), critic(images, torch.tensor([1] * 3))
    )


def test_a_batch_of_equals_has_no_spread() -> None:
    features = torch.tensor([1.0, 3.0]).view(2, 1, 1, 1).expand(2, 5, 4, 4)
    assert spread_of(features).shape == (2, 1, 4, 4)
    torch.testing.assert_close(spread_of(features), torch.ones(2, 1, 4, 4))
    assert spread_of(features[:1].expand(2, -1, -1, -1)).max() < 1e-3


def test_what_the_critic_sees_is_keyed_and_differs_from_picture_to_picture() -> None:
    images = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0)).expand(
        4, -1, -1, -1
    )
    assert torch.equal(seen(images), seen(images))
    assert not torch.equal(seen(images), seen(images, 1))
    assert not torch.equal(seen(images)[0], seen(images)[1])


def test_a_square_of_half_the_side_is_covered_and_the_rest_moved_by_an_eighth_at_most() -> None:
    flat = torch.ones(64, 3, 32, 32) * 9  # so light that only what is covered or moved in is near 0
    for image in (seen(flat).abs() > 1e-6).all(1):
        rows, columns = (~image).float().mean(1), (~image).float().mean(0)
        assert (rows < 1).any() or (columns < 1).any()
        assert (~image).sum() <= 16 * 16 + 2 * 4 * 32
    covered = (~(seen(flat).abs() > 1e-6).all(1))[:, 4:-4, 4:-4].sum((1, 2))
    assert covered.max() == 16 * 16


def test_gradients_go_through_what_the_critic_sees() -> None:
    images = torch.rand(4, 3, 16, 16, requires_grad=True)
    seen(images).sum().backward()
    assert images.grad is not None
    assert (images.grad != 0).float().mean() > 0.5


def test_it_learns_what_colour_each_paints_in(tmp_path: Path) -> None:
    request = two_painters(tmp_path)
    made = works(request, steps=150, lr=4e-3, ema=0.9)
    for work in made:
        red, _, blue = work.picture.mean((0, 1))
        assert (red > blue + 40) if work.wanted.artist == "Red" else (blue > red + 40)
        assert work.learnt
        assert (work.content, work.styles) == (None, ())
        assert set(work.losses) == {"painter", "critic"}


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


def test_nothing_is_read_when_nothing_is_missing(tmp_path: Path) -> None:
    request = two_painters(tmp_path, made=frozenset({"0001", "0002", "0003", "0004"}))
    for painting in request.paintings:
        painting.path.unlink()
    assert works(request) == []
