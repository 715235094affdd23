"""CycleGAN: translators that begin as the identity, and what they learn of one artist's colours."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from two_painters import Seen, two_painters

from artcli.errors import ArtcliError, Interrupted, UsageError
from artcli.generating.paintings import load_paintings
from artcli.generating.request import NewWork, Request
from artcli_plugins.generators import cyclegan as module
from artcli_plugins.generators.cyclegan import Options, Pair, cyclegan, told_apart, translate
from artcli_plugins.generators.cyclegan_networks import Memory, PatchCritic, Translator

SMALL: dict[str, Any] = {"size": 36, "crop": 32, "batch": 2, "width": 4, "blocks": 1}

pytestmark = pytest.mark.usefixtures("one_thread")


def works(request: Request, steps: int = 3, **options: Any) -> list[NewWork]:
    return list(cyclegan(request, steps=steps, **SMALL | options))


def assert_same(made: list[NewWork], expected: list[NewWork]) -> None:
    assert [work.wanted for work in made] == [work.wanted for work in expected]
    assert [work.content for work in made] == [work.content for work in expected]
    assert [work.losses for work in made] == [work.losses for work in expected]
    for work, other in zip(made, expected, strict=True):
        assert np.array_equal(work.picture, other.picture)


def noisy(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_a_translator_begins_as_the_identity_yet_learns() -> None:
    translator, pictures = Translator(4, 2), noisy(2, 3, 36, 44)
    assert torch.equal(translator(pictures), pictures)
    translator(pictures).square().mean().backward()
    assert translator.paint.weight.grad.abs().min() > 0


@pytest.mark.parametrize("shape", [(32, 32), (37, 50), (34, 65)])
def test_a_picture_of_any_shape_is_translated_whole(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    translator = Translator(4, 1)
    assert np.array_equal(translate(translator, picture), picture)
    with torch.no_grad():
        translator.paint.bias[0] += 0.2
    redder = np.clip(picture + np.array([25.5, 0, 0]), 0, 255)
    assert np.abs(translate(translator, picture) - redder).max() <= 0.51


def test_the_edge_of_a_picture_is_translated_like_its_middle() -> None:
    torch.manual_seed(0)
    translator = Translator(4, 0)
    nn.init.normal_(translator.paint.weight, 0, 0.1)
    even = translate(translator, np.full((48, 52, 3), 90, np.uint8))
    assert np.abs(even.astype(int) - 90).max() > 5
    assert (even == even[24, 24]).all()


def test_a_critic_judges_patches() -> None:
    critic = PatchCritic(4)
    assert critic(noisy(2, 3, 64, 64)).shape == (2, 1, 6, 6)
    seen = noisy(1, 3, 128, 128).requires_grad_()
    critic(seen)[0, 0, 7, 7].backward()
    rows = seen.grad[0].abs().sum((0, 2)).nonzero().flatten()
    assert int(rows[-1] - rows[0]) + 1 == 70


def test_a_memory_fills_and_then_gives_half_of_what_it_is_shown_back_later() -> None:
    memory, rng = Memory(room=8), np.random.default_rng(0)
    first = torch.arange(8.0).view(8, 1, 1, 1).requires_grad_()
    assert torch.equal(memory.exchange(first, rng), first.detach())
    fresh = torch.arange(100.0, 500).view(400, 1, 1, 1)
    given = memory.exchange(fresh, rng)
    older = (given != fresh).sum()
    assert 160 <= older <= 240
    assert given.requires_grad is False
    kept = torch.stack(memory.pictures).flatten().tolist()
    assert sorted([*given.flatten().tolist(), *kept]) == [*range(8), *range(100, 500)]


def test_a_memory_comes_back_from_a_checkpoint() -> None:
    memory, again = Memory(room=3), Memory(room=3)
    again.load_state_dict(memory.state_dict())
    assert again.pictures == []
    memory.exchange(noisy(5, 3, 4, 4), np.random.default_rng(0))
    again.load_state_dict(memory.state_dict())
    pictures = [
        one.exchange(noisy(6, 3, 4, 4, seed=1), np.random.default_rng(2)) for one in (memory, again)
    ]
    assert torch.equal(*pictures)


def test_a_critic_is_told_by_least_squares() -> None:
    real, made = torch.tensor([1.0, 3.0]), torch.tensor([0.0, 2.0])
    # ((0 + 4) / 2 + (0 + 4) / 2) / 2
    assert told_apart(lambda judged: judged, real, made).item() == 2.0


def a_pair(root: Path, **options: Any) -> Pair:
    request = two_painters(root)
    paintings = load_paintings(request, 32)
    torch.manual_seed(0)
    chosen = Options(**{"steps": 8, "batch": 2, "width": 4, "blocks": 1} | options)
    own, others = (paintings.where(paintings.labels == label) for label in (1, 0))
    return Pair(own, others, chosen, request.device)


def weights(networks: nn.Module) -> list[Tensor]:
    return [weight.detach().clone() for weight in networks.parameters()]


def test_all_networks_learn_in_a_step_and_its_losses_are_told(tmp_path: Path) -> None:
    pair = a_pair(tmp_path)
    networks = (pair.to_own, pair.to_others, pair.critic_of_own, pair.critic_of_others)
    before = [weights(network) for network in networks]
    losses = pair.step(0, np.random.default_rng(0))
    assert set(losses) == {"adversarial", "cycle", "identity", "critic"}
    assert losses["cycle"] == losses["identity"] == 0  # they begin as the identity
    assert not any(loss.requires_grad for loss in losses.values())
    for network, former in zip(networks, before, strict=True):
        changed = zip(network.parameters(), former, strict=True)
        assert any(not torch.equal(now, then) for now, then in changed)
    assert pair.step(1, np.random.default_rng(1))["cycle"] > 0


def test_where_the_cycle_and_the_identity_weigh_all_nothing_is_translated(tmp_path: Path) -> None:
    def moved(**options: Any) -> float:
        pair = a_pair(tmp_path, steps=16, **options)
        for number in range(16):
            pair.step(number, np.random.default_rng(number))
        pictures = pair.others.whole()
        with torch.no_grad():
            return float((pair.to_own(pictures) - pictures).abs().mean())

    assert moved(cycle=1e6, identity=1e6) < moved(cycle=0.0, identity=0.0) / 2


def test_the_learning_rate_falls_to_nothing_in_the_second_half(tmp_path: Path) -> None:
    pair = a_pair(tmp_path, steps=8, lr=0.01)
    rates = []
    for number in (0, 4, 6, 7):
        pair.step(number, np.random.default_rng(number))
        rates.append({group["lr"] for group in pair.painting.param_groups})
        assert rates[-1] == {group["lr"] for group in pair.judging.param_groups}
    assert [rate.pop() for rate in rates] == pytest.approx([0.01, 0.01, 0.005, 0.0025])


def test_a_blue_painting_becomes_red_and_keeps_what_it_shows(tmp_path: Path) -> None:
    request = two_painters(tmp_path, works={"Red": 2}, size=(44, 36))
    for work in works(request, steps=40, lr=4e-3, cycle=2.0, identity=0.0):
        before = request.picture(work.content, 36).astype(float)
        after = work.picture.astype(float)
        assert work.content.artist == "Blue"
        assert before[..., 0].mean() < before[..., 2].mean()
        assert after[..., 0].mean() > after[..., 2].mean()


def test_works_are_translations_of_different_paintings_of_others(tmp_path: Path) -> None:
    request = two_painters(tmp_path, works={"Blue": 2, "Red": 8}, size=(30, 20))
    made = works(request)
    assert [work.wanted for work in made] == list(request.wanted)
    assert all(work.learnt and not work.styles for work in made)
    assert all(work.content.artist != work.wanted.artist for work in made)
    assert all(work.picture.shape == (36, 54, 3) for work in made)
    red = [work.content.id for work in made[2:]]
    assert sorted(red[:6]) == sorted(one.id for one in request.by("Blue"))
    assert red[6:] == red[:2]  # all have been before one comes again
    for work in made:
        assert all(len(curve) == 3 for curve in work.losses.values())
    assert made[0].losses != made[2].losses


def test_the_seed_decides(tmp_path: Path) -> None:
    request = two_painters(tmp_path, works={"Red": 2})
    made = works(request)
    torch.rand(3)
    assert_same(works(replace(request, folder=tmp_path / "again")), made)
    other = works(replace(request, folder=tmp_path / "other", seed=4))
    assert [work.losses for work in other] != [work.losses for work in made]


@pytest.mark.parametrize("at", [1, 3])
def test_interrupted_works_go_on_to_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    monkeypatch.setattr(module, "Memory", partial(Memory, room=2))  # full from the first step on
    asked = {"Red": 2}
    whole = works(two_painters(tmp_path, works=asked, folder="whole"), steps=4)
    with pytest.raises(Interrupted):
        works(replace(two_painters(tmp_path, works=asked), watch=Seen(stop=at)), steps=4)
    resumed = two_painters(tmp_path, works=asked)
    assert_same(works(resumed, steps=4), whole)


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    asked = {"Blue": 1, "Red": 2}
    whole = works(two_painters(tmp_path, works=asked, folder="whole"))
    request = two_painters(tmp_path, works=asked, made=frozenset({"0001", "0002"}))
    assert_same(works(request), whole[2:])
    assert [path.name for path in request.folder.iterdir()] == ["cyclegan-1"]  # Red alone


def test_pieces_larger_than_the_works_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="crop=64 is larger than size=36"):
        works(two_painters(tmp_path), crop=64)


@pytest.mark.parametrize(("without", "named"), [("Red", "another artist"), ("Blue", "Blue")])
def test_an_artist_without_paintings_or_without_others_is_told_of(
    tmp_path: Path, without: str, named: str
) -> None:
    request = two_painters(tmp_path, works={"Blue": 1})
    left = tuple(painting for painting in request.paintings if painting.artist != without)
    with pytest.raises(ArtcliError, match=f"there is no painting of {named} to learn from"):
        works(replace(request, paintings=left))
