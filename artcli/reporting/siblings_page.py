"""The report of siblings: a page of HTML with the groups as pictures, that needs no other file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artcli.reporting.figures import moved, signed
from artcli.reporting.page import columns_of, render
from artcli.reporting.siblings import SIZES, choices, size_rows
from artcli.workspace.files import write_text
from artcli.workspace.paths import checked_name

if TYPE_CHECKING:
    from pathlib import Path

    from artcli.contest.f1 import Estimate
    from artcli.predicting.siblings.finding import Siblings
    from artcli.workspace.paths import Workspace

RULES = (
    "Pooling uses pictures of the test to name others of them: a contest's rules may forbid that."
)


def write_siblings(workspace: Workspace, name: str, siblings: Siblings, gain: Estimate) -> Path:
    """`reports/siblings/NAME.html`, which is returned; an earlier one of this name is replaced.

    gain: of out-of-fold macro F1, by pooling what `name` says.
    """
    path = workspace.reports / "siblings" / f"{checked_name(name)}.html"
    write_text(path, html_page(name, siblings, gain))
    return path


def html_page(name: str, siblings: Siblings, gain: Estimate) -> str:
    """The groups of the test's pieces or, where there is no test, of the validation's."""
    of_test = len(siblings.test) > 0
    grouped = siblings.of_test if of_test else siblings.of_validation
    return render(
        "siblings.html",
        name=name,
        lines=[*said_of(siblings, gain), *filter(None, [why_not(siblings, gain)])],
        sizes=(columns_of(SIZES), size_rows(siblings)),
        of_what="the test" if of_test else "the validation",
        choices=choices(grouped),
        rules=RULES,
    )


def said_of(siblings: Siblings, gain: Estimate) -> list[str]:
    """What was measured, and what was found: a line each."""
    quality = siblings.quality
    pieces = f"{len(siblings.validation):,} validation pieces"
    if not quality.found:
        return [f"Measured on {pieces}: of the {quality.true:,} pairs of siblings none was found."]
    recall = f" (recall {quality.recall:.4f})" if quality.true else ""
    lines = [
        f"Measured on {pieces}, of whose paintings the evidence knew nothing: {quality.right:,} of "
        f"the {quality.found:,} pairs found are siblings (precision {quality.precision:.4f}), of "
        f"{quality.true:,} there are{recall}.",
        f"Pooling moves the out-of-fold macro F1 by {signed(gain.value)} ({moved(gain)}).",
    ]
    if count := len(siblings.test):
        lines += [
            f"Of {count:,} pictures of the test, {siblings.pooled:,} have siblings. Where the test "
            "has more pieces than a fold, there are more to mistake for siblings, and precision "
            "may be a little lower."
        ]
    return lines


def why_not(siblings: Siblings, gain: Estimate) -> str | None:
    """Why nothing is pooled, though it was asked for; None where it is."""
    if not siblings.quality.found:
        return "no siblings were found; nothing is pooled"
    if gain.value < 0:
        return (
            f"pooling lowers the out-of-fold macro F1 here ({signed(gain.value)}); nothing is "
            "pooled"
        )
    return None
