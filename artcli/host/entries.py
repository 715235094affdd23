"""Entry points of installed distributions, one distribution at a time: a broken one hides itself.

`importlib.metadata.entry_points` reads them all together, and raises where one cannot be read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distributions

_FOLDER = re.compile(r"(.+?)(-.*)?\.(dist|egg)-info")  # of a distribution's metadata: name, version


@dataclass(frozen=True)
class Offer:
    """An entry point, and the distribution that it is of, for people."""

    entry: EntryPoint
    distribution: str
    version: str


@dataclass(frozen=True)
class Unreadable:
    """A distribution whose entry points cannot be read, and why."""

    distribution: str
    reason: str


def offers_of(group: str) -> tuple[list[Offer], list[Unreadable]]:
    """The entry points of a group, and what may hide some; of two installations of one
    distribution the first on the path counts."""
    offers: list[Offer] = []
    unreadable: list[Unreadable] = []
    seen: set[str] = set()
    for distribution in distributions():
        place = _place(distribution)
        in_name = _FOLDER.fullmatch(place)
        name = in_name[1] if in_name else _named(distribution, place)[0]
        if (key := re.sub(r"[-_.]+", "-", name).lower()) in seen:
            continue
        seen.add(key)
        try:
            found = [entry for entry in distribution.entry_points if entry.group == group]
        except Exception as error:  # a stranger's file may hold anything
            reason = f"its entry points cannot be read: {type(error).__name__}: {error}"
            unreadable.append(Unreadable(place, reason))
            continue
        if found:
            name, version = _named(distribution, place)
            offers += [Offer(entry, name, version) for entry in found]
    return offers, unreadable


def _place(distribution: Distribution) -> str:
    """The name of the folder that holds its metadata, or its own where it has no such folder."""
    path = getattr(distribution, "_path", None)
    return path.name if path is not None else _named(distribution, "")[0]


def _named(distribution: Distribution, place: str) -> tuple[str, str]:
    try:
        known = distribution.metadata
        return str(known["Name"] or place), str(known["Version"] or "")
    except Exception:
        return place, ""
