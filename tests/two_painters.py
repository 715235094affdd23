"""What a generator may be asked, in tests: works of one who paints red and one who paints blue."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from artcli.contest.generated.records import Wanted
from artcli.contest.images import encode_png
from artcli.contest.tables import Painting
from artcli.generating.request import Request

ARTISTS = ("Blue", "Red")


@dataclass
class Seen:
    """A watch that keeps the last losses, and that presses Ctrl-C at step `stop`."""

    stop: int | None = None
    losses: list[Mapping[str, float]] = field(default_factory=list)

    def step(
        self, what: str, step: int, steps: int, losses: Mapping[str, float], preview: object = None
    ) -> None:
        self.losses.append(losses)
        if self.stop is not None and step >= self.stop:
            self.stop = None
            os.kill(os.getpid(), signal.SIGINT)


def two_painters(
    root: Path,
    *,
    works: Mapping[str, int] | None = None,
    size: tuple[int, int] = (24, 20),
    each: int = 6,
    folder: str = "checkpoints",
    stop: int | None = None,
    made: frozenset[str] = frozenset(),
) -> Request:
    """A request for `works` of each, who have `each` paintings of their colour, of any light."""
    rng, paintings = np.random.default_rng(0), []
    root.mkdir(parents=True, exist_ok=True)
    for number in range(2 * each):
        artist = ARTISTS[number % 2]
        path = root / f"{number}.png"
        picture = rng.integers(0, 60, (size[1], size[0], 3), np.uint8)
        picture[..., 2 * (artist == "Blue")] = 120 + 120 * number // (2 * each)
        path.write_bytes(encode_png(picture))
        paintings.append(Painting(str(number), path, artist, number + 1, "train"))
    asked = [
        artist for artist, count in (works or {"Blue": 2, "Red": 2}).items() for _ in range(count)
    ]
    return Request(
        wanted=tuple(Wanted(f"{n:04}", artist, 71 + n, 0) for n, artist in enumerate(asked, 1)),
        paintings=tuple(paintings),
        artists=ARTISTS,
        fold_of={painting.id: 1 for painting in paintings},
        folder=root / folder,
        seed=3,
        device=torch.device("cpu"),
        watch=Seen(stop),
        made=made,
    )
