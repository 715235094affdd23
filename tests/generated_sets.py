"""Generated sets for tests, without a generator: real files, or records alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from artcli.contest.generated.records import GeneratedSet, GeneratedWork, SetFacts
from artcli.contest.generated.store import begin_set, keep_learnt, keep_work
from artcli.workspace.files import sha256_file
from artcli.workspace.paths import Workspace


@dataclass(frozen=True)
class Made:
    """A work to be kept: the paintings that gave it content and style, or the part it is of."""

    artist: str
    content: str | None = None
    styles: tuple[str, ...] = ()
    part: int | None = None


def keep_set(
    workspace: Workspace,
    name: str,
    paths: Mapping[str, Path],
    works: Sequence[Made],
    *,
    learnt: Mapping[int, Sequence[str]] | None = None,
    lacking: int = 0,
    seed: int = 0,
) -> GeneratedSet:
    """The set `name` of `works`, kept; `paths` are the files of all paintings by id.

    `learnt`: the paintings that the generator of each part was given; `lacking`: works of the plan
    that are yet to be made. Pictures are noise keyed by `seed`.
    """
    sums = {key: sha256_file(path) for key, path in paths.items()}
    parts = tuple(learnt) if learnt else None
    every = Counter(made.artist for made in works)
    plan = {artist: count // len(parts or (0,)) for artist, count in every.items()}
    plan[works[0].artist] += lacking
    facts = SetFacts("style-transfer", plan, seed, 4, parts)
    found = begin_set(workspace, name, facts, {})
    for part, ids in (learnt or {}).items():
        keep_learnt(found, part, {key: sums[key] for key in ids})
    rng = np.random.default_rng(seed)
    for number, made in enumerate(works, start=1):
        single = [*([made.content] if made.content else []), *made.styles]
        given = (learnt or {}).get(made.part, ()) if made.part is not None else ()
        picture = rng.integers(0, 256, (40, 56, 3), np.uint8)
        found = keep_work(found, work_of(number, made, sums, given, single), picture, {})
    return found


def bare_set(
    name: str, works: Sequence[Made], *, learnt: Mapping[int, Sequence[str]] | None = None
) -> GeneratedSet:
    """The set as a record; nothing of it is on disk."""
    parts = tuple(learnt) if learnt else None
    facts = SetFacts("style-transfer", {"a": len(works) // len(parts or (0,))}, 0, 4, parts)
    made = []
    for number, one in enumerate(works, start=1):
        single = [*([one.content] if one.content else []), *one.styles]
        given = (learnt or {}).get(one.part, ()) if one.part is not None else ()
        made.append(work_of(number, one, {}, given, single))
    return GeneratedSet(name, Path(name), facts, tuple(made))


def work_of(
    number: int,
    made: Made,
    sums: Mapping[str, str],
    learnt: Sequence[str],
    single: Sequence[str],
) -> GeneratedWork:
    return GeneratedWork(
        id=f"{number:04}",
        path=Path(),
        artist=made.artist,
        generator="style-transfer",
        seed=number,
        part=made.part,
        content=made.content,
        styles=made.styles,
        learnt=bool(learnt),
        sources={key: sums.get(key, "") for key in (*learnt, *single)},
        sha256=f"sum of {number}",
    )
