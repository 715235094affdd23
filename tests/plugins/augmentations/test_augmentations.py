"""Augmentations: what they may change, what they must reach, and that the key alone decides."""

import os
import warnings
from colorsys import rgb_to_hsv
from random import Random

import albumentations as A
import numpy as np
import pytest

from artcli_plugins.augmentations.deck import deck
from artcli_plugins.augmentations.deck_colour import deck_colour
from artcli_plugins.augmentations.light import light
from artcli_plugins.augmentations.none import none
from artcli_plugins.augmentations.trivial import trivial

ALL = [none, light, deck, deck_colour, trivial]


def picture(side: int = 32) -> np.ndarray:
    return np.random.default_rng(0).integers(60, 190, (side, side, 3), np.uint8)


def varied(transform: A.BaseCompose, key: int, image: np.ndarray) -> np.ndarray:
    transform.set_random_state(np.random.default_rng(key), Random(key))
    return transform(image=image)["image"]


@pytest.mark.parametrize("make", ALL)
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


def test_deck_colour_is_the_deck_with_colour_around_it() -> None:
    names = [type(transform).__name__ for transform in deck_colour(260).transforms]
    the_decks = [type(transform).__name__ for transform in deck(260).transforms]
    assert names == ["ColorJitter", "RandomGamma", "RGBShift", *the_decks, "ToGray"]


def even(colour: tuple[int, int, int], side: int = 8) -> np.ndarray:
    return np.full((side, side, 3), colour, np.uint8)


BROWN = (150, 100, 60)


def shifts(transforms: list[A.BasicTransform]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What `transforms` make of brown: by how much the hue turns, and factors of the others."""
    colours = A.Compose(transforms)
    seen = np.array([varied(colours, key, even(BROWN))[0, 0] for key in range(800)])
    was = rgb_to_hsv(*BROWN)
    hue, saturation, value = np.array([rgb_to_hsv(*colour) for colour in seen.astype(float)]).T
    return (hue - was[0] + 0.5) % 1 - 0.5, saturation / was[1], value / was[2]


def test_deck_colour_varies_hue_saturation_and_light_both_ways() -> None:
    hue, saturation, value = shifts(deck_colour(8).transforms[:3])
    # Each of the three is drawn for half of the crops: an eighth of them keeps its colour.
    kept = (hue == 0) & (saturation == 1) & (value == 1)
    assert kept.mean() == pytest.approx(1 / 8, abs=0.05)
    jittered, *_ = shifts(deck_colour(8).transforms[:1])
    for turned in (hue, jittered):
        assert min((turned > 0.04).mean(), (turned < -0.04).mean()) > 0.1
    for factor in (saturation, value):
        assert min((factor > 1.15).mean(), (factor < 0.85).mean()) > 0.1


def test_deck_colour_is_now_and_then_grey() -> None:
    transform = deck_colour(8)
    seen = [varied(transform, key, even(BROWN)) for key in range(800)]
    grey = np.mean([(picture == picture[..., :1]).all() for picture in seen])
    assert grey == pytest.approx(0.1, abs=4.5 * (0.1 * 0.9 / 800) ** 0.5)


def test_trivial_draws_one_of_its_transforms_and_each_as_often() -> None:
    transform = trivial(8)
    (one_of,) = transform.transforms
    drawn: list[int] = []
    count = len(one_of.transforms)

    def noted(number: int):
        return lambda **data: drawn.append(number) or data

    one_of.transforms = [noted(number) for number in range(count)]
    for key in range(2600):
        varied(transform, key, picture(8))
    assert count == 13
    assert len(drawn) == 2600
    # Of 200 expected: six standard deviations
    assert np.bincount(drawn, minlength=13).tolist() == pytest.approx([200] * 13, abs=82)


def test_trivial_draws_every_strength_evenly() -> None:
    side, seen = 56, picture(56)
    told = A.Compose(trivial(side).transforms, save_applied_params=True)
    jitters, matrices, strengths = [], [], {}
    for key in range(2600):
        told.set_random_state(np.random.default_rng(key), Random(key))
        ((name, drawn),) = told(image=seen)["applied_transforms"]
        if name == "ColorJitter":
            jitters.append([drawn["brightness"], drawn["contrast"], drawn["saturation"]])
            assert drawn["hue"] == 0
        elif name == "Affine":
            matrices.append(drawn["matrix"])
        else:
            strengths.setdefault(name, []).append(drawn)

    factors = np.array(jitters)
    assert ((factors != 1).sum(axis=1) == 1).all()
    for one in factors.T:
        assert_even(one[one != 1], 0.01, 2)
    assert sorted({drawn["num_bits"] for drawn in strengths["Posterize"]}) == list(range(2, 9))
    assert_even([drawn["alpha"] for drawn in strengths["Sharpen"]], 0, 1 / 13)
    assert {"NoOp", "Equalize", "AutoContrast", "GaussianBlur"} < set(strengths)

    (a, b, x), (c, d, y) = np.array(matrices).transpose(1, 2, 0)[:2]
    straight = (a == 1) & (b == 0) & (c == 0) & (d == 1)
    assert_even(x[straight & (x != 0)], -side // 7, side // 7)
    assert_even(y[straight & (y != 0)], -side // 7, side // 7)
    across, down = (b != 0) & (c == 0), (c != 0) & (b == 0)
    assert_even(np.degrees(np.arctan(b[across])), -45, 45)
    assert_even(np.degrees(np.arctan(c[down])), -45, 45)
    turned = (b != 0) & (c != 0)
    assert np.allclose((a * d - b * c)[turned], 1)
    assert_even(np.degrees(np.arctan2(c, a)[turned]), -135, 135)


def assert_even(drawn, low: float, high: float) -> None:
    """Drawn evenly from `low` to `high`, the ends nearly reached and never passed."""
    place = (np.array(drawn) - low) / (high - low)
    assert len(place) > 70
    assert -1e-6 <= place.min() < 0.08
    assert 0.92 < place.max() <= 1 + 1e-6
    assert place.mean() == pytest.approx(0.5, abs=4.5 * (1 / 12 / len(place)) ** 0.5)
    assert place.std() == pytest.approx(12**-0.5, abs=0.05)


def test_trivial_never_shows_black_corners() -> None:
    transform, grey = trivial(16), even((128, 128, 128), 16)
    seen = [varied(transform, key, grey) for key in range(1300)]
    assert all((result == result[0, 0]).all() for result in seen)
    changed = np.mean([not np.array_equal(result, grey) for result in seen])
    assert changed == pytest.approx(1 / 13, abs=0.035)  # brightness alone changes an even grey


@pytest.mark.parametrize("make", ALL)
def test_nothing_is_deprecated(make) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make(32)(image=picture())


def test_no_newer_version_is_asked_for_over_the_network() -> None:
    assert os.environ["NO_ALBUMENTATIONS_UPDATE"] == "1"
