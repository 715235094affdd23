"""The paintings that a generator learns from, in memory, and mini-batches of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from artcli import console
from artcli.errors import ArtcliError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from artcli.generating.request import Request


@dataclass(frozen=True)
class Paintings:
    """`images` are `(N, 3, side, side)` uint8 RGB, the middle of each painting, `side` an eighth
    more than the `size` of a batch's pictures; `labels` `(N,)` int64 are places in the request's
    `artists`. Both lie on the request's device."""

    images: Tensor
    labels: Tensor
    size: int

    def __len__(self) -> int:
        return len(self.labels)

    def where(self, chosen: Tensor) -> Paintings:
        """Those of them where `chosen` `(N,)` bool holds."""
        return Paintings(self.images[chosen], self.labels[chosen], self.size)

    def split(self, count: int) -> Iterator[Paintings]:
        """All of them in order, `count` at a time."""
        for start in range(0, len(self), count):
            part = slice(start, start + count)
            yield Paintings(self.images[part], self.labels[part], self.size)

    def whole(self) -> Tensor:
        """All of them `(N, 3, size, size)` float32 from -1 to 1, their middles, not mirrored."""
        start = (self.images.shape[-1] - self.size) // 2
        end = start + self.size
        return _to_float(self.images[:, :, start:end, start:end])

    def batch(self, rng: np.random.Generator, count: int) -> tuple[Tensor, Tensor]:
        """`count` of them, drawn by `rng`: images `(count, 3, size, size)` float32 from -1 to 1,
        each cropped at random and mirrored at random, and labels `(count,)`.

        Each is drawn in proportion to 1 / sqrt(works of its artist), so that an artist of few
        works is seen oftener than by its share, yet less often than evenly: of few paintings a
        generator learns copies.
        """
        labels = self.labels.cpu().numpy()
        weights = 1 / np.sqrt(np.bincount(labels)[labels])
        chosen = rng.choice(len(labels), count, p=weights / weights.sum())
        places = rng.integers(self.images.shape[-1] - self.size + 1, size=(count, 2))
        mirrored = rng.random(count) < 0.5
        pieces = [
            self.images[number, :, top : top + self.size, left : left + self.size]
            for number, (top, left) in zip(chosen.tolist(), places.tolist(), strict=True)
        ]
        images = torch.stack(
            [
                piece.flip(2) if flip else piece
                for piece, flip in zip(pieces, mirrored.tolist(), strict=True)
            ]
        )
        return _to_float(images), self.labels[torch.from_numpy(chosen).to(self.labels.device)]


def load_paintings(request: Request, size: int) -> Paintings:
    """The paintings of a request, each decoded once, for batches of pictures of `size` pixels.

    Errors: `ArtcliError` where there are none; `BadImage`, that names the file.
    """
    if not request.paintings:
        raise ArtcliError("there are no paintings to learn from")
    side = size + size // 8
    images = torch.empty((len(request.paintings), 3, side, side), dtype=torch.uint8)
    for number, painting in enumerate(console.track(request.paintings, "reading the paintings")):
        images[number] = torch.tensor(request.square(painting, side)).permute(2, 0, 1)
    place = {artist: number for number, artist in enumerate(request.artists)}
    labels = torch.tensor([place[str(painting.artist)] for painting in request.paintings])
    return Paintings(images.to(request.device), labels.to(request.device), size)


def to_picture(image: Tensor) -> NDArray[np.uint8]:
    """`(3, H, W)` float from -1 to 1 (else clipped) as `(H, W, 3)` uint8.

    Errors: `ArtcliError` for what is no number.
    """
    if image.isnan().any():
        raise ArtcliError("the generator painted no picture, but NaN", "try a lower lr")
    pixels = (image.detach().float().clamp(-1, 1) + 1) * 127.5
    picture: NDArray[np.uint8] = pixels.round().byte().permute(1, 2, 0).cpu().numpy()
    return picture


def _to_float(images: Tensor) -> Tensor:
    return images.float() / 127.5 - 1
