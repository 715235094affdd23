"""From the pixel cache to batches: a keyed index stream, then crop, augment and stack.

`draw` decides which paintings an epoch shows. A `Drawn` set makes batch number `b` of epoch `e`
from nothing but (seed, e, b), so that any number of loader workers, ranks and interruptions gives
the same batches. Pictures stay uint8; normalising and mixing are the device's work.
"""

from __future__ import annotations

import random
import sys
import time
import warnings
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import get_start_method
from multiprocessing.resource_tracker import ensure_running
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from artcli.errors import ArtcliError
from artcli.signals import held_back, stand_apart
from artcli.training.keys import key

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from numpy.typing import NDArray

    from artcli.contest.pixels import Joined, Pixels
    from artcli.host.records import Box

    Crop = Callable[[np.random.Generator, int, int], Box]

_WORD_SECONDS = 1.0  # as long, torch may take to tell of a loader that has died


class Batch(NamedTuple):
    """One rank's part of a batch.

    `images` uint8 `(B, 3, S, S)` in channels-last order, or the features `(B, F)` float32 of such;
    `labels` int64 `(B,)`; `share` is the part
    of the whole batch's mean loss that this part's mean makes, times the number of ranks, so that
    the ranks' average is the whole batch's mean.
    """

    images: Tensor
    labels: Tensor
    share: float


def draw(expected: NDArray[np.float64], seed: int, epoch: int) -> NDArray[np.intp]:
    """The paintings to show in an epoch, in order: painting i about `expected[i]` times.

    Systematic sampling (Madow 1949): as many draws as `expected` `(N,)` sums to, painting i
    floor or ceil of `expected[i]` times, so that all ones give exactly a permutation. Keyed on
    (seed, epoch).
    """
    rng = np.random.default_rng(key(seed, "draw", epoch))
    total = np.cumsum(expected)
    count = max(1, round(total[-1]))
    places = (np.arange(count) + rng.random()) * (total[-1] / count)
    drawn = np.searchsorted(total, places, side="right")
    return rng.permutation(np.minimum(drawn, len(expected) - 1))


