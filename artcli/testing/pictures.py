"""Contracts of what chooses and changes pictures: samplers, crops, augmentations, mixers, views.

Each takes `make`, the component with its options bound, and calls it as a run does. All of them
take their randomness from what they are given, so that a run can be repeated and resumed.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from artcli.host.records import Box, View
from artcli.host.spec import is_name
from artcli.testing.promises import holds

Make = Callable[..., Any]

KEYS = range(16)


def check_sampler(make: Make) -> None:
    """Expected draws, one number a painting, N in all."""
    long_tailed = np.repeat(np.arange(5), (40, 12, 5, 2, 1))
    for labels in (np.random.default_rng(0).permutation(long_tailed), np.zeros(7, np.int64)):
        kept = labels.copy()
        draws = make(labels)
        holds(isinstance(draws, np.ndarray) and draws.dtype.kind == "f", "give an array of floats")
        holds(draws.shape == labels.shape, "give one number a painting")
        holds(np.isfinite(draws).all() and (draws >= 0).all(), "give numbers of 0 or above")
        holds(np.isclose(draws.sum(), len(labels)), "share out N draws in all")
        holds(np.array_equal(draws, make(labels)), "repeat itself")
        holds(np.array_equal(labels, kept), "leave the labels as they are")


def check_crop(make: Make) -> None:
    """A box inside the painting, chosen by the generator it is given and nothing else."""
    crop = make()
    for width, height in ((300, 200), (200, 1000), (64, 64), (3, 2)):
        for key in KEYS:
            box = crop(np.random.default_rng(key), width, height)
            holds(isinstance(box, Box), "return a Box")
            again = crop(np.random.default_rng(key), width, height)
            holds(box == again, "draw from the generator it is given, and from nothing else")


def check_augmentation(make: Make) -> None:
    """A picture of the same shape and type, the same for the same key, varied over the keys."""
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
    for side in (32, 48):
        transform = make(side)
        holds(hasattr(transform, "set_random_state"), "return an albumentations transform")
        picture = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
        kept, seen = picture.copy(), []
        for key in KEYS:
            changed = _augmented(transform, picture, key)
            holds(isinstance(changed, np.ndarray), "return an array")
            holds(changed.shape == picture.shape, f"keep the shape {picture.shape}")
            holds(changed.dtype == np.uint8, "keep uint8")
            holds(
                np.array_equal(changed, _augmented(transform, picture, key)),
                "repeat itself for one random state",
            )
            seen.append(changed)
        holds(np.array_equal(picture, kept), "leave the picture it was given as it is")
        changes = any(not np.array_equal(picture, changed) for changed in seen)
        varied = any(not np.array_equal(seen[0], changed) for changed in seen)
        holds(varied or not changes, "vary with the random state (or change nothing)")


def _augmented(transform: Any, picture: NDArray[np.uint8], key: int) -> Any:
    transform.set_random_state(np.random.default_rng(key), random.Random(key))
    return transform(image=picture)["image"]


def check_mixer(make: Make) -> None:
    """Pictures and soft targets of the same shapes, mixed by the generator it is given."""
    artists = 5
    mixer = make(artists)
    for batch in (1, 5, 8):
        images = torch.rand(batch, 3, 16, 16, generator=torch.Generator().manual_seed(0))
        targets = nn.functional.one_hot(torch.arange(batch) % artists, artists).float()
        kept = images.clone(), targets.clone()
        for key in KEYS:
            mixed, shares = _mixed(mixer, images, targets, key)
            holds(mixed.shape == images.shape, "keep the pictures' shape")
            holds(mixed.dtype == images.dtype, "keep the pictures' type")
            holds(mixed.isfinite().all(), "give finite pictures")
            holds(shares.shape == targets.shape, "keep the targets' shape")
            holds(shares.dtype == targets.dtype, "keep the targets' type")
            holds((shares >= 0).all(), "give targets of 0 or above")
            sums = shares.sum(1)
            holds(torch.allclose(sums, torch.ones_like(sums)), "give targets that sum to 1")
            again = _mixed(mixer, images, targets, key)
            holds(
                torch.equal(mixed, again[0]) and torch.equal(shares, again[1]),
                "draw from the generator it is given, and from nothing else",
            )
        holds(
            torch.equal(images, kept[0]) and torch.equal(targets, kept[1]),
            "leave what it was given as it is",
        )


def _mixed(mixer: Make, images: Tensor, targets: Tensor, key: int) -> tuple[Tensor, Tensor]:
    mixed, shares = mixer(images, targets, torch.Generator().manual_seed(key))
    return mixed, shares


def check_view(make: Make) -> None:
    """Ways to look at a piece: each gives uint8 of the size asked, the same every time."""
    views = make()
    holds(isinstance(views, list) and views, "return a list of View")
    holds(all(isinstance(view, View) for view in views), "return View records")
    holds(len({view.name for view in views}) == len(views), "give each view a name of its own")
    random_state = torch.Generator().manual_seed(0)
    pieces = torch.randint(256, (2, 3, 40, 56), generator=random_state, dtype=torch.uint8)
    kept = pieces.clone()
    for view in views:
        seen = view.fn(pieces, 32)
        holds(seen.dtype == torch.uint8, f"give uint8 ({view.name})")
        holds(seen.shape == (2, 3, 32, 32), f"give pictures of the size asked for ({view.name})")
        holds(torch.equal(seen, view.fn(pieces, 32)), f"repeat itself ({view.name})")
        holds(torch.equal(pieces, kept), f"leave the pieces as they are ({view.name})")
        holds(is_name(view.name), f"name views by letters, digits and . _ - ({view.name})")
