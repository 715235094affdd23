"""From a plan to a set: requests go to a generator, and each work it yields is kept at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from artcli.contest.generated.records import GeneratedSet, GeneratedWork, SetFacts, Wanted
from artcli.contest.generated.store import keep_learnt, keep_work
from artcli.contest.workers import hash_files
from artcli.errors import ArtcliError
from artcli.generating.request import NewWork, Request, Watch
from artcli.training.keys import key

if TYPE_CHECKING:
    from artcli.contest.splits import Folds
    from artcli.contest.tables import Contest, Painting
    from artcli.host.binding import Bound

SMALLEST = 16  # pixels of a side


def learns_paintings(generator: Bound) -> bool:
    """Whether it learns from all the paintings of its request, and so is called fold by fold."""
    return bool(getattr(generator.parts[0].target, "learns", False))


def wanted_works(facts: SetFacts) -> tuple[Wanted, ...]:
    """All works of a set, part by part and artist by artist, in the order of their ids."""
    works: list[Wanted] = []
    for part in facts.parts or (None,):
        for artist, count in facts.plan.items():
            for _ in range(count):
                name = f"{len(works) + 1:04}"
                works.append(Wanted(name, artist, key(facts.seed, "work", name), part))
    return tuple(works)


@dataclass(frozen=True)
class Workshop:
    """What the making of a set needs beside the set: where, of what, and who is told."""

    contest: Contest
    folds: Folds
    generator: Bound
    folder: Path
    device: str
    watch: Watch

    def make(self, found: GeneratedSet) -> Iterator[GeneratedSet]:
        """The set after each work that it lacked.

        Errors: those of the generator, its plugin named; `ArtcliError` when the disk is full. What
        was made before stays.
        """
        wanted = wanted_works(found.facts)
        for part in found.facts.parts or (None,):
            asked = tuple(one for one in wanted if one.part == part)
            made = frozenset(work.id for work in found.works)
            if all(one.id in made for one in asked):
                continue
            paintings = self._paintings(part)
            sources = _Sources(paintings)
            if part is not None:
                keep_learnt(found, part, sources.all())
            request = Request(
                wanted=asked,
                paintings=paintings,
                artists=self.contest.artists,
                fold_of=self.folds.fold_of,
                folder=self.folder / ("all" if part is None else f"without-fold-{part}"),
                seed=key(found.facts.seed, "set", "" if part is None else part),
                device=torch.device(self.device),
                watch=self.watch,
                made=made,
            )
            for work in self._works(request):
                if work.wanted.id in made:
                    continue
                _refuse_foreign(work, request)
                found = keep_work(
                    found, _described(work, found.facts, sources), work.picture, work.losses
                )
                made = made | {work.wanted.id}
                yield found
            if lacking := [one.id for one in asked if one.id not in made]:
                raise ArtcliError(
                    f"the generator {found.facts.generator} ended, and did not make "
                    f"{len(lacking)} of {len(asked)} works ({', '.join(lacking[:5])} …)"
                )

    def _paintings(self, part: int | None) -> tuple[Painting, ...]:
        if part is None:
            return self.contest.train
        held = self.folds.validation(part)
        return tuple(painting for painting in self.contest.train if painting.id not in held)

    def _works(self, request: Request) -> Iterator[NewWork]:
        works = iter(self.generator(request))
        following = self.generator.blamed(lambda: next(works, None))
        while (work := following()) is not None:
            yield work


class _Sources:
    """The sha256 of paintings' files, each worked out once."""

    def __init__(self, paintings: Sequence[Painting]) -> None:
        self._path = {painting.id: painting.path for painting in paintings}
        self._sha256: dict[str, str] = {}

    def all(self) -> dict[str, str]:
        return self.of(list(self._path))

    def of(self, ids: Sequence[str]) -> dict[str, str]:
        new = [one for one in ids if one not in self._sha256]
        self._sha256 |= zip(new, hash_files([str(self._path[one]) for one in new]), strict=True)
        return {one: self._sha256[one] for one in ids}


def _described(work: NewWork, facts: SetFacts, sources: _Sources) -> GeneratedWork:
    single = [*([work.content] if work.content else []), *work.styles]
    return GeneratedWork(
        id=work.wanted.id,
        path=Path(),
        artist=work.wanted.artist,
        generator=facts.generator,
        seed=work.wanted.seed,
        part=work.wanted.part,
        content=work.content.id if work.content else None,
        styles=tuple(painting.id for painting in work.styles),
        learnt=work.learnt,
        sources=sources.all() if work.learnt else sources.of([one.id for one in single]),
        sha256="",
    )


def _refuse_foreign(work: Any, request: Request) -> None:
    """`ArtcliError` unless `work` is one that was asked for, made of what was given."""
    if fault := fault_of(work, request):
        raise ArtcliError(f"the generator made no work that can be kept: {fault}")


def fault_of(work: Any, request: Request) -> str:
    """Why `work` cannot be kept as one that was asked for, made of what was given; "" if it can."""
    if not isinstance(work, NewWork):
        return f"it yields {type(work).__name__}, not NewWork"
    picture = work.picture
    if work.wanted not in request.wanted:
        return f"nobody asked for {work.wanted}"
    if not isinstance(picture, np.ndarray) or picture.dtype != np.uint8:
        return "its picture is no array of uint8"
    if picture.ndim != 3 or picture.shape[2] != 3 or min(picture.shape[:2]) < SMALLEST:
        return f"its picture has the shape {picture.shape}, not (H, W, 3) with sides of 16 or more"
    given = set(request.paintings)
    if any(one not in given for one in (*([work.content] if work.content else []), *work.styles)):
        return "it names a source that is not among the paintings of its request"
    if work.learnt and work.wanted.part is None:
        return "it has learnt from all paintings: mark the generator with @learns"
    if not (work.learnt or work.content or work.styles):
        return "it names no source, so that no fold could be kept clear of it"
    return ""


def set_facts(generator: Bound, plan: Mapping[str, int], seed: int, folds: int) -> SetFacts:
    """The facts of a set that `generator` is to make, in parts where it learns."""
    parts = tuple(range(folds)) if learns_paintings(generator) else None
    return SetFacts(generator.text, dict(plan), seed, folds, parts)
