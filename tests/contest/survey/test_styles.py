"""Pictures that look alike have styles that lie near each other."""

import cv2
import numpy as np
from numpy.typing import NDArray

from artcli.contest.survey.styles import STYLE, style_of


def style(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    return style_of(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab))


def waves(
    colour: tuple[float, float, float], length: float, *, seed: int = 0, upright: bool = False
) -> NDArray[np.uint8]:
    """Waves of a colour, `length` pixels long, with a little noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:120, 0:160]
    wave = 0.6 + 0.3 * np.sin((x if upright else y) / length + rng.uniform(0, 6))
    grey = wave + rng.normal(0, 0.02, wave.shape)
    return np.clip(255 * grey[..., None] * colour, 0, 255).astype(np.uint8)


RED, BLUE = (0.9, 0.2, 0.2), (0.2, 0.3, 0.9)


def apart(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(np.linalg.norm(style(one) - style(other)))


def test_the_same_manner_is_near_another_colour_or_texture_far() -> None:
    picture = waves(RED, 3)
    near = apart(picture, waves(RED, 3, seed=1))
    assert apart(picture, waves(BLUE, 3, seed=1)) > 4 * near
    assert apart(picture, waves(RED, 12, seed=1)) > 2 * near
    assert apart(picture, waves(RED, 3, seed=1, upright=True)) > 2 * near


def test_shares_of_colours_and_of_patterns_are_each_a_whole() -> None:
    found = style(waves(BLUE, 5)) ** 2
    assert found.shape == (STYLE,)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[:100].sum(), 1, rtol=1e-5)
    np.testing.assert_allclose(found[100:159].sum(), 4, rtol=1e-5)
    np.testing.assert_allclose(found[159:].sum(), 4, rtol=1e-5)


def test_a_flat_picture_is_all_of_one_colour_and_one_pattern() -> None:
    for size in ((50, 40), (1, 1), (1, 200), (2, 3)):
        found = style(np.full((*size, 3), 128, np.uint8))
        assert np.count_nonzero(found) == 3
