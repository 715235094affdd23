"""Which of train.csv's spellings are one artist's, and which may be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from artcli.contest.fixes import FIXES_NAME, TRAIN_NAME
from artcli.contest.names import skeleton, unicode_form
from artcli.contest.problem import Problem


def one_spelling(tally: Mapping[str, int], notices: list[str]) -> dict[str, str]:
    """The spelling to take for each name of `tally`, which counts the rows of train.csv it is in.

    It is the most frequent of those that differ in Unicode form alone. Names of equal letters stay
    apart. Both are told in `notices`.
    """
    by_form: dict[str, list[str]] = defaultdict(list)
    for name in tally:
        by_form[unicode_form(name)].append(name)
    chosen: dict[str, str] = {}
    for names in by_form.values():
        best = min(names, key=lambda name: (-tally[name], name))
        chosen |= dict.fromkeys(names, best)
        if len(names) > 1:
            notices.append(
                Problem(
                    f"{TRAIN_NAME}: {best!r} is written in {len(names)} ways (Unicode forms or"
                    f" spaces); taken as one artist, in the form of {tally[best]} rows",
                    "unicode-forms",
                )
            )
    by_bones: dict[str, set[str]] = defaultdict(set)
    for name in chosen.values():
        by_bones[skeleton(name)].add(name)
    for alike in by_bones.values():
        if len(alike) > 1:
            notices.append(
                Problem(
                    f"{TRAIN_NAME}: are these one artist? {', '.join(map(repr, sorted(alike)))}"
                    f" (kept apart; {FIXES_NAME} can join them)",
                    "names-alike",
                )
            )
    return chosen
