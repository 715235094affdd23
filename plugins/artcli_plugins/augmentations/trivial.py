"""TrivialAugment: one transform, drawn evenly, of a strength drawn evenly."""

from __future__ import annotations

import albumentations as A
import cv2

EDGE = cv2.BORDER_REFLECT_101  # as the deck's: black corners are no part of a painting


def trivial(_image_size: int) -> A.BaseCompose:
    """TrivialAugment, its wide list: one transform a crop, of any strength, and nothing to tune.

    Thirteen of the paper's fourteen. Solarize is left out: at its strongest it makes a negative,
    and painters are known by their lights and darks. Ranges are the paper's, where a shear of 0.99
    is one of 45 degrees, 32 pixels of 224 are a seventh, and a sharpness of 0 to 2 is either a
    blur or a sharpening. Strengths are continuous, not thirty-one steps.

    Source: Müller and Hutter 2021, "TrivialAugment: Tuning-free Yet State-of-the-Art Data
    Augmentation".
    """
    return A.Compose(
        [
            A.OneOf(
                [
                    A.NoOp(),
                    A.Affine(shear={"x": (-45, 45), "y": (0, 0)}, border_mode=EDGE),
                    A.Affine(shear={"x": (0, 0), "y": (-45, 45)}, border_mode=EDGE),
                    A.Affine(translate_percent={"x": (-1 / 7, 1 / 7), "y": 0}, border_mode=EDGE),
                    A.Affine(translate_percent={"x": 0, "y": (-1 / 7, 1 / 7)}, border_mode=EDGE),
                    A.Affine(rotate=(-135, 135), border_mode=EDGE),
                    _colour(brightness=(0.01, 2)),
                    _colour(contrast=(0.01, 2)),
                    _colour(saturation=(0.01, 2)),
                    _sharpness(),
                    A.Posterize(num_bits=(2, 8)),
                    A.Equalize(mode="pil"),
                    A.AutoContrast(method="pil"),
                ],
                p=1,
            )
        ]
    )


def _colour(**ranges: tuple[float, float]) -> A.BasicTransform:
    """A jitter of what is named alone."""
    kept = {"brightness": (1, 1), "contrast": (1, 1), "saturation": (1, 1), "hue": (0, 0)}
    return A.ColorJitter(**(kept | ranges))


def _sharpness() -> A.BaseCompose:
    """From a blur over three pixels to its opposite, in Pillow's measure.

    Pillow's sharpness of 2 adds a picture's difference from its blur with weights of 1 and 5 in
    the middle, over 13: an `alpha` of 1/13 here. A sharpness of 0 is that blur.
    """
    return A.OneOf(
        [
            A.Sharpen(alpha=(0, 1 / 13), lightness=(1, 1)),
            A.GaussianBlur(blur_limit=(3, 3), sigma_limit=(0.1, 0.7)),
        ]
    )
