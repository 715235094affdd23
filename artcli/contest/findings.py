"""What a look at the data finds: one record for whatever a person should know, and may act on.

Everything that examines a contest (its files, its tables, duplicates, labels) answers in
`Finding`s, so that a terminal, a page and a script tell of all of them alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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
    """The gravest first; of one severity in the order in which they were found."""
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))
