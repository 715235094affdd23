"""The genre head: the truth is told in training alone, and less and less of the loss is of it."""

import pytest
import torch

from artcli.errors import UsageError
from artcli.plugin import Classes
from artcli_plugins.heads.genre import genre

# The third artist has two genres, the last one none that is known.
ARTISTS = Classes(
    names=("Anon", "Bosch", "Cassatt", "Dürer"),
    counts=(9, 3, 2, 1),
    genres=("Myth", "Portrait", "Still life"),
    genre_matrix=((1, 0, 0), (0, 1, 0), (0, 1, 1), (0, 0, 0)),
)
ANON, BOSCH, CASSATT, DURER = torch.eye(4)


def make(**options):
    torch.manual_seed(0)
    return genre(6, ARTISTS, **{"dropout": 0.0, **options})


def features(count: int) -> torch.Tensor:
    return torch.randn(count, 6, generator=torch.Generator().manual_seed(1))


def guess(head, seen: torch.Tensor) -> torch.Tensor:
    return head.genre(head.layers(seen)).softmax(1)


def artists_by(head, seen: torch.Tensor, genres: torch.Tensor) -> torch.Tensor:
    """Artist logits of these genres, from the matrices by hand."""
    told = head.layers(seen), genres @ head.embedding.weight
    return torch.cat(told, 1) @ head.artist.weight.T + head.artist.bias


def test_another_truth_changes_what_is_told_and_not_what_is_guessed() -> None:
    head, seen = make(), features(2)
    one = head(seen, torch.stack([ANON, BOSCH]))
    other = head(seen, torch.stack([BOSCH, BOSCH]))
    assert torch.equal(one.logits, other.logits)
    assert not torch.allclose(one.forced_logits[0], other.forced_logits[0])
    assert torch.equal(one.forced_logits[1], other.forced_logits[1])


def test_guessed_genres_are_those_of_the_softmax() -> None:
    head, seen = make(), features(3)
    torch.testing.assert_close(head(seen).logits, artists_by(head, seen, guess(head, seen)))


def test_no_truth_is_told_at_test_time() -> None:
    head, seen = make(dropout=0.5).eval(), features(2)
    told = head(seen, torch.stack([ANON, BOSCH]))
    assert torch.equal(told.logits, head(seen).logits)
    assert told[1:] == (None, None, None)


def test_an_artists_genres_share_alike_and_mixed_pictures_mix_theirs() -> None:
    head, seen = make(), features(2)
    output = head(seen, torch.stack([CASSATT, 0.75 * ANON + 0.25 * CASSATT]))
    true = torch.tensor([[0, 0.5, 0.5], [0.75, 0.125, 0.125]])
    torch.testing.assert_close(output.forced_logits, artists_by(head, seen, true))


def test_where_the_genre_is_unknown_the_guess_is_told() -> None:
    head, seen = make(), features(2)
    output = head(seen, torch.stack([DURER, 0.4 * DURER + 0.6 * BOSCH]))
    torch.testing.assert_close(output.forced_logits[0], output.logits[0])
    filled = 0.4 * guess(head, seen)[1] + 0.6 * torch.tensor([0.0, 1.0, 0.0])
    torch.testing.assert_close(output.forced_logits[1:], artists_by(head, seen[1:], filled[None]))


def test_the_genres_loss_is_their_cross_entropy_weighed_by_what_is_known() -> None:
    head, seen = make(weight=0.5), features(3)
    output = head(seen, torch.stack([CASSATT, 0.4 * DURER + 0.6 * BOSCH, DURER]))
    said = guess(head, seen).log()
    by_hand = -(said[0, 1] / 2 + said[0, 2] / 2) - 0.6 * said[1, 1] - 0
    torch.testing.assert_close(output.auxiliary_loss, 0.5 * by_hand / 3)


def test_a_batch_of_unknown_genres_has_no_genre_loss() -> None:
    output = make()(features(2), torch.stack([DURER, DURER]))
    assert output.auxiliary_loss.item() == 0
    output.auxiliary_loss.backward()  # and yet a gradient, as other ranks have one


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [1.0, 0.5, 0.0, 0.0]),
        ({"forcing": 0.8, "until": 1.0}, [0.8, 0.6, 0.4, 0.0]),
        ({"forcing": 0.0}, [0.0] * 4),
    ],
)
def test_forcing_falls_linearly(options, expected: list[float]) -> None:
    head, truth = make(**options), torch.stack([ANON, BOSCH])
    assert head(features(2), truth).forcing.item() == pytest.approx(expected[0])
    for done, forcing in zip((0.0, 0.25, 0.5, 1.0), expected, strict=True):
        head.progress(done)
        output = head(features(2), truth)
        assert output.forcing.item() == pytest.approx(forcing)
        assert output.forced_logits is not None  # whatever the share, so that all ranks agree
    assert "forcing" not in head.state_dict()


def test_gradients_reach_the_genres_from_their_own_loss_and_from_the_artists() -> None:
    truth = torch.stack([ANON, BOSCH])
    for name in ("auxiliary_loss", "logits"):
        head = make()
        getattr(head(features(2), truth), name).square().sum().backward()
        assert head.genre.weight.grad.abs().sum() > 0
    head = make()
    head(features(2), truth).forced_logits.square().sum().backward()
    assert head.genre.weight.grad.abs().sum() == 0  # the truth stood in for it


def test_the_guess_has_learnt_to_stand_in_for_the_truth_when_that_is_no_longer_told() -> None:
    labels = torch.arange(3).repeat(8)
    seen, truth = 5 * torch.eye(6)[labels] + features(24), torch.eye(4)[labels]
    head = make()
    optimizer = torch.optim.Adam(head.parameters(), lr=0.05)
    cross_entropy = torch.nn.functional.cross_entropy
    for step in range(40):
        head.progress(step / 40)
        output = head(seen, truth)
        told = cross_entropy(output.forced_logits, truth)
        guessed = cross_entropy(output.logits, truth)
        optimizer.zero_grad()
        loss = output.forcing * told + (1 - output.forcing) * guessed
        (loss + output.auxiliary_loss).backward()
        optimizer.step()
    head.eval()
    assert torch.equal(head(seen).logits.argmax(1), labels)
    genres = torch.stack([guess(head, seen)[labels == artist].mean(0) for artist in range(3)])
    expected = torch.tensor([[1, 0, 0], [0, 1, 0], [0, 0.5, 0.5]])
    torch.testing.assert_close(genres, expected, atol=0.1, rtol=0)


def test_a_contest_without_genres_is_told_what_is_missing() -> None:
    with pytest.raises(UsageError, match="head genre has no genres") as caught:
        genre(6, Classes(("Anon", "Bosch"), (9, 3)))
    assert "artists_info.csv" in str(caught.value.hint)
