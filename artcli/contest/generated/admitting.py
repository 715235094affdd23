"""Which generated works a fold may learn from: none that knows of what the fold is judged on."""

from __future__ import annotations

from collections.abc import Collection

from artcli.contest.generated.records import GeneratedSet, GeneratedWork


def admitted(found: GeneratedSet, held: Collection[str]) -> tuple[GeneratedWork, ...]:
    """The works of a set that a fold which holds out the paintings `held` may learn from.

    None of their sources is held out. A set in parts has the whole plan in each of them, so of
    several parts that would serve (all do where nothing is held out) the first one is taken.

    Source: our own.
    """
    out = frozenset(held)
    clean = [work for work in found.works if out.isdisjoint(work.sources)]
    parts = sorted({work.part for work in clean if work.part is not None})
    return tuple(work for work in clean if work.part is None or work.part == parts[0])
