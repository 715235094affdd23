"""Corrections that the report leads to, written down for a person to decide on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from artcli import console
from artcli.contest.duplicates.groups import groups_of
from artcli.contest.proposals import propose, write_proposals
from artcli.reporting.eda.writing import eda_folder

if TYPE_CHECKING:
    from artcli.contest.proposals import Written
    from artcli.reporting.eda.report import EdaReport
    from artcli.workspace.paths import Workspace


def propose_fixes(workspace: Workspace, report: EdaReport) -> Written:
    """Write `fixes.csv` and `groups.csv` into the report's folder; what a person has written in
    them stays."""
    proposals = propose(report.contest, suspects=_suspects(report), removals=_removals(report))
    return write_proposals(eda_folder(workspace), proposals, _groups(report))


def _suspects(report: EdaReport) -> Iterator[tuple[str, str, str]]:
    """(id, artist, why) of the labels most in doubt."""
    run = report.audit.run if report.audit else ""
    for one in report.doubtful:
        why = (
            f"{run} says {one.suggested} ({one.suggested_probability:.2f}) rather than "
            f"{one.given} ({one.given_probability:.2f})"
        )
        yield one.id, one.suggested, why


def _removals(report: EdaReport) -> Iterator[tuple[str, str]]:
    """(id, why) of pictures to learn from that cannot be read, or are there twice."""
    paintings = report.survey.paintings
    for painting, found in zip(paintings, report.survey.measures, strict=True):
        if painting.kind == "train" and found.problem:
            yield painting.id, f"its picture {found.problem}"
    for match in report.matches:
        first, second = paintings[match.first], paintings[match.second]
        same_artist = first.artist is not None and first.artist == second.artist
        if match.how in ("file", "pixels") and same_artist:
            yield second.id, f"the same picture as {first.id}"


def _groups(report: EdaReport) -> Iterator[tuple[str, str, str]]:
    """(id, group, why) of pictures to learn from that must not stand in different folds."""
    for key, group in groups_of(report.survey, report.matches).items():
        yield key, group, "shows the same as others of this group"


def show(written: Written) -> None:
    """What was proposed, where it is, and what to do with it."""
    out = console.out()
    if not (written.marked or written.waiting or written.grouped):
        out.print("\nNothing to correct was found.")
        return
    out.print("\n[bold]Proposed corrections[/]")
    if written.marked or written.waiting:
        out.print(
            f"{console.safe(written.fixes)}: {written.waiting:,} wait for your answer, "
            f"{written.marked:,} are marked yes ({written.added:,} new)",
            soft_wrap=False,
        )
        console.note(
            "Write yes beside those to apply, no beside the others; correct new_artist as you "
            "like. A row whose new_id, new_img_path and new_artist are all blank is left out."
        )
    if written.grouped:
        out.print(f"{console.safe(written.groups)}: {written.grouped:,} paintings in groups")
