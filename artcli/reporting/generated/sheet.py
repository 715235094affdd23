"""The contact sheet on disk: a page of HTML, and a picture of as many works as one can show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from artcli import __version__
from artcli.reporting.eda.drawing import write_png
from artcli.reporting.generated.contact import MOST, contact_sheet
from artcli.reporting.generated.page import html_page
from artcli.reporting.generated.records import shown_works, some_of_each
from artcli.workspace.files import write_text
from artcli.workspace.paths import checked_name

if TYPE_CHECKING:
    from artcli.contest.generated.neighbours import Neighbour
    from artcli.contest.generated.records import GeneratedSet
    from artcli.contest.tables import Contest
    from artcli.predicting.set_judging import JudgedSet
    from artcli.workspace.paths import Workspace

PAGE, PICTURE = "sheet.html", "sheet.png"


def write_sheet(
    workspace: Workspace,
    contest: Contest,
    found: GeneratedSet,
    neighbours: Mapping[str, Neighbour],
    judged: Sequence[JudgedSet] = (),
) -> tuple[Path, ...]:
    """Write `sheet.html` and, of a set with works, `sheet.png` into `reports/generated/NAME`, and
    return their paths. neighbours: by the works' ids.

    Errors: `ArtcliError` when the disk is full, or a work's losses are damaged.
    """
    folder = workspace.reports / "generated" / checked_name(found.name)
    page = folder / PAGE
    write_text(page, html_page(contest, found, neighbours, judged, made=_made(workspace, found)))
    if not found.works:
        return (page,)
    works = some_of_each(shown_works(contest, found, neighbours), MOST)
    write_png(contact_sheet(works, found.name, len(found.works)), folder / PICTURE)
    return page, folder / PICTURE


def _made(workspace: Workspace, found: GeneratedSet) -> list[str]:
    """How the set and its sheet were made, line by line."""
    facts = found.facts
    artists = ", ".join(f"{artist} {count}" for artist, count in facts.plan.items())
    return [
        f"The works are in {found.folder}, made by {facts.generator} with seed {facts.seed}.",
        f"Planned: {artists}.",
        f"This sheet was made by artcli {__version__} on {date.today():%Y-%m-%d} from "
        f"{workspace.data}.",
    ]
