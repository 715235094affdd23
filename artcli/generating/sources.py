"""Which paintings a work is made of: one for what it shows, others for how it is painted.

A fold must do without every work one of whose sources it holds out. So all sources of a work are
of one fold, where that can be, and the works of an artist take the folds in turn: of five folds
each then loses about a fifth of the works.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice, zip_longest
from typing import Literal, TypeVar

import numpy as np

from artcli.contest.generated.records import Wanted
from artcli.contest.tables import Painting
from artcli.errors import ArtcliError
from artcli.generating.request import Request
from artcli.training.keys import key

Content = Literal["others", "same"]
T = TypeVar("T")


@dataclass(frozen=True)
class Sources:
    """What a work shows, and the paintings of its artist whose style it has."""

    content: Painting
    styles: tuple[Painting, ...]


def choose_sources(
    request: Request, wanted: Wanted, *, styles: int = 1, content: Content = "others"
) -> Sources:
    """The sources of a work of the request's plan: `styles` paintings of its artist, and one of
    another artist's for content (or one more of the `same` artist's).

    The paintings of an artist are dealt out in an order keyed by the request's seed, and all of
    them have been before one comes again. What a work is made of depends on the plan, not on what
    is missing of it.

    Errors: `ArtcliError` when the artist has too few paintings, or nobody else has any.
    """
    size = styles + (content == "same")
    has = len(request.by(wanted.artist))
    if has < size:
        raise ArtcliError(
            f"{wanted.artist} has {has} paintings to make a work of, and it takes {size}",
            "use fewer styles" + (", or content=others" if content == "same" else ""),
        )
    plan = [one.id for one in request.wanted if one.artist == wanted.artist]
    *before, hand = islice(_hands(request, wanted.artist, size), plan.index(wanted.id) + 1)
    if content == "same":
        return Sources(hand[0], hand[1:])
    fold = _fold(request, hand)
    times = sum(_fold(request, former) == fold for former in before)
    others = _others(request, wanted.artist, fold)
    return Sources(others[times % len(others)], hand)


def _hands(request: Request, artist: str, size: int) -> Iterator[tuple[Painting, ...]]:
    """The artist's paintings in groups of `size`, each of one fold if one has so many, the folds
    in turn; without end: once they are used up, they are dealt out in another order."""
    by_fold: dict[int | None, list[Painting]] = {}
    for painting in request.by(artist):
        by_fold.setdefault(request.fold_of.get(painting.id), []).append(painting)
    packs = [pack for pack in by_fold.values() if len(pack) >= size] or [list(request.by(artist))]
    for turn in count():
        rng = np.random.default_rng(key(request.seed, "styles", artist, turn))
        shuffled = [_shuffled(rng, pack) for pack in _shuffled(rng, packs)]
        hands = [
            [tuple(pack[at : at + size]) for at in range(0, len(pack) - size + 1, size)]
            for pack in shuffled
        ]
        for of_each_fold in zip_longest(*hands):
            yield from (hand for hand in of_each_fold if hand)


def _fold(request: Request, hand: Sequence[Painting]) -> int | None:
    """The fold of all of these; None where they are not of one."""
    folds = {request.fold_of.get(painting.id) for painting in hand}
    return folds.pop() if len(folds) == 1 else None


def _others(request: Request, artist: str, fold: int | None) -> list[Painting]:
    """The paintings of other artists in this fold, or in all, in a keyed order."""
    others = [painting for painting in request.paintings if painting.artist != artist]
    if not others:
        raise ArtcliError("there is no painting of another artist", "content=same needs none")
    near = [painting for painting in others if request.fold_of.get(painting.id) == fold]
    rng = np.random.default_rng(key(request.seed, "content", artist, str(fold)))
    return _shuffled(rng, near or others)


def _shuffled(rng: np.random.Generator, items: Sequence[T]) -> list[T]:
    return [items[place] for place in rng.permutation(len(items))]
