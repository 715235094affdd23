"""Augmentations: what they may change, what they must reach, and that the key alone decides."""

import os
import warnings
from random import Random

import albumentations as A
import numpy as np
import pytest

from artcli_plugins.augmentations.deck import deck
from artcli_plugins.augmentations.light import light
from artcli_plugins.augmentations.none import none


def picture(side: int = 32) -> np.ndarray:
    return np.random.default_rng(0).integers(60, 190, (side, side, 3), np.uint8)


def varied(transform: A.BaseCompose, key: int, image: np.ndarray) -> np.ndarray:
    transform.set_random_state(np.random.default_rng(key), Random(key))
    return transform(image=image)["image"]


@pytest.mark.parametrize("make", [none, light, deck])
def test_a_key_gives_one_picture_of_the_same_form(make) -> None:
    transform = make(32)
    for key in range(20):
        first = varied(transform, key, picture())
        assert first.shape == (32, 32, 3)
        assert first.dtype == np.uint8
        assert np.array_equal(first, varied(transform, key, picture()))


def test_none_changes_nothing() -> None:
    assert np.array_equal(varied(none(32), 3, picture()), picture())


def test_light_mirrors_and_shifts_light_and_colour_a_little() -> None:
    results = [varied(light(32), key, picture()).astype(int) for key in range(200)]
    original = picture().astype(int)
    mirrored = original[:, ::-1]
    distances = np.array(
        [[np.abs(r - original).mean(), np.abs(r - mirrored).mean()] for r in results]
    )
    assert 0.35 < np.mean(distances[:, 1] < distances[:, 0]) < 0.65
    assert distances.min(axis=1).max() < 40  # levels of 255, on average over the picture
    assert len({r.tobytes() for r in results}) > 100


def test_the_deck_reaches_all_eight_orientations_evenly() -> None:
    whole = deck(32)
    turns = A.Compose(whole.transforms[:3])  # the rest changes the picture, not its orientation
    original = picture()
    quarter_turns = [np.rot90(original, k) for k in range(4)]
    eight = [turned.tobytes() for turned in quarter_turns]
    eight += [np.ascontiguousarray(turned[:, ::-1]).tobytes() for turned in quarter_turns]
    seen = [eight.index(varied(turns, key, original).tobytes()) for key in range(800)]
    assert set(seen) == set(range(8))
    assert np.bincount(seen).min() > 60


def test_the_decks_transforms_are_the_slides_in_its_order() -> None:
    assert [type(transform).__name__ for transform in deck(260).transforms] == [
        "Transpose",
        "HorizontalFlip",
        "VerticalFlip",
        "Affine",  # shift, scale, rotate
        "HueSaturationValue",
        "RandomBrightnessContrast",
        "ChannelShuffle",
        "CoarseDropout",
    ]


@pytest.mark.parametrize("side", [16, 260, 384])
def test_the_decks_holes_are_eight_and_grow_with_the_picture(side: int) -> None:
    holes = deck(side).transforms[-1]
    holes.p = 1.0
    alone = A.Compose([holes])
    dark = (varied(alone, 1, np.full((side, side, 3), 255, np.uint8)) == 0).all(axis=2)
    size = max(1, round(side * 8 / 260))
    assert size**2 <= dark.sum() <= 8 * size**2


@pytest.mark.parametrize("make", [none, light, deck])
def test_nothing_is_deprecated(make) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make(32)(image=picture())


def test_no_newer_version_is_asked_for_over_the_network() -> None:
    assert os.environ["NO_ALBUMENTATIONS_UPDATE"] == "1"
