"""The report as one page of HTML that needs no other file, no network, and no trust.

What it holds is escaped, and a browser is told to run nothing but the page's own two scripts,
known by their hashes. Without them all of it is there but sorting, filtering and the map.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from artcli.reporting.eda.atlas import map_data
from artcli.reporting.eda.cards import SAME, choose_cards
from artcli.reporting.eda.drawing import HUES, as_svg, counted, label, percent
from artcli.reporting.eda.lives import lived
from artcli.reporting.eda.photos import Photo, photographer, thumb
from artcli.reporting.eda.pictures import read_pictures
from artcli.reporting.eda.ribbon import ribbon
from artcli.reporting.eda.tables import html_table
from artcli.reporting.eda.tiles import tiles
from artcli.reporting.page import picture, policy, render, source

if TYPE_CHECKING:
    from artcli.contest.findings import Finding
    from artcli.contest.survey.records import Survey
    from artcli.reporting.eda.report import Drawn, EdaReport, Sheet

SCRIPTS = ("eda_page.js", "eda_map.js")
THUMBS = 12  # of the pictures that a finding concerns
DETAILS = 200  # lines of it
WALLS, DOUBTS = 10, 12  # that are shown before the others are asked for
_OPTION = re.compile(r"(?<!\S)--[a-z][a-z-]*")

# Where a figure or a table stands, by its name. One that is not named stands with the pictures.
FIGURES = {
    "works-per-artist": "artists",
    "cumulative-share": "artists",
    "life-spans": "artists",
    "works-per-genre": "artists",
    "artist-and-genre": "artists",
    "several-genres": "artists",
    "nationality": "artists",
    "train-and-test": "test",
    "confusion-matrix": "models",
    "f1-by-works": "models",
    "calibration": "models",
    "painting-map": "map",
    "map-of-pictures": "map",
}
TABLES = {
    "artists": "artists",
    "genres": "artists",
    "artist-and-genre": "artists",
    "nationalities": "artists",
    "shift": "test",
    "duplicates": "duplicates",
    "suspects": "models",
    "confusions": "models",
}
# The section that shows what a finding rests on, by how its code begins.
EVIDENCE = {
    "duplicate": ("duplicates", "Duplicates"),
    "doubtful-labels": ("models", "What the models say"),
    "artists-mixed-up": ("models", "What the models say"),
    "shift-": ("test", "Train and test"),
    "test-of-pieces": ("test", "Train and test"),
}
# What the page shows in its own way, larger; and a row for each picture would be most of it.
NOT_HERE = frozenset({"wall", "quarters", "findings", "pictures"})


def html_page(
    report: EdaReport,
    drawings: Mapping[str, Drawn],
    sheets: Mapping[str, Sheet],
    *,
    made: Sequence[str] = (),
    workers: int | None = None,
) -> str:
    """The page. Chosen paintings are read from their files, in `workers` processes.

    `drawings` and `sheets` by their names, in the order in which they are shown; `made`: lines that
    say how the report was made.
    """
    from jinja2.utils import htmlsafe_json_dumps
    from markupsafe import Markup

    survey, cards = report.survey, choose_cards(report)
    row_of = {(str(one.kind), one.id): row for row, one in enumerate(survey.paintings)}
    pieces = {survey.paintings[card.row].path: card.boxes for card in cards.quartered}
    pictures = read_pictures((survey.paintings[row].path for row in cards.rows()), pieces, workers)
    numbers = map_data(report)
    scripts = [source(name) for name in SCRIPTS]
    return render(
        "eda.html",
        title=_title(report),
        lead=_lead(report),
        contents=_contents(report),
        report=report,
        audit=report.audit,
        policy=policy(scripts),
        scripts=[Markup(script) for script in scripts],
        ribbon=ribbon(report),
        tiles=tiles(report),
        findings=[
            (found, _thumbs(survey, found, row_of), _evidence(found)) for found in report.findings
        ],
        cards=cards,
        photo=photographer(survey, pictures),
        thumb=lambda row: thumb(survey, row),
        pieces=lambda row: pictures[survey.paintings[row].path][1:],
        figures=_by_place(
            (FIGURES.get(name, "pictures"), (drawn, picture(as_svg(drawn))))
            for name, drawn in drawings.items()
            if name not in NOT_HERE
        ),
        sheets=_by_place(
            (TABLES.get(name, "pictures"), html_table(sheet))
            for name, sheet in sheets.items()
            if name not in NOT_HERE
        ),
        map=numbers,
        map_json=htmlsafe_json_dumps(numbers, sort_keys=False, separators=(",", ":")),
        most_details=DETAILS,
        first_walls=WALLS,
        first_doubts=DOUBTS,
        most_same=SAME,
        made=made,
        percent=lambda share: percent(share).replace(" ", "\N{NO-BREAK SPACE}"),
        counted=counted,
        short=label,
        lived=lived,
        unbroken=_unbroken,
        hues=HUES,
    )


def _title(report: EdaReport) -> str:
    contest = report.contest
    return f"{counted(len(contest.train), 'painting')} by {counted(len(contest.artists), 'artist')}"


def _lead(report: EdaReport) -> str:
    count = len(report.contest.test)
    if not count:
        return "to learn from. There is no test."
    return f"to learn from, and {counted(count, 'picture')} to name."


def _contents(report: EdaReport) -> list[tuple[str, str, str]]:
    """The sections in order: id, name, and how much there is to see."""
    return [
        ("summary", "Summary", ""),
        ("artists", "Artists", f"{len(report.overview.artists):,}"),
        ("pictures", "Pictures", f"{len(report.survey):,}"),
        ("test", "Train and test", ""),
        ("map", "Map", ""),
        ("duplicates", "Duplicates", f"{len(report.matches):,}"),
        ("models", "What the models say", ""),
        ("made", "How this was made", ""),
    ]


def _by_place(placed: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for place, item in placed:
        found.setdefault(place, []).append(item)
    return found


def _evidence(finding: Finding) -> tuple[str, str] | None:
    """The id and the name of the section that shows what a finding rests on, if one does."""
    return next((at for code, at in EVIDENCE.items() if finding.code.startswith(code)), None)


def _thumbs(survey: Survey, finding: Finding, row_of: Mapping[tuple[str, str], int]) -> list[Photo]:
    """Small photos of the first pictures that a finding concerns, of those that can be shown."""
    rows = dict.fromkeys(row_of[key] for key in finding.ids if key in row_of)
    usable = [row for row in rows if not survey.measures[row].problem]
    return [thumb(survey, row) for row in usable[:THUMBS]]


def _unbroken(text: str) -> Any:
    """`text`, escaped, in which no line ends within an option such as `--fix`."""
    from markupsafe import Markup, escape

    return Markup(_OPTION.sub(r'<span class="whole-word">\g<0></span>', str(escape(text))))
