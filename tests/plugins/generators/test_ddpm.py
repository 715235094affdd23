"""The small diffusion model: the way to noise and back, guidance, and what it learns."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from two_painters import Seen, two_painters

from artcli.errors import ArtcliError, Interrupted
from artcli.generating.request import NewWork, Request
from artcli_plugins.generators.ddpm import _rate, ddpm

SMALL: dict[str, Any] = {
    "size": 16,
    "patch": 4,
    "batch": 8,
    "width": 16,
    "blocks": 1,
    "strides": 4,
    "lr": 1e-2,
    "dropout": 0.0,
}

pytestmark = pytest.mark.usefixtures("one_thread")


def works(request: Request, steps: int = 4, **options: Any) -> list[NewWork]:
    pytest.importorskip("diffusers", reason="the extra artcli[diffusion] is not installed")
    return list(ddpm(request, steps=steps, **SMALL | options))


def pictures(made: list[NewWork]) -> np.ndarray:
    return np.stack([work.picture for work in made])


def diffusion() -> Any:
    diffusers = pytest.importorskip("diffusers", reason="artcli[diffusion] is not installed")
    from artcli_plugins.generators.ddpm import make_diffusion

    return make_diffusion(diffusers, artists=2)


class Knowing:
    """A net that gives the v of `pictures`, one for each artist and one for nobody."""

    def __init__(self, ways: Any, pictures: torch.Tensor) -> None:
        self.ways, self.pictures = ways, pictures
        self.asked: list[int] = []

    def __call__(self, noisy: torch.Tensor, timestep: Any, artists: torch.Tensor) -> Any:
        self.asked += artists.tolist()
        kept = self.ways.training.alphas_cumprod[torch.as_tensor(timestep).expand(len(noisy))]
        kept = kept[:, None, None, None]
        shown = self.pictures[artists]
        chance = (noisy - kept.sqrt() * shown) / (1 - kept).sqrt()
        return SimpleNamespace(sample=kept.sqrt() * chance - (1 - kept).sqrt() * shown)


def flat(*greys: float) -> torch.Tensor:
    return torch.tensor(greys)[:, None, None, None].expand(-1, 3, 4, 4)


def test_who_knows_what_is_noise_has_no_loss_and_goes_back_to_the_picture() -> None:
    ways = diffusion()
    shown = torch.rand(3, 3, 4, 4) * 2 - 1
    net, artists = Knowing(ways, shown), torch.tensor([0, 1])
    torch.testing.assert_close(
        ways.paint(net, torch.randn(2, 3, 4, 4), artists, 5, 1.0), shown[:2], atol=1e-4, rtol=0
    )
    assert net.asked == [0, 1] * 5

    torch.manual_seed(0)
    same = flat(0.5, 0.5, 0.5)
    assert ways.loss(Knowing(ways, same), same[:2], artists).item() < 1e-8
    assert ways.loss(Knowing(ways, flat(0, 0, 0)), same[:2], artists).item() > 0.2


def test_a_tenth_of_the_paintings_is_learnt_without_its_artist() -> None:
    ways = diffusion()
    net = Knowing(ways, flat(0, 0, 0))
    torch.manual_seed(0)
    ways.loss(net, flat(*[0.0] * 4000), torch.ones(4000, dtype=torch.long))
    assert set(net.asked) == {1, 2}
    assert 300 < net.asked.count(2) < 500


def test_guidance_goes_on_from_nobody_past_the_artist() -> None:
    ways = diffusion()
    net, start = Knowing(ways, flat(0.2, -0.3, 0.1)), torch.randn(2, 3, 4, 4)
    for guidance, grey in ((0.0, 0.1), (1.0, 0.2), (2.0, 0.3)):
        painted = ways.paint(net, start, torch.tensor([0, 0]), 8, guidance)
        torch.testing.assert_close(painted, flat(grey, grey), atol=2e-3, rtol=0)


def test_the_rate_goes_up_and_then_down_to_nothing() -> None:
    assert [_rate(step, 40) for step in (0, 1, 2, 21, 39)] == [
        0.5,
        1,
        1,
        0.5,
        pytest.approx(1 / 38),
    ]
    assert _rate(0, 1) == 1


def test_it_learns_what_colour_each_paints_in(tmp_path: Path) -> None:
    request = two_painters(tmp_path)
    made = works(request, steps=70, guidance=1.5)
    for work in made:
        red, _, blue = work.picture.mean((0, 1))
        assert (red > blue + 40) if work.wanted.artist == "Red" else (blue > red + 40)
        assert work.learnt
        assert (work.content, work.styles) == (None, ())
    curve = made[0].losses["v"]
    assert len(curve) == 70
    assert np.mean(curve[-10:]) < np.mean(curve[:10]) * 0.85


def test_works_are_keyed_by_their_seeds_and_do_not_depend_on_which_are_there(
    tmp_path: Path,
) -> None:
    request = two_painters(tmp_path)
    made = pictures(works(request))
    np.testing.assert_array_equal(pictures(works(two_painters(tmp_path, folder="again"))), made)
    rest = works(replace(request, made=frozenset({"0001"})))
    np.testing.assert_array_equal(pictures(rest), made)  # a batch is made whole
    assert not np.array_equal(made[0], made[1])


def test_an_interrupted_training_ends_with_the_same_works(tmp_path: Path) -> None:
    made = pictures(works(two_painters(tmp_path, folder="whole")))
    with pytest.raises(Interrupted):
        works(replace(two_painters(tmp_path, folder="half"), watch=Seen(stop=1)))
    again = replace(two_painters(tmp_path, folder="half"), watch=Seen())
    np.testing.assert_array_equal(pictures(works(again)), made)


def test_without_the_package_one_line_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(ArtcliError, match="the generator ddpm needs the package diffusers") as no:
        list(ddpm(two_painters(tmp_path), size=16))
    assert no.value.hint == 'install it: pip install "artcli[diffusion]"'


def test_nothing_is_read_or_imported_when_nothing_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "diffusers", None)
    request = two_painters(tmp_path, made=frozenset({"0001", "0002", "0003", "0004"}))
    assert list(ddpm(request)) == []
