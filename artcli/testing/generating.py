"""The contract of generators: works that were asked for, of paintings that were given, repeatable.

It takes `make`, the component with its options bound, and calls it as `artcli augment-style` does.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from artcli.contest.generated.records import Wanted
from artcli.contest.images import encode_jpeg
from artcli.contest.tables import Painting
from artcli.generating.making import fault_of, learns_paintings
from artcli.generating.request import NewWork, Request
from artcli.testing.promises import holds

if TYPE_CHECKING:
    from artcli.host.binding import Bound

ARTISTS = ("Ada", "Ben")
_EACH, _SIDE = 4, 40


def check_generator(make: Bound) -> None:
    """It makes the works it is asked for, the same ones again, and only those that are missing."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        paintings = _paintings(root)
        part = 0 if learns_paintings(make) else None
        wanted = tuple(Wanted(f"{n:04}", ARTISTS[n % 2], 71 + n, part) for n in range(3))
        first = _request(root / "first", paintings, wanted)
        works = _works(make, first)
        holds(
            sorted(work.wanted.id for work in works) == [one.id for one in wanted],
            "make each work that is asked for once",
        )
        again = _works(make, _request(root / "again", paintings, wanted))
        holds(_same(works, again), "make the same works of the same request")
        made = frozenset({wanted[0].id})
        rest = _works(make, _request(root / "rest", paintings, wanted, made))
        new = [work for work in rest if work.wanted.id not in made]
        kept = [work for work in works if work.wanted.id not in made]
        holds(_same(kept, new), "make the same works where some of them are there already")


def _works(make: Bound, request: Request) -> list[NewWork]:
    works = list(make(request))
    for work in works:
        fault = fault_of(work, request)
        holds(not fault, f"give works that can be kept: {fault}")
        for curve in work.losses.values():
            holds(np.isfinite(curve).all(), "give losses that are finite")
    return sorted(works, key=lambda work: work.wanted.id)


def _same(first: Sequence[NewWork], second: Sequence[NewWork]) -> bool:
    return len(first) == len(second) and all(
        one.wanted == other.wanted
        and np.array_equal(one.picture, other.picture)
        and (one.content, one.styles) == (other.content, other.styles)
        for one, other in zip(first, second, strict=True)
    )


class _Nobody:
    """Is told how it gets on."""

    def step(self, *told: Any) -> None:
        pass


def _request(
    folder: Path,
    paintings: Sequence[Painting],
    wanted: Sequence[Wanted],
    made: frozenset[str] = frozenset(),
) -> Request:
    import torch

    return Request(
        wanted=tuple(wanted),
        paintings=tuple(paintings),
        artists=ARTISTS,
        fold_of={painting.id: n // len(ARTISTS) % 2 for n, painting in enumerate(paintings)},
        folder=folder,
        seed=3,
        device=torch.device("cpu"),
        watch=_Nobody(),
        made=made,
    )


def _paintings(folder: Path) -> list[Painting]:
    rng, made = np.random.default_rng(0), []
    for number in range(_EACH * len(ARTISTS)):
        path = folder / f"{number}.jpg"
        path.write_bytes(encode_jpeg(rng.integers(0, 256, (_SIDE, _SIDE + 9, 3), np.uint8)))
        artist = ARTISTS[number % len(ARTISTS)]
        made.append(Painting(str(number), path, artist, number + 1, "train"))
    return made
