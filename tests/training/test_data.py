from __future__ import annotations

from pathlib import Path

import albumentations as A
import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from artcli.contest.pixel_store import sum_of
from artcli.contest.pixels import Pixels
from artcli.host.records import Box
from artcli.training.data import TrainingSet, batches, draw, one_hot, resized_part


@given(st.integers(1, 300), st.integers(0, 9), st.integers(0, 9))
def test_all_ones_draw_a_permutation(count: int, seed: int, epoch: int) -> None:
    assert sorted(draw(np.ones(count), seed, epoch)) == list(range(count))


@given(st.lists(st.floats(0.01, 20), min_size=1, max_size=60), st.integers(0, 99))
def test_a_painting_is_drawn_floor_or_ceil_of_its_expected_times(
    weights: list[float], seed: int
) -> None:
    expected = np.array(weights) * len(weights) / sum(weights)
    times = np.bincount(draw(expected, seed, 0), minlength=len(expected))
    assert times.sum() == len(expected)
    assert (np.abs(times - expected) < 1 + 1e-6).all()


def test_two_crops_of_each_painting_are_two_draws_of_each() -> None:
    assert (np.bincount(draw(np.full(30, 2.0), 0, 0)) == 2).all()


def test_draws_follow_seed_and_epoch_alone() -> None:
    expected = np.ones(50)
    assert (draw(expected, 1, 2) == draw(expected, 1, 2)).all()
    assert (draw(expected, 1, 2) != draw(expected, 1, 3)).any()
    assert (draw(expected, 1, 2) != draw(expected, 2, 2)).any()


@pytest.fixture
def pixels(tmp_path: Path) -> Pixels:
    rng = np.random.default_rng(0)
    array = rng.integers(0, 256, (11, 32, 32, 3), dtype=np.uint8)
    array.tofile(tmp_path / "pixels")
    return Pixels(
        tmp_path / "pixels",
        32,
        tuple(map(str, range(11))),
        sizes=np.full((11, 2), (64, 48)),
        sums=tuple(map(sum_of, array)),
    )


def a_crop(rng: np.random.Generator, width: int, height: int) -> Box:
    assert (width, height) == (64, 48)
    left, top = rng.uniform(0, 0.5, 2)
    return Box(left, top, left + 0.5, top + 0.5)


def training_set(pixels: Pixels, **changes: object) -> TrainingSet:
    settings = {
        "pixels": pixels,
        "rows": np.arange(11),
        "labels": np.arange(11) % 3,
        "expected": np.ones(11),
        "crop": a_crop,
        "augmentation": A.Compose([A.HorizontalFlip(p=0.5), A.RandomBrightnessContrast(p=0.5)]),
        "image_size": 16,
        "batch_size": 4,
        "seed": 0,
        **changes,
    }
    return TrainingSet(**settings)  # type: ignore[arg-type]


def test_an_epoch_shows_every_painting_once_in_batches_of_nearly_equal_size(pixels: Pixels) -> None:
    dataset = training_set(pixels)
    sizes = [len(dataset[0, number].labels) for number in range(dataset.batches_per_epoch)]
    assert sizes == [4, 4, 3]
    assert sorted(dataset._order(0)) == list(range(11))


def test_pictures_are_the_same_with_any_number_of_workers(pixels: Pixels) -> None:
    dataset = training_set(pixels)
    places = [(epoch, number) for epoch in range(2) for number in range(3)]
    alone, *others = (list(batches(dataset, places, workers)) for workers in (0, 1, 3))
    for other in others:
        for one, two in zip(alone, other, strict=True):
            assert torch.equal(one.images, two.images)
            assert torch.equal(one.labels, two.labels)
            assert one.share == two.share


def test_workers_are_forked_from_a_process_that_used_opencvs_threads(pixels: Pixels) -> None:
    cv2.setNumThreads(4)
    large = np.zeros((2000, 2000, 3), np.uint8)
    cv2.GaussianBlur(large, (0, 0), 3)  # starts the threads
    dataset = training_set(pixels)
    (batch,) = batches(dataset, [(0, 0)], 1)
    assert torch.equal(batch.images, dataset[0, 0].images)


def test_a_batch_does_not_depend_on_those_before_it(pixels: Pixels) -> None:
    late = training_set(pixels)[1, 2]
    dataset = training_set(pixels)
    for number in range(3):
        dataset[0, number]
    assert torch.equal(dataset[1, 2].images, late.images)


@pytest.mark.parametrize("ranks", [2, 3])
def test_ranks_share_out_the_very_pictures_of_one_rank(pixels: Pixels, ranks: int) -> None:
    whole = training_set(pixels)
    parts = [training_set(pixels, rank=rank, ranks=ranks) for rank in range(ranks)]
    for number in range(3):
        batch = whole[0, number]
        shared = [part[0, number] for part in parts]
        assert torch.equal(torch.cat([part.images for part in shared]), batch.images)
        assert sum(part.share for part in shared) == pytest.approx(ranks)
        means = [part.labels.float().mean().item() * part.share for part in shared]
        assert sum(means) / ranks == pytest.approx(batch.labels.float().mean().item())


def test_the_flips_of_one_picture_and_another_are_independent(pixels: Pixels) -> None:
    """Albumentations gives every child of a Compose one seed; ours must not agree like that."""
    dataset = training_set(
        pixels,
        crop=lambda _rng, _width, _height: Box(0, 0, 1, 1),
        augmentation=A.Compose(
            [A.HorizontalFlip(p=0.5), A.VerticalFlip(p=0.5), A.Transpose(p=0.5)]
        ),
    )
    seen = {dataset.picture(0, seed).tobytes() for seed in range(100)}
    assert len(seen) == 8


@settings(max_examples=50)
@given(st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.05, 1), st.floats(0.05, 1))
def test_any_part_of_a_square_is_resized(left: float, top: float, w: float, h: float) -> None:
    square: NDArray[np.uint8] = np.zeros((64, 64, 3), np.uint8)
    box = Box(left, top, min(1.0, left + w), min(1.0, top + h))
    assert resized_part(square, box, 32).shape == (32, 32, 3)


def test_a_part_shows_the_right_place() -> None:
    square = np.zeros((64, 64, 3), np.uint8)
    square[32:, :32] = 200  # the lower left quarter
    assert resized_part(square, Box(0, 0.5, 0.5, 1), 16).min() == 200
    assert resized_part(square, Box(0.5, 0.5, 1, 1), 32).max() == 0


def test_targets_are_soft() -> None:
    assert one_hot(torch.tensor([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]
