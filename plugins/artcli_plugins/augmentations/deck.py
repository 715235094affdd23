"""The deck's eight transforms."""

from __future__ import annotations

import albumentations as A
import cv2


def deck(image_size: int) -> A.BaseCompose:
    """The eight transforms of the slide, each on half of the crops.

    Transpose and the two flips (all eight orientations), shift-scale-rotate, hue-saturation-value,
    brightness and contrast, channel shuffle, coarse dropout. The slide gives names alone; the
    ranges are those that albumentations had by default at the time (1.3). Shift-scale-rotate is
    spelled as the Affine it became. The holes were 8 of 8 x 8 pixels of 260, and are as large a
    part of any `image_size`.

    Source: slide "Data augmentation".
    """
    hole = max(1, round(image_size * 8 / 260))
    return A.Compose(
        [
            A.Transpose(p=0.5),
            A.HorizontalFlip(p=0.5),
            A.VerticalFlip(p=0.5),
            A.Affine(
                translate_percent=(-0.0625, 0.0625),
                scale=(0.9, 1.1),
                rotate=(-45, 45),
                keep_ratio=True,
                border_mode=cv2.BORDER_REFLECT_101,
                p=0.5,
            ),
            A.HueSaturationValue(hue_shift_limit=20, sat_shift_limit=30, val_shift_limit=20, p=0.5),
            A.RandomBrightnessContrast(brightness_limit=0.2, contrast_limit=0.2, p=0.5),
            A.ChannelShuffle(p=0.5),
            A.CoarseDropout(
                num_holes_range=(8, 8),
                hole_height_range=(hole, hole),
                hole_width_range=(hole, hole),
                fill=0,
                p=0.5,
            ),
        ]
    )
