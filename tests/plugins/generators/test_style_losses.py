"""The losses of style transfer, by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from artcli_plugins.generators.style_losses import (
    Targets,
    Weights,
    gram,
    losses,
    roughness,
    targets,
    total,
)


class Doubled:
    """Two layers: the picture, and twice the picture."""

    content = ("once",)
    style = ("once", "twice")

    def __call__(self, pictures: Tensor) -> dict[str, Tensor]:
        return {"once": pictures, "twice": 2 * pictures}


def test_the_gram_matrix_is_the_mean_product_of_two_features() -> None:
    features = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[0.0, 1.0], [0.0, -1.0]]]])
    # (1 + 4 + 9 + 16) / 4, (0 + 2 + 0 - 4) / 4, (0 + 1 + 0 + 1) / 4
    assert torch.equal(gram(features), torch.tensor([[[7.5, -0.5], [-0.5, 0.5]]]))


def test_a_gram_matrix_knows_no_places() -> None:
    features = torch.rand(2, 3, 4, 5)
    shuffled = features.flatten(2)[:, :, torch.randperm(20)].view(2, 3, 4, 5)
    torch.testing.assert_close(gram(shuffled), gram(features))


def test_roughness_is_the_mean_square_of_steps_down_and_to_the_right() -> None:
    picture = torch.tensor([[0.0, 0.5], [1.0, 1.0]]).expand(1, 3, 2, 2)
    assert roughness(picture).item() == pytest.approx((1 + 0.25) / 2 + (0.25 + 0) / 2)


def test_losses_are_shares_of_what_they_are_compared_with() -> None:
    content, style = torch.rand(1, 3, 6, 6), torch.rand(3, 6, 6)
    aim = targets(Doubled(), content, [[style]])
    at_content = losses(Doubled(), content, aim)
    at_style = losses(Doubled(), style[None], aim)
    at_nothing = losses(Doubled(), torch.zeros(1, 3, 6, 6), aim)
    assert at_content["content"].item() == 0
    assert at_style["style"].item() == 0
    assert at_style["tv"].item() == pytest.approx(1, rel=1e-4)
    for part, share in {"content": 1, "style": 1, "tv": 0}.items():
        assert at_nothing[part].item() == pytest.approx(share, rel=1e-4)
    twice = losses(Doubled(), 2 * style[None], aim)  # Gram matrices four times as large
    assert twice["style"].item() == pytest.approx(9, rel=1e-4)


def test_the_total_weighs_the_parts() -> None:
    parts = {name: torch.tensor([2.0, 3.0]) for name in ("content", "style", "tv")}
    assert total(parts, Weights(1, 10, 100)).tolist() == [222, 333]


def test_several_styles_are_averaged_and_may_be_of_other_shapes() -> None:
    one, other = torch.rand(3, 4, 9), torch.rand(3, 5, 5)
    aim = targets(Doubled(), torch.rand(1, 3, 8, 8), [[one, other]])
    torch.testing.assert_close(aim.style["once"], (gram(one[None]) + gram(other[None])) / 2)
    rough = (roughness(one[None]) + roughness(other[None])) / 2
    torch.testing.assert_close(aim.roughness, rough)


def test_works_of_a_batch_are_told_apart() -> None:
    contents, styles = torch.rand(2, 3, 6, 6), torch.rand(2, 3, 6, 6)
    pictures = torch.rand(2, 3, 6, 6)
    both = losses(Doubled(), pictures, targets(Doubled(), contents, [[one] for one in styles]))
    for place in range(2):
        one = slice(place, place + 1)
        aim: Targets = targets(Doubled(), contents[one], [[styles[place]]])
        for part, loss in losses(Doubled(), pictures[one], aim).items():
            torch.testing.assert_close(loss, both[part][one])
