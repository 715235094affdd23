"""What a generator is asked for and what it gives back: the interface of the kind `generator`.

A generator is called with a `Request` and yields `NewWork`s. This is a whole one:

    def mirrored(request, *, size: int = 256):
        for wanted in request.missing:
            painting = request.choose(wanted.seed, request.by(wanted.artist))
            picture = request.picture(painting, size)[:, ::-1]
            yield NewWork(wanted, picture, styles=(painting,))

One that learns from all the paintings it is given says so with `@learns`, and marks its works
`learnt=True`. It is then called once for each fold, each time with those paintings alone that a
model which the fold judges may learn from, and has to make the whole plan of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from artcli.contest.generated.records import Wanted
from artcli.contest.images import read_image
from artcli.contest.images import resize as resize_image
from artcli.contest.tables import Painting

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

G = TypeVar("G", bound=Callable[..., Iterator["NewWork"]])
T = TypeVar("T")
Preview = Callable[[], "NDArray[np.uint8]"]
_LONGEST = 32  # times the shorter side: longer than any scroll


class Watch(Protocol):
    """Who is told how a generator gets on."""

    def step(
        self,
        what: str,
        step: int,
        steps: int,
        losses: Mapping[str, float],
        preview: Preview | None = None,
    ) -> None:
        """`step` of `steps` of `what` is done, at these losses; `preview()` is a picture
        `(H, W, 3)` uint8 RGB of how things look, made only when it is wanted."""
        ...


@dataclass(frozen=True)
class NewWork:
    """A work, made: `picture` is `(H, W, 3)` uint8 RGB.

    `content` and `styles` are the paintings it was made of; `learnt` says that its generator has
    learnt from all of the request's. `losses`: the curve of each loss, of as many steps as were
    noted (lists of one length).
    """

    wanted: Wanted
    picture: NDArray[np.uint8]
    content: Painting | None = None
    styles: tuple[Painting, ...] = ()
    learnt: bool = False
    losses: Mapping[str, Sequence[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What a generator is asked for.

    `wanted` is the whole plan (of one part), in order, `made` the ids of those works that are
    there already: a generator makes `missing` ones. `paintings` are those it may use or learn from,
    all of them paintings that are trained on; `artists` are all of the contest's, sorted;
    `fold_of` is the fold that each painting's id is held out by. `folder` is the place of its
    checkpoints, `seed` the set's, `device` where it should compute.
    """

    wanted: tuple[Wanted, ...]
    paintings: tuple[Painting, ...]
    artists: tuple[str, ...]
    fold_of: Mapping[str, int]
    folder: Path
    seed: int
    device: torch.device
    watch: Watch
    made: frozenset[str] = frozenset()

    @property
    def missing(self) -> tuple[Wanted, ...]:
        return tuple(wanted for wanted in self.wanted if wanted.id not in self.made)

    def batches(self, size: int) -> Iterator[tuple[Wanted, ...]]:
        """The plan in batches of `size`, but for those that are there whole.

        A batch holds the same works however often the making was interrupted, so that what is
        made in batches is the same, too; of one that is half there, what is made again is not kept.
        """
        for start in range(0, len(self.wanted), size):
            batch = self.wanted[start : start + size]
            if any(wanted.id not in self.made for wanted in batch):
                yield batch

    def by(self, artist: str) -> tuple[Painting, ...]:
        """The paintings of an artist that may be used, in the table's order."""
        return tuple(painting for painting in self.paintings if painting.artist == artist)

    def choose(self, seed: int, among: Sequence[T]) -> T:
        """One of `among`, keyed by `seed`."""
        return among[int(np.random.default_rng(seed).integers(len(among)))]

    def picture(self, painting: Painting, size: int) -> NDArray[np.uint8]:
        """The painting `(H, W, 3)` uint8 RGB, its shorter side `size` pixels long; of a strip, the
        middle.

        Errors: `BadImage`, that names the file.
        """
        picture = _middle(read_image(painting.path))
        height, width = picture.shape[:2]
        scale = size / min(height, width)
        return resize_image(
            picture, max(size, round(width * scale)), max(size, round(height * scale))
        )

    def square(self, painting: Painting, size: int) -> NDArray[np.uint8]:
        """The middle of the painting `(size, size, 3)` uint8 RGB, as large as can be."""
        picture = self.picture(painting, size)
        top, left = ((side - size) // 2 for side in picture.shape[:2])
        return np.ascontiguousarray(picture[top : top + size, left : left + size])


def _middle(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`picture`, no side longer than `_LONGEST` times the other: a line of pixels that is made as
    wide as a painting fills the memory."""
    height, width = picture.shape[:2]
    longest = _LONGEST * min(height, width)
    top, left = (max(0, side - longest) // 2 for side in (height, width))
    return picture[top : top + longest, left : left + longest]


def learns(generator: G) -> G:
    """Marks a generator that learns from all the paintings that its request holds."""
    generator.learns = True  # type: ignore[attr-defined]
    return generator
