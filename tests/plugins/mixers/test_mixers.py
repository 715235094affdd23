"""CutMix: the area pasted is the weight of the partner's target, exactly."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from artcli_plugins.mixers.cutmix import cutmix
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


def test_nothing_is_written_in_place() -> None:
    images, targets = batch(4, 16, 16)
    mixed, mixed_targets = cutmix(4, p=1.0)(images, targets, keyed(3))
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


def test_the_generator_alone_decides() -> None:
    images, targets = batch(6, 16, 16)
    mix = cutmix(6, p=1.0)
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
