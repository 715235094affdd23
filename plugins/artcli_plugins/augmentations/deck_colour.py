"""The deck's eight transforms with stronger ones of colour around them."""

from __future__ import annotations

import albumentations as A

from .deck import deck


def deck_colour(image_size: int) -> A.BaseCompose:
    """Colour jitter, gamma, a shift of each channel, the deck's eight and, now and then, grey.

    The slide names a "Color Augmentation" and says no more of it: which transforms these are, and
    how strong, is our choice. What shifts colours comes before the deck's, whose holes stay black
    so; grey comes last, since the deck's would tint it.

    Source: slide "Combination"; the transforms are our own.
    """
    return A.Compose(
        [
            A.ColorJitter(
                brightness=(0.7, 1.3),
                contrast=(0.7, 1.3),
                saturation=(0.5, 1.5),
                hue=(-0.1, 0.1),
                p=0.5,
            ),
            A.RandomGamma(gamma_limit=(70, 140), p=0.5),
            A.RGBShift(r_shift_limit=30, g_shift_limit=30, b_shift_limit=30, p=0.5),
            *deck(image_size).transforms,
            A.ToGray(p=0.1),
        ]
    )
