"""The subcenter head: cosines, pooled softly over several centres per artist."""

import math

import pytest
import torch
from torch import nn

from artcli.plugin import Classes
from artcli_plugins.heads.subcenter import subcenter

ARTISTS = Classes(("Anon", "Bosch"), (9, 3))


def cosines(head, features: torch.Tensor) -> torch.Tensor:
    """`(N, C, K)`, one by one."""
    seen = head.layers(features)
    return torch.stack(
        [
            torch.stack([nn.functional.cosine_similarity(seen, centre[None]) for centre in own], 1)
            for own in head.centres
        ],
        1,
    )


def test_one_centre_is_a_cosine_classifier() -> None:
    head, features = subcenter(6, ARTISTS, centres=1, scale=7.0).eval(), torch.randn(4, 6)
    torch.testing.assert_close(head(features).logits, 7 * cosines(head, features)[:, :, 0])


def test_similarity_is_the_mean_of_the_cosines_that_favours_the_nearer() -> None:
    head, features = (
        subcenter(6, ARTISTS, centres=2, gamma=0.5, scale=3.0).eval(),
        torch.randn(4, 6),
    )
    near, far = cosines(head, features).sort(2, descending=True).values.unbind(2)
    share = 1 / (1 + ((far - near) / 0.5).exp())
    expected = 3 * (share * near + (1 - share) * far)
    torch.testing.assert_close(head(features).logits, expected)


def test_towards_zero_gamma_the_nearest_centre_alone_counts() -> None:
    head, features = subcenter(6, ARTISTS, gamma=1e-5, scale=1.0).eval(), torch.randn(4, 6)
    nearest = cosines(head, features).amax(2)
    torch.testing.assert_close(head(features).logits, nearest, atol=1e-4, rtol=0)


def test_all_centres_learn() -> None:
    head = subcenter(6, ARTISTS)
    head(torch.randn(5, 6)).logits.logsumexp(1).sum().backward()
    assert (head.centres.grad.abs().sum(2) > 0).all()


def test_lengths_of_features_and_centres_do_not_matter() -> None:
    head, features = subcenter(6, ARTISTS).eval(), torch.randn(4, 6)
    before = head(features).logits
    with torch.no_grad():
        head.centres *= 5
    torch.testing.assert_close(head(features).logits, before)
    assert before.abs().max() <= 20


def test_dropout_works_in_training_alone() -> None:
    head, features = subcenter(64, ARTISTS, dropout=0.5), torch.randn(2, 64)
    assert not torch.equal(head(features).logits, head(features).logits)
    head.eval()
    assert torch.equal(head(features).logits, head(features).logits)


@pytest.mark.parametrize(("centres", "right"), [(1, 0.75), (3, 1.0)])
def test_two_manners_with_another_artist_between_them_need_two_centres(
    centres: int, right: float
) -> None:
    """The manners of either artist lie opposite, the other's between them on both sides.

    With one centre each a plane parts the artists. One that has x and -x on Anon's side has 0
    there, too; but it would have 0 on the other's, for the sake of his own two manners.
    """
    torch.manual_seed(0)
    plane = nn.functional.normalize(
        torch.tensor([[1.0, -1, 0, 0, 0, 0], [0, 0, 1, -1, 0, 0]]), dim=1
    )
    angles = torch.arange(4) * math.pi / 2
    manners = torch.stack([angles.cos(), angles.sin()], 1) @ plane
    labels = torch.arange(40) % 2
    features = manners[torch.arange(40) % 4] + 0.05 * torch.randn(40, 6)
    head = subcenter(6, ARTISTS, centres=centres, dropout=0.0)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.03)
    for _ in range(150):
        optimizer.zero_grad()
        nn.functional.cross_entropy(head(features).logits, labels).backward()
        optimizer.step()
    share = (head(features).logits.argmax(1) == labels).float().mean().item()
    assert share == 1 if right == 1 else share <= right
