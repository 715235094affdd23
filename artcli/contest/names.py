"""Names of artists: which two spellings are one, and which others come near.

Two names are the same when they are equal, or equal in Unicode form (composed or decomposed,
full or half width, whatever white space). A name that is merely near (`Albrecht Du rer`, where a
damaged file lost the mark of `Albrecht Dürer`) is never taken for the other: it is reported with
its nearest candidates, and a person decides.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

MOST_HINTS = 100  # strange names in a table for which the nearest is looked up: it takes time
_NEAR = 0.9  # likeness of two names' letters from which a typing error is likely


def unicode_form(name: str) -> str:
    """One form for all spellings of `name` that Unicode calls equivalent (NFKC, single spaces)."""
    return " ".join(unicodedata.normalize("NFKC", name).split())


@lru_cache(maxsize=10_000)  # of two columns that were swapped, each is compared with each
def skeleton(name: str) -> str:
    """The bare letters and digits of `name`: no marks, spaces, punctuation or case.

    Equal skeletons are a strong hint that one spelling is a damaged copy of the other.
    """
    bare = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in bare if letter.isalnum()).casefold()


def match_names(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """For each of `names` the one of `known` that is the same name; those without one are absent.

    A name whose form fits two of `known`, neither of them equal to it, fits none.
    """
    exact = set(known)
    by_form: dict[str, set[str]] = defaultdict(set)
    for candidate in exact:
        by_form[unicode_form(candidate)].add(candidate)
    matched: dict[str, str] = {}
    for name in names:
        fits = {name} if name in exact else by_form.get(unicode_form(name), set())
        if len(fits) == 1:
            (matched[name],) = fits
    return matched


def nearest_names(name: str, known: Sequence[str], most: int = 3) -> list[str]:
    """The candidates of `known` nearest to `name`, best first; equal skeletons before all."""
    bones = skeleton(name)
    scored = [
        (difflib.SequenceMatcher(None, bones, skeleton(candidate)).ratio(), candidate)
        for candidate in sorted(set(known))
    ]
    scored.sort(key=lambda pair: -pair[0])
    return [candidate for score, candidate in scored[:most] if score >= 0.6]


def near_pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of `names` that are a letter or so apart, each in the order they come in.

    Of names with equal skeletons the first stands for all.
    """
    by_bones: dict[str, str] = {}
    pairs: list[tuple[str, str]] = []
    for name in names:
        bones = skeleton(name)
        if bones not in by_bones:
            near = difflib.get_close_matches(bones, by_bones, cutoff=_NEAR)
            pairs += [(by_bones[other], name) for other in near]
            by_bones[bones] = name
    return pairs


def one_damaged_copy(name: str, known: Iterable[str]) -> str | None:
    """The single one of `known` with the skeleton of `name`; None when there is none or several."""
    bones = skeleton(name)
    alike = {candidate for candidate in known if bones and skeleton(candidate) == bones}
    return alike.pop() if len(alike) == 1 else None
