"""What a contact sheet shows of each work, and which works it shows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from artcli.contest.generated.store import read_losses

if TYPE_CHECKING:
    from artcli.contest.generated.neighbours import Neighbour
    from artcli.contest.generated.records import GeneratedSet, GeneratedWork
    from artcli.contest.tables import Contest, Painting


@dataclass(frozen=True)
class Source:
    """A real painting by its id; `painting` is None where train.csv has it no more."""

    id: str
    painting: Painting | None


@dataclass(frozen=True)
class ShownWork:
    """A work, what it was made of, and the real painting that is nearest to it. `losses`: the
    curve of each loss, where they were kept."""

    work: GeneratedWork
    content: Source | None
    styles: tuple[Source, ...]
    nearest: Source | None
    neighbour: Neighbour | None
    losses: Mapping[str, Sequence[float]]

    @property
    def sources(self) -> tuple[Source, ...]:
        """All that is shown beside it."""
        several = (self.content, *self.styles, self.nearest)
        return tuple(one for one in several if one is not None)

    @property
    def is_content(self) -> bool:
        """Whether the nearest painting is the one whose content it has."""
        return None not in (self.content, self.nearest) and self.content == self.nearest

    @property
    def is_copy(self) -> bool:
        """Whether it is a copy of a painting that is not its content."""
        return self.neighbour is not None and self.neighbour.is_copy(self.work)


def shown_works(
    contest: Contest, found: GeneratedSet, neighbours: Mapping[str, Neighbour]
) -> tuple[ShownWork, ...]:
    """All works of the set, by artist in the order of the plan."""
    paintings = {painting.id: painting for painting in contest.train}
    places = {artist: place for place, artist in enumerate(found.facts.plan)}
    works = sorted(found.works, key=lambda work: places.get(work.artist, len(places)))

    def source(key: str) -> Source:
        return Source(key, paintings.get(key))

    return tuple(
        ShownWork(
            work,
            source(work.content) if work.content else None,
            tuple(map(source, work.styles)),
            source(near.painting) if (near := neighbours.get(work.id)) else None,
            near,
            read_losses(found, work),
        )
        for work in works
    )


def some_of_each(works: Sequence[ShownWork], most: int) -> tuple[ShownWork, ...]:
    """At most so many works, of all artists as many as can be, in the order they came in."""
    turns = Counter[str]()
    turn_of = []
    for shown in works:
        turn_of.append(turns[shown.work.artist])
        turns[shown.work.artist] += 1
    first = sorted(range(len(works)), key=lambda place: turn_of[place])[:most]
    return tuple(works[place] for place in sorted(first))


def by_artist(works: Iterable[ShownWork]) -> dict[str, list[ShownWork]]:
    found: dict[str, list[ShownWork]] = defaultdict(list)
    for shown in works:
        found[shown.work.artist].append(shown)
    return dict(found)


def nearest_first(works: Iterable[ShownWork]) -> list[ShownWork]:
    """Those that have a neighbour: copies, then the most alike."""
    near = [(shown.neighbour, shown) for shown in works if shown.neighbour]
    near.sort(key=lambda pair: (not pair[1].is_copy, -pair[0].likeness))
    return [shown for _, shown in near]
