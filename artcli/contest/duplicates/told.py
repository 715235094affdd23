"""What a person should know of pictures that show the same: matches come in, findings go out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from artcli.contest.duplicates.groups import groups_of
from artcli.contest.findings import Finding
from artcli.contest.splits import torn_groups

if TYPE_CHECKING:
    from artcli.contest.duplicates.records import Match
    from artcli.contest.splits import Folds
    from artcli.contest.survey.records import Survey

TOGETHER = "artcli eda --fix proposes groups, and artcli init --repair has the folds obey them"
TURNED = ("", ", laid on its side", ", upside down", ", laid on its side")
KINDS = {  # code: (title, advice)
    "duplicate-paintings": (
        "The same painting twice under one artist",
        f"keep one of them, or keep them in one fold: {TOGETHER}",
    ),
    "duplicates-across-artists": (
        "The same painting under two artists, one of whom did not paint it",
        "find out who did, and correct the other's row in data/fixes.csv",
    ),
    "duplicates-in-test": (
        "The same painting to learn from and in the test, so that the answer is known",
        "a score on them says nothing of other paintings, and the rules of a contest may forbid to "
        "make use of that; artcli makes none",
    ),
    "duplicates-within-test": (
        "The same picture twice in the test",
        "nothing need be done: each row is answered for itself",
    ),
}


def duplicate_findings(
    survey: Survey, matches: Iterable[Match], folds: Mapping[int, Folds]
) -> list[Finding]:
    """What shows the same, under one artist and under two, in the test and within it, and what of
    that stands in different folds. folds: k -> the folds of the file that there is for it."""
    by_kind: dict[str, list[Match]] = {code: [] for code in KINDS}
    for match in (matches := tuple(matches)):
        by_kind[_kind(survey, match)].append(match)
    straddling = [*_straddling(groups_of(survey, matches), folds)]
    harmless = {"duplicates-within-test"}
    if folds and not straddling:
        harmless.add("duplicate-paintings")
    told = [
        Finding(
            code,
            "note" if code in harmless else "warning",
            f"{KINDS[code][0]}: {_count(found, 'pair')}",
            KINDS[code][1],
            tuple(_line(survey, match) for match in found),
            tuple(_key(survey, row) for match in found for row in (match.first, match.second)),
        )
        for code, found in by_kind.items()
        if found
    ]
    return told + straddling


def _kind(survey: Survey, match: Match) -> str:
    first, second = survey.paintings[match.first], survey.paintings[match.second]
    if first.kind != second.kind:
        return "duplicates-in-test"
    if first.kind == "test":
        return "duplicates-within-test"
    same = first.artist == second.artist
    return "duplicate-paintings" if same else "duplicates-across-artists"


def _straddling(groups: Mapping[str, str], folds: Mapping[int, Folds]) -> Iterator[Finding]:
    """One finding for each folds file that tears groups apart."""
    for k, kept in sorted(folds.items()):
        if torn := torn_groups(kept.fold_of, groups):
            yield Finding(
                "duplicates-straddle-folds",
                "warning",
                f"The same painting in different folds of folds-{k}.csv: {_count(torn, 'group')}",
                f"a model is judged on what it has learnt: {TOGETHER}; then remove folds-{k}.csv "
                "to have new folds made (earlier runs were judged on the old ones)",
                tuple(
                    ", ".join(f"{key} in fold {kept.fold_of[key]}" for key in ids) for ids in torn
                ),
                tuple(("train", key) for ids in torn for key in ids),
            )


def _count(found: Sequence[object], what: str) -> str:
    return f"1 {what}" if len(found) == 1 else f"{len(found):,} {what}s"


def _key(survey: Survey, row: int) -> tuple[str, str]:
    painting = survey.paintings[row]
    return painting.kind, painting.id


def _line(survey: Survey, match: Match) -> str:
    first, second = (_name(survey, row) for row in (match.first, match.second))
    likeness = f" (likeness {match.likeness:.2f})"
    if match.how == "file":
        return f"{first} and {second} are the same file"
    if match.how == "pixels":
        return f"{first} and {second} have the same pixels"
    turned = TURNED[match.turned]
    if match.how == "part":
        part, whole = (second, first) if match.whole == match.first else (first, second)
        return f"{part} shows a part of {whole}{turned}{likeness}"
    mirrored = ", one mirrored" if match.how == "mirrored" else turned
    return f"{first} and {second} show the same{mirrored}{likeness}"


def _name(survey: Survey, row: int) -> str:
    painting = survey.paintings[row]
    artist = f" ({' '.join(painting.artist.split())})" if painting.artist else ""
    return f"{painting.id}{artist}"
