"""CutMix and mixup: what is seen of the partner is the weight of its target, exactly."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from artcli.host.discovery import load_host
from artcli_plugins.mixers.cutmix import cutmix
from artcli_plugins.mixers.mixup import mixup
from artcli_plugins.mixers.none import none


def keyed(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def batch(count: int, height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures of one value each, their number, and targets that name them."""
    images = torch.arange(count).float().view(-1, 1, 1, 1).expand(-1, 3, height, width).contiguous()
    return images, torch.eye(count)


@settings(deadline=None)
@given(
    st.integers(1, 6), st.integers(1, 40), st.integers(1, 40), st.floats(0.1, 4), st.integers(0, 99)
)
def test_targets_are_mixed_by_the_exact_area(count, height, width, alpha, seed) -> None:
    images, targets = batch(count, height, width)
    mixed, mixed_targets = cutmix(count, p=1.0, alpha=alpha)(images, targets, keyed(seed))
    assert mixed.shape == images.shape
    for picture, target in zip(mixed, mixed_targets, strict=True):
        share = torch.bincount(picture[0].flatten().long(), minlength=count) / (height * width)
        torch.testing.assert_close(target, share, atol=1e-6, rtol=0)
        assert torch.equal(picture[0], picture[1])
        assert torch.equal(picture[0], picture[2])


def test_what_is_pasted_is_one_rectangle_in_its_own_place() -> None:
    images = torch.rand(4, 3, 20, 30, generator=keyed(0))
    mixed, targets = cutmix(4, p=1.0)(images, torch.eye(4), keyed(3))
    for number in range(4):
        changed = (mixed[number] != images[number]).any(0)
        if not changed.any():
            continue
        rows, columns = changed.any(1).nonzero().flatten(), changed.any(0).nonzero().flatten()
        assert changed.sum() == len(rows) * len(columns)
        assert len(rows) == rows[-1] - rows[0] + 1
        partner = int(targets[number].masked_fill(torch.eye(4)[number].bool(), 0).argmax())
        assert torch.equal(mixed[number][:, changed], images[partner][:, changed])


@pytest.mark.parametrize("make", [cutmix, mixup])
def test_nothing_is_written_in_place(make) -> None:
    images, targets = batch(4, 16, 16)
    mixed, mixed_targets = make(4, p=1.0)(images, targets, keyed(3))
    assert not torch.equal(mixed, images)
    assert not torch.equal(mixed_targets, targets)
    assert torch.equal(images, batch(4, 16, 16)[0])
    assert torch.equal(targets, torch.eye(4))


def test_soft_targets_and_uint8_pictures_are_mixed_as_well() -> None:
    images, _ = batch(4, 16, 16)
    soft = torch.rand(4, 7, generator=keyed(1)).softmax(1)
    mixed, targets = cutmix(7, p=1.0)(images.byte(), soft, keyed(3))
    assert mixed.dtype == torch.uint8
    torch.testing.assert_close(targets.sum(1), torch.ones(4))


def test_half_of_the_batches_are_mixed_and_the_kept_share_is_even() -> None:
    mix = cutmix(2)
    images, targets = batch(2, 64, 64)
    kept = []
    for seed in range(400):
        mixed, _ = mix(images, targets, keyed(seed))
        if mixed is not images:
            kept.append(1 - (mixed != images).float().mean().item())
    assert len(kept) == pytest.approx(200, abs=30)
    # A pair is its own partner half of the time. Else a share u, evenly drawn, is pasted before the
    # border cuts both of its sides: the mean of (sqrt(u) - u/4)^2 is 1/2 - 1/5 + 1/48.
    assert np.mean(kept) == pytest.approx(1 - (1 / 2 - 1 / 5 + 1 / 48) / 2, abs=0.05)


