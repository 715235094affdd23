"""No augmentation."""

from __future__ import annotations

import albumentations as A


def none(_image_size: int) -> A.BaseCompose:
    """The crop as it is."""
    return A.Compose([])
