"""An audit told as findings: labels to look at, artists that a model cannot tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artcli.contest.findings import Finding

if TYPE_CHECKING:
    from artcli.predicting.audit.records import Audit, Confusion, Suspect

MIXED_UP = 0.2  # of an artist's pieces taken for one other


def label_findings(audit: Audit) -> list[Finding]:
    """What a person should know of the labels, and of the artists mixed up, by the run audited."""
    found = []
    if audit.suspects:
        found.append(_doubtful(audit))
    if audit.why_not:
        found.append(
            Finding("labels-not-audited", "note", f"The labels were not audited: {audit.why_not}")
        )
    mixed = [one for one in audit.confusions if one.share >= MIXED_UP]
    if mixed:
        found.append(
            Finding(
                "artists-mixed-up",
                "note",
                f"{len(mixed):,} pairs of artists are often taken for each other by {audit.run}"
                if len(mixed) > 1
                else f"One artist is often taken for another by {audit.run}",
                "Look at the pairs: more of what sets them apart (higher resolution, a genre head,"
                " a second model) gains most of the score here.",
                tuple(_confused(one) for one in mixed),
                tuple(("train", one.example) for one in mixed),
            )
        )
    return found


def _doubtful(audit: Audit) -> Finding:
    flagged = sum(one.flagged for one in audit.suspects)
    title = (
        f"{flagged:,} of {len(audit.suspects):,} doubtful labels are probably wrong"
        if flagged
        else f"{len(audit.suspects):,} labels are doubtful"
    )
    return Finding(
        "doubtful-labels",
        "warning" if flagged else "note",
        f"{title}, by {audit.run}",
        "Look at them from the first on: hard paintings are among them. artcli eda --fix proposes"
        " corrections; mark those that are right, then: artcli init --repair",
        tuple(_suspected(one) for one in audit.suspects),
        tuple(("train", one.id) for one in audit.suspects),
    )


def _suspected(one: Suspect) -> str:
    return (
        f"{one.id}: {one.given!r} ({one.given_probability:.0%}),"
        f" more like {one.suggested!r} ({one.suggested_probability:.0%})"
    )


def _confused(one: Confusion) -> str:
    return f"{one.truth!r} taken for {one.guess!r}: {one.pieces:,} pieces, {one.share:.0%} of all"