def test_a_piece_that_the_border_cuts_off_counts_as_what_is_left_of_it() -> None:
    images, targets = batch(3, 10, 10)
    mix = cutmix(3, p=1.0, alpha=0.05)  # nearly all of the picture, or nearly nothing
    pasted = []
    for seed in range(100):
        mixed, mixed_targets = mix(images, targets, keyed(seed))
        changed = (mixed != images)[:, 0].sum((1, 2)) / 100
        torch.testing.assert_close(1 - mixed_targets.diagonal(), changed, atol=1e-6, rtol=0)
        pasted.append(changed.max().item())
    # A square of about 10 by 10 with its middle anywhere: from a quarter of it to the whole is in.
    assert len([share for share in pasted if 0.25 <= share < 0.99]) > 20


def named_channels(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures with a channel for each: its own is 1, so that a channel's mean is its share."""
    own = torch.eye(count)
    return own[:, :, None, None].repeat(1, 1, 12, 17), own


@given(st.integers(1, 6), st.floats(0.05, 4), st.integers(0, 99))
def test_mixup_lays_over_as_much_of_the_partner_as_its_target_says(count, alpha, seed) -> None:
    images, targets = named_channels(count)
    mixed, mixed_targets = mixup(count, p=1.0, alpha=alpha)(images, targets, keyed(seed))
    for picture, target in zip(mixed, mixed_targets, strict=True):
        torch.testing.assert_close(picture, target[:, None, None].expand_as(picture))
        assert (target > 0).sum() <= 2


def test_mixup_draws_one_share_a_batch_from_a_beta_distribution() -> None:
    images, targets = named_channels(6)
    shares = []
    for seed in range(600):
        mixed_targets = mixup(6, p=1.0)(images, targets, keyed(seed))[1]
        own = mixed_targets.diagonal()
        own = own[own < 1]  # a picture that is its own partner stays as it is
        if len(own):
            torch.testing.assert_close(own, own[:1].expand_as(own))
            shares.append(1 - own[0].item())
    # Beta(a, a) has the mean 1/2 and the variance 1 / (4 (2 a + 1)); a is 0.2
    assert np.mean(shares) == pytest.approx(0.5, abs=5 * (0.1786 / len(shares)) ** 0.5)
    assert np.var(shares) == pytest.approx(1 / (4 * 1.4), abs=0.02)


def test_a_chain_of_both_keeps_the_shares_of_pixels_equal_to_the_targets() -> None:
    mix = load_host().bind("mixer", "cutmix:p=1+mixup:p=1")(6)
    images, targets = named_channels(6)
    most = 0
    for seed in range(50):
        mixed, mixed_targets = mix(images, targets, keyed(seed))
        torch.testing.assert_close(mixed.mean((2, 3)), mixed_targets)
        torch.testing.assert_close(mixed_targets.sum(1), torch.ones(6))
        most = max(most, int((mixed_targets > 0.01).sum(1).max()))
    assert most > 2  # two mixes in one picture


@pytest.mark.parametrize("make", [cutmix, mixup])
@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_as_many_batches_are_mixed_as_asked(make, p) -> None:
    images, targets = batch(2, 8, 8)
    mix, batches = make(2, p=p), 1000
    mixed = sum(mix(images, targets, keyed(seed))[0] is not images for seed in range(batches))
    assert mixed == pytest.approx(p * batches, abs=4.5 * (batches * p * (1 - p)) ** 0.5)


@pytest.mark.parametrize("make", [cutmix, mixup])
def test_the_generator_alone_decides(make) -> None:
    images, targets = batch(6, 16, 16)
    mix = make(6, p=1.0)
    first = mix(images, targets, keyed(5))
    torch.manual_seed(99)
    np.random.seed(99)
    again = mix(images, targets, keyed(5))
    other = mix(images, targets, keyed(6))
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[1], other[1])


def test_none_gives_the_batch_back() -> None:
    images, targets = batch(2, 4, 4)
    mixed, mixed_targets = none(2)(images, targets, keyed(0))
    assert mixed is images
    assert mixed_targets is targets
