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
        often = _counted(len({one.truth for one in mixed}), "artist is", "artists are")
        found.append(
            Finding(
                "artists-mixed-up",
                "note",
                f"{often} often taken for another by {audit.run}",
                "Look at the pairs: more of what sets them apart (higher resolution, a genre head,"
                " a second model) gains most of the score here.",
                tuple(_confused(one) for one in mixed),
                tuple(("train", one.example) for one in mixed),
            )
        )
    return found


def _doubtful(audit: Audit) -> Finding:
    flagged = any(one.flagged for one in audit.suspects)
    many = _counted(len(audit.suspects), "painting", "paintings")
    return Finding(
        "doubtful-labels",
        "warning" if flagged else "note",
        f"Some labels may be wrong: {audit.run} takes {many} for another artist's",
        "Hard paintings are among them, so look at the most doubtful, which come first. artcli eda"
        " --fix proposes corrections, to be marked by you and applied with artcli init --repair.",
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


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"
