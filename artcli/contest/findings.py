"""What a look at the data finds: one record for whatever a person should know, and may act on.

Everything that examines a contest (its files, its tables, duplicates, labels) answers in
`Finding`s, so that a terminal, a page and a script tell of all of them alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing found.

    `code` names it for scripts (`truncated-image`); `severity`: an `error` keeps the contest from
    being used, a `warning` costs score or honesty, a `note` is good to know; `title` says it in a
    line, with its count; `advice` says what to do about it; `details` are lines with every case;
    `ids` are the pictures concerned, as (kind, id), in the order of the details.
    """

    code: str
    severity: Severity
    title: str
    advice: str = ""
    details: tuple[str, ...] = ()
    ids: tuple[tuple[str, str], ...] = ()


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The gravest first, of one severity in the order in which they were found; titles and advice
    as sentences begin, and advice as they end."""
    told = (
        replace(one, title=_begun(one.title), advice=_ended(_begun(one.advice))) for one in findings
    )
    return tuple(sorted(told, key=lambda finding: SEVERITIES.index(finding.severity)))


def _begun(text: str) -> str:
    """With a capital, but where it begins with the name of a file or a command."""
    first = text.partition(" ")[0]
    return text if "." in first or first == "artcli" else text[:1].upper() + text[1:]


def _ended(text: str) -> str:
    return f"{text}." if text and text[-1] not in ".?!" else text
