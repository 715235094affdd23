"""How fast training is, and what holds it up: the step alone, the real loop, and loading alone.

Made of the very parts that `run_fold` uses, on pictures made for the purpose, so that a figure says
something of a run. All figures are pictures per second.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from artcli import console
from artcli.contest.images import encode_jpeg, read_image, resize
from artcli.contest.pixels import PixelSource, open_pixels
from artcli.host.records import Classes
from artcli.training.components import bind_recipe
from artcli.training.data import Batch, TrainingSet, batches, resized_part
from artcli.training.devices import default_workers, start_fabric
from artcli.training.keys import key
from artcli.training.loop import Plan, train_step
from artcli.training.run import assemble
from artcli.training.trained import build_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.host.discovery import Host
    from artcli.training.recipe import Recipe

CLASSES = 50
ROUNDS = 5


@dataclass(frozen=True)
class Speed:
    """Pictures per second, each the median of its rounds; `loop_share` is that of paired rounds."""

    step: float  # (a) training on one batch that stays in memory
    loop: float  # (b) training on batches as they come from the pixel cache
    cache: float  # (c) crops from the pixel cache alone, in one process, before augmentation
    jpeg: float  # (d) the same crops from the JPEG files
    augmented: float  # crops from the cache, augmented
    loop_share: float  # (b) / (a)
    device: str
    image_size: int
    workers: int

    @property
    def cache_gain(self) -> float:
        """(c) / (d)."""
        return self.cache / self.jpeg


def measure(
    host: Host,
    recipe: Recipe,
    folder: Path,
    *,
    device: str = "auto",
    seconds: float = 4.0,
    paintings: int = 64,
    size: tuple[int, int] = (1000, 1300),
) -> Speed:
    """Measure a recipe on `paintings` pictures of `size` (width, height), written into `folder`.

    `seconds` is how long each round of each figure takes; step and loop take turns.
    """
    components = bind_recipe(host, recipe)
    fabric = start_fabric(recipe, device)
    labels = np.arange(paintings) % CLASSES
    names = tuple(f"artist {number}" for number in range(CLASSES))
    counts = (max(1, paintings // CLASSES),) * CLASSES
    genres = tuple((n % 2, 1 - n % 2) for n in range(CLASSES))  # for a head that needs them
    classes = Classes(names, counts, ("odd", "even"), genres)
    model = build_model(components, recipe, classes)
    side = recipe.image_size or int(model.backbone.image_size)  # type: ignore[arg-type]
    files = write_pictures(folder, paintings, size)
    sources = [PixelSource(str(number), file) for number, file in enumerate(files)]
    dataset = TrainingSet(
        pixels=open_pixels(folder, sources, 2 * side, label="train"),
        rows=np.arange(paintings),
        labels=labels,
        expected=np.ones(paintings),
        crop=components.crop(),
        augmentation=components.augmentation(side),
        image_size=side,
        batch_size=recipe.batch_size,
        seed=recipe.seed,
    )
    plan = Plan(10**6, dataset.batches_per_epoch, 1, recipe.clip, 0, CLASSES, recipe.seed)
    parts = assemble(fabric, components, recipe, plan, model, classes)
    workers = default_workers(fabric)
    pinned = fabric.device.type == "cuda"
    stream = batches(dataset, _Endless(dataset.batches_per_epoch), workers, pinned=pinned)
    held = dataset[0, 0]

    def step(source: Iterator[Batch]) -> Callable[[], int]:
        steps = itertools.count()

        def once() -> int:
            batch = next(source)
            train_step(fabric, parts, plan, next(steps), [batch])
            return len(batch.labels)

        return once

    parts.model.train()
    from_memory, from_cache = step(itertools.repeat(held)), step(stream)
    with console.progress("Measuring", 2 * ROUNDS + 3) as advance:
        _rate(from_memory, seconds / 2)  # warm up
        _rate(from_cache, seconds / 2)
        paired = []
        for _ in range(ROUNDS):
            paired.append((_rate(from_memory, seconds), _rate(from_cache, seconds)))
            advance(2)
        del stream, from_cache
        rates = []
        for load in (_cropped(dataset), _decoded(dataset, files), _augmented(dataset)):
            rates.append(_rate(load, seconds))
            advance()
    cache, jpeg, augmented = rates
    return Speed(
        step=statistics.median(a for a, _ in paired),
        loop=statistics.median(b for _, b in paired),
        cache=cache,
        jpeg=jpeg,
        augmented=augmented,
        loop_share=statistics.median(b / a for a, b in paired),
        device=str(fabric.device),
        image_size=side,
        workers=workers,
    )


def write_pictures(folder: Path, count: int, size: tuple[int, int]) -> list[Path]:
    """JPEG files of about a photographed painting's size in bytes, each one different."""
    width, height = size
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number in console.track(range(count), "Making pictures"):
        rng = np.random.default_rng(key("speed", number))
        coarse = rng.integers(0, 256, (13, 10, 3), dtype=np.uint8)
        fine = rng.integers(0, 256, (height // 4, width // 4, 3), dtype=np.uint8)
        mixed = resize(coarse, width, height) * 0.8 + resize(fine, width, height) * 0.2
        files.append(folder / f"{number}.jpg")
        files[-1].write_bytes(encode_jpeg(mixed.astype(np.uint8), 90))
    return files


def _rate(work: Callable[[], int], seconds: float) -> float:
    """Pictures per second of `work`, which says how many it did, over `seconds`."""
    started, done = time.perf_counter(), 0
    while (spent := time.perf_counter() - started) < seconds or not done:
        done += work()
    return done / spent


def _cropped(dataset: TrainingSet) -> Callable[[], int]:
    def load(rng: np.random.Generator, row: int) -> NDArray[np.uint8]:
        box = dataset.crop(rng, *map(int, dataset.pixels.sizes[row]))
        return resized_part(dataset.pixels.square(row), box, dataset.image_size)

    return _one_by_one(dataset, load)


def _decoded(dataset: TrainingSet, files: list[Path]) -> Callable[[], int]:
    def load(rng: np.random.Generator, row: int) -> NDArray[np.uint8]:
        picture = read_image(files[row])
        box = dataset.crop(rng, picture.shape[1], picture.shape[0])
        return resized_part(picture, box, dataset.image_size)

    return _one_by_one(dataset, load)


def _augmented(dataset: TrainingSet) -> Callable[[], int]:
    return _one_by_one(dataset, lambda rng, row: dataset.picture(row, int(rng.integers(2**62))))


def _one_by_one(
    dataset: TrainingSet, load: Callable[[np.random.Generator, int], NDArray[np.uint8]]
) -> Callable[[], int]:
    rows = itertools.cycle(range(len(dataset.rows)))
    rng = np.random.default_rng(0)

    def once() -> int:
        load(rng, next(rows))
        return 1

    return once


class _Endless:
    """Batch numbers of one epoch after another."""

    def __init__(self, per_epoch: int) -> None:
        self._per_epoch = per_epoch

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return ((epoch, n) for epoch in itertools.count() for n in range(self._per_epoch))
