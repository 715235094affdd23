"""An ensemble's figures as text: the cells and notes that the terminal and the page share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artcli.reporting.figures import interval, moved, number, signed

if TYPE_CHECKING:
    from artcli.predicting.calibration import Reliability
    from artcli.predicting.ensembling import Compared
    from artcli.reporting.ensemble import EnsembleReport

Rows = list[list[str]]
MEMBERS = ("Run", ">F1", ">95 %\ninterval", ">Temperature", ">Weight")
SETS = ("Runs", ">Nested F1", ">Δ to the\nbest run", ">95 %\ninterval", "")
SCORES = ("The ensemble", ">F1", ">95 %\ninterval", "")
BINS = ("Highest\nprobability", ">Pieces", ">Mean of it", ">Right")


def member_rows(report: EnsembleReport) -> Rows:
    return [
        [
            member.name,
            number(member.f1.value, 4),
            interval(member.f1.low, member.f1.high),
            number(member.temperature, 2),
            "" if member.weight is None else number(member.weight, 3),
        ]
        for member in report.ensemble.members
    ]


def set_rows(report: EnsembleReport) -> Rows:
    found = report.comparison
    return [
        [
            _runs(one, report),
            number(one.f1, 4),
            signed(one.gain.value) if one.gain else "",
            moved(one.gain) if one.gain else "",
            ", ".join(
                word
                for word, holds in (
                    ("best run", one.runs == (found.best_single,)),
                    ("proposed", one.runs == found.proposed),
                )
                if holds
            ),
        ]
        for one in found.shown
    ]


def score_rows(report: EnsembleReport) -> Rows:
    """The honest score, the naive one, and what offsets and pooling add."""
    made = report.ensemble
    rows = [
        [
            "nested", number(made.f1.value, 4), interval(made.f1.low, made.f1.high),
            "what is fitted is fitted apart",
        ],
        ["naive", number(made.naive, 4), "", "fitted and judged on the same pieces"],
        [
            "offsets", signed(made.offsets_gain.value), moved(made.offsets_gain),
            "applied" if made.offsets else "not applied (--offsets)",
        ],
    ]  # fmt: skip
    if made.pooling_gain:
        gain = made.pooling_gain
        rows.append([f"pooling {report.pool}", signed(gain.value), moved(gain), "applied"])
    return rows


def bin_rows(found: Reliability) -> Rows:
    return [
        [
            interval(one.low, one.high, 2),
            f"{one.pieces:,}",
            number(one.said, 3),
            number(one.right, 3),
        ]
        for one in found.bins
    ]


def reliability_line(report: EnsembleReport) -> str:
    before, after = report.ensemble.before.error, report.ensemble.after.error
    if not report.calibrate:
        return f"Expected calibration error {after:.3f}; nothing is calibrated."
    return (
        f"Expected calibration error {before:.3f} as voted, {after:.3f} at the last temperature "
        f"({report.ensemble.temperature:.2f})."
    )


def notes(report: EnsembleReport) -> list[str]:
    """What stands below the tables: what the figures mean, and what they do not cover."""
    sets = len(report.comparison.sets)
    said = [
        f"Nested F1: macro F1 of {report.pieces:,} pieces of {report.paintings:,} paintings, in "
        f"{report.splits} splits by painting; temperatures, weights and offsets are fitted on all "
        "other splits and judged on this one. Intervals are 95 % bootstraps by painting, of "
        "differences paired.",
    ]
    if sets > 1:
        said.append(
            f"{sets:,} sets of runs are compared, all without offsets: the best of so many is a "
            "little lucky. Proposed is the best of as few runs as come within one standard error "
            "of the best of all; it is chosen on the very pieces that score it, so its score is a "
            "little kind.",
        )
    said += report.kind
    if report.pool:
        said.append(
            "Pooling uses pictures of the test to name others of them: a contest's rules may "
            "forbid that."
        )
    elif report.siblings:
        said.append(f"Siblings were looked for: {report.siblings['why_not']}.")
    return said


def _runs(one: Compared, report: EnsembleReport) -> str:
    every = max(len(other.runs) for other in report.comparison.sets)
    return f"all {every}" if len(one.runs) == every > 2 else " + ".join(one.runs)
