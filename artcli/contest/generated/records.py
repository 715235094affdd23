"""What is known of a generated set: its works and what each was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Wanted:
    """A work to be made: `seed` keys all that is random about it.

    `part` is the fold whose held-out paintings the work must know nothing of; None where it is
    made of single paintings, so that only the folds that hold one of them out must do without it.
    """

    id: str
    artist: str
    seed: int
    part: int | None = None


@dataclass(frozen=True)
class GeneratedWork:
    """A work that was made: a row of provenance.csv.

    `content` is the painting whose content it has (None: of none), `styles` those whose style it
    has, and `sources` the sha256 of the file of each painting it was made of, by id: these, and all
    that its generator has learnt from. `generator` and `seed` made it; `sha256` is of its file.
    """

    id: str
    path: Path
    artist: str
    generator: str
    seed: int
    part: int | None
    content: str | None
    styles: tuple[str, ...]
    learnt: bool
    sources: Mapping[str, str]
    sha256: str


@dataclass(frozen=True)
class SetFacts:
    """What a set is to be, as `set.json` has it: the same command goes on with a set of the same
    facts.

    `generator` is its spec in canonical form, `plan` the number of works of each artist (of each
    part, where there are `parts`), `folds` the number of folds of the folds file.
    """

    generator: str
    plan: Mapping[str, int]
    seed: int
    folds: int
    parts: tuple[int, ...] | None

    @property
    def wanted(self) -> int:
        """How many works the set is to have."""
        return sum(self.plan.values()) * len(self.parts or (0,))


@dataclass(frozen=True)
class GeneratedSet:
    """A set as far as it has been made; `works` are in the order of their ids."""

    name: str
    folder: Path
    facts: SetFacts
    works: tuple[GeneratedWork, ...]

    @property
    def complete(self) -> bool:
        return len(self.works) == self.facts.wanted