@dataclass(frozen=True, kw_only=True)
class Drawn(Dataset[Batch], ABC):
    """Batches of paintings: item `(epoch, batch)` is that batch, or this rank's part of it.

    `labels[i]` is painting i's class, `expected[i]` how often it is drawn in an epoch. An epoch's
    draws are split into batches of nearly equal size, none above `batch_size`: no painting is
    dropped and no last batch is tiny. What a batch shows of its paintings is `shown`'s to say.
    """

    labels: NDArray[np.int64]
    expected: NDArray[np.float64]
    batch_size: int
    seed: int
    rank: int = 0
    ranks: int = 1
    _order: Callable[[int], NDArray[np.intp]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_order", lru_cache(2)(self._draw))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_order"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    @property
    def batches_per_epoch(self) -> int:
        return max(1, -(-round(float(self.expected.sum())) // self.batch_size))

    def _draw(self, epoch: int) -> NDArray[np.intp]:
        return draw(self.expected, self.seed, epoch)

    def __getitem__(self, place: tuple[int, int]) -> Batch:
        epoch, number = place
        order = self._order(epoch)
        whole = np.array_split(np.arange(len(order)), self.batches_per_epoch)[number]
        mine = np.array_split(whole, self.ranks)[self.rank]
        paintings = order[mine]
        seeds = [key(self.seed, epoch, position) for position in mine.tolist()]
        return Batch(
            self.shown(paintings, seeds),
            torch.from_numpy(self.labels[paintings]),
            len(mine) * self.ranks / len(whole),
        )

    @abstractmethod
    def shown(self, paintings: NDArray[np.intp], seeds: Sequence[int]) -> Tensor:
        """What a batch shows of these paintings, all chance keyed by `seeds`."""


@dataclass(frozen=True, kw_only=True)
class TrainingSet(Drawn):
    """Batches of varied crops: `rows[i]` is painting i's row in `pixels`."""

    pixels: Pixels | Joined
    rows: NDArray[np.intp]
    crop: Crop
    augmentation: Any
    image_size: int

    def shown(self, paintings: NDArray[np.intp], seeds: Sequence[int]) -> Tensor:
        """`(B, 3, S, S)` uint8, channels last."""
        side = self.image_size
        images = np.empty((len(paintings), side, side, 3), np.uint8)
        for slot, (painting, seed) in enumerate(zip(paintings.tolist(), seeds, strict=True)):
            images[slot] = self.picture(painting, seed)
        return channels_first(torch.from_numpy(images))

    def picture(self, painting: int, seed: int) -> NDArray[np.uint8]:
        """A crop of a painting, resized and varied, all keyed by `seed`: `(S, S, 3)` uint8 RGB."""
        rng = np.random.default_rng(seed)
        row = int(self.rows[painting])
        width, height = self.pixels.sizes[row]
        box = self.crop(rng, int(width), int(height))
        picture = resized_part(self.pixels.square(row), box, self.image_size)
        self.augmentation.set_random_state(rng, random.Random(seed))
        varied: NDArray[np.uint8] = self.augmentation(image=picture)["image"]
        return varied


@dataclass(frozen=True, kw_only=True)
class FeatureSet(Drawn):
    """Batches of features computed before: `features[i, k]` are those of painting i's crop k."""

    features: Tensor

    def shown(self, paintings: NDArray[np.intp], seeds: Sequence[int]) -> Tensor:
        """`(B, F)` float32, of one of each painting's crops."""
        crops = [seed % self.features.shape[1] for seed in seeds]
        return self.features[torch.from_numpy(paintings), crops]


def channels_first(images: Tensor) -> Tensor:
    """Pictures `(N, S, S, 3)` as `(N, 3, S, S)`, not copied; features `(N, F)` as they are."""
    return images.permute(0, 3, 1, 2) if images.ndim == 4 else images


def resized_part(square: NDArray[np.uint8], box: Box, side: int) -> NDArray[np.uint8]:
    """The part of a cached square inside `box`, at `side` x `side`; reads only its own rows."""
    length = len(square)
    left, top = int(box.left * length), int(box.top * length)
    right = max(left + 1, round(box.right * length))
    bottom = max(top + 1, round(box.bottom * length))
    part = square[top:bottom, left:right]
    if part.shape[:2] == (side, side):
        return np.ascontiguousarray(part)
    shrinks = right - left > side and bottom - top > side
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(part, (side, side), interpolation=method), np.uint8)


def batches(
    dataset: Drawn, places: Iterable[tuple[int, int]], workers: int, *, pinned: bool = False
) -> Generator[Batch, None, None]:
    """The batches at `places` in order, made ahead of need by `workers` processes (0: here).

    Errors: torch's where one of them dies, wherever this process is until `close` has returned.
    """
    # Before they are forked: a pool of threads that OpenCV has here would not be there in a fork,
    # and setting their number then would wait for it for ever.
    cv2.setNumThreads(1)
    # More processes than cores are the user's choice, and no reason for a library's warning.
    warnings.filterwarnings("ignore", message="This DataLoader will create")
    loader = DataLoader(
        _Told(dataset),
        batch_size=None,
        sampler=places,
        num_workers=workers,
        pin_memory=pinned,
        prefetch_factor=4 if workers else None,
        worker_init_fn=_begin,
    )
    if workers and sys.platform != "win32" and get_start_method() != "fork":
        ensure_running()  # it would end the holding back of signals
    with held_back():
        made = iter(loader)
    try:
        for batch in made:
            if isinstance(batch, ArtcliError):
                raise batch
            yield batch
    except (EOFError, OSError):  # of one that dies while it hands a batch over, torch tells next
        time.sleep(_WORD_SECONDS if workers else 0)
        raise
    except GeneratorExit:
        if workers:  # out of its finalizer no error would come
            made._shutdown_workers()  # type: ignore[attr-defined]
        raise


class _Told(Dataset[Batch | ArtcliError]):
    """Batches, and errors for people as they are: torch would make a traceback's text of them."""

    def __init__(self, dataset: Drawn) -> None:
        self._dataset = dataset

    def __getitem__(self, place: tuple[int, int]) -> Batch | ArtcliError:
        try:
            return self._dataset[place]
        except ArtcliError as error:
            return ArtcliError(error.message, error.hint)


def _begin(_worker: int) -> None:
    stand_apart()
    torch.set_num_threads(1)
    # A thread that hands batches over would tell of a parent that stops in the middle of one.
    sys.excepthook = lambda *_: None


def one_hot(labels: Tensor, classes: int) -> Tensor:
    """Soft targets `(N, C)` float32 of labels `(N,)`."""
    return torch.nn.functional.one_hot(labels, classes).float()
