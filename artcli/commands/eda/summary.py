"""What the terminal says of a contest's data: who is in it, in what colours, and what is wrong."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from artcli import console
from artcli.commands.eda.fixing import show as show_proposed
from artcli.contest.findings import SEVERITIES
from artcli.reporting.eda.writing import PAGE, eda_folder

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from artcli.contest.findings import Finding
    from artcli.contest.proposals import Written
    from artcli.contest.survey.records import Measures, Survey
    from artcli.contest.tables import Kind
    from artcli.reporting.eda.report import EdaReport
    from artcli.workspace.paths import Workspace

SHOWN, LAST = 12, 3  # artists: the first, and of many the last
DETAILS = 3  # lines of a finding
BAR = 24  # characters
MARKS = {"error": "[red]✗[/]", "warning": "[yellow]![/]", "note": "[dim]·[/]"}


def show(workspace: Workspace, report: EdaReport, proposed: Written | None, line: str) -> None:
    """The report in short, where all of it is, and what may come next; `line` is what was typed."""
    out = console.out()
    contest = report.contest
    out.print(
        f"\n[bold]{len(contest.train):,} paintings[/] by [bold]{len(contest.artists):,} artists[/]"
        + (f", {len(contest.test):,} pictures in the test" if contest.test else ", no test")
    )
    out.print(_artists(report))
    facts = (*_imbalance(report), *_pictures(report), *_models(report))
    out.print(_grid((f"[bold]{what}[/]", console.safe(said)) for what, said in facts))
    out.print(f"\n[bold]Findings[/] {_counts(report.findings)}")
    out.print(_grid(row for finding in report.findings for row in _found(finding)))
    if proposed is not None:
        show_proposed(proposed)
    page, here = eda_folder(workspace) / PAGE, Path.cwd()
    shown = page.relative_to(here) if page.is_relative_to(here) else page
    out.print(f"\nReport  [bold]{console.safe(shown)}[/]")
    if following := _next(report, proposed, line):
        out.print(f"Next: [bold]{console.safe(following + workspace.flag)}[/]")


def _artists(report: EdaReport) -> Table:
    """Works per artist: a bar, the count, and the colours of the paintings."""
    who, works = report.overview.artists, report.survey.works()
    judged = {one.artist: one.f1 for one in report.audit.artists} if report.audit else {}
    chosen = list(who) if len(who) <= SHOWN + LAST + 1 else [*who[:SHOWN], None, *who[-LAST:]]
    columns = ["Artist", ">Works", "", "Colours", *[">F1"] * bool(judged)]
    made = console.table("", columns, ())
    made.collapse_padding = True
    for artist in chosen:
        if artist is None:
            made.add_row(f"[dim]… {len(who) - SHOWN - LAST} more[/]")
            continue
        long = max(1, round(BAR * artist.works / max(1, who[0].works)))
        made.add_row(
            console.safe(artist.name),
            f"{artist.works:,}",
            f"[cyan]{'█' * long}[/]",
            _colours(report.survey, artist.name, works.get(artist.name)),
            *([f"{judged[artist.name]:.2f}"] if artist.name in judged else []),
        )
    return made


def _colours(survey: Survey, artist: str, rows: list[int] | None) -> Text:
    """The artist's palette, dark to light; nothing where no picture can be read."""
    from rich.text import Text

    from artcli.reporting.eda.palettes import palette

    strip = Text()
    for red, green, blue in palette(survey, artist, rows)[0].tolist() if rows else ():
        strip.append("██", style=f"rgb({red},{green},{blue})")
    return strip


def _imbalance(report: EdaReport) -> Iterator[tuple[str, str]]:
    uneven, who = report.overview.imbalance, report.overview.artists
    if len(who) > 3:
        yield (
            "Imbalance",
            f"{who[0].works:,} to {who[-1].works:,} works ({uneven.ratio:.1f} to 1); three artists "
            f"hold {uneven.top_share:.0%}; as uneven as {uneven.effective:.1f} equal classes",
        )


def _pictures(report: EdaReport) -> Iterator[tuple[str, str]]:
    survey = report.survey
    sides: tuple[tuple[Kind, str], ...] = (("train", "Paintings"), ("test", "Test"))
    for kind, name in sides:
        if read := [survey.measures[row] for row in survey.usable(kind)]:
            yield name, _sizes(read)


def _sizes(read: Sequence[Measures]) -> str:
    width = statistics.median(one.width for one in read)
    height = statistics.median(one.height for one in read)
    said = [f"{width:,.0f} × {height:,.0f} pixels (medians)"]
    if grey := sum(one.grey for one in read):
        said.append(f"{grey / len(read):.1%} grey")
    if qualities := [one.quality for one in read if one.quality is not None]:
        said.append(f"JPEG quality {statistics.median(qualities):.0f}")
    return ", ".join(said)


def _models(report: EdaReport) -> Iterator[tuple[str, str]]:
    audit = report.audit
    if audit is None:
        return
    yield (
        "Models",
        f"{audit.run}: macro F1 {audit.f1:.3f} ({audit.f1_low:.3f} to {audit.f1_high:.3f}), out of "
        "fold",
    )
    if audit.confusions:
        worst = audit.confusions[0]
        yield "", f"most often mistaken: {worst.truth} for {worst.guess} ({worst.share:.0%})"


def _grid(rows: Iterable[tuple[str, str]]) -> Table:
    """Two columns without lines, of which the second wraps; markup is understood."""
    from rich.table import Table

    made = Table.grid(padding=(0, 2, 0, 0))
    for row in rows:
        made.add_row(*row)
    return made


def _counts(findings: Sequence[Finding]) -> str:
    """`1 error, 4 warnings, 2 notes`."""
    counts = Counter(finding.severity for finding in findings)
    said = (f"{counts[one]:,} {one}{'s' * (counts[one] > 1)}" for one in SEVERITIES if counts[one])
    return ", ".join(said) or "none"


def _found(finding: Finding) -> Iterator[tuple[str, str]]:
    """A mark of its severity with its title, some of its cases, and what to do."""
    yield MARKS[finding.severity], console.safe(finding.title)
    for line in _details(finding):
        yield "", f"[dim]  {console.safe(line)}[/]"
    if finding.advice:
        yield "", f"[dim]→ {console.safe(finding.advice)}[/]"


def _details(finding: Finding) -> Iterator[str]:
    """A few cases; of a note the only one, if it is."""
    if finding.severity == "note" and len(finding.details) > 1:
        return
    yield from finding.details[:DETAILS]
    if (more := len(finding.details) - DETAILS) > 0:
        yield f"… and {more:,} more, in the report"


def _next(report: EdaReport, proposed: Written | None, line: str) -> str:
    if proposed is not None:
        return "artcli init --repair" if _to_apply(report, proposed) else ""
    if any(finding.severity == "error" for finding in report.findings):
        return f"{line} --fix"
    if report.audit is None:
        return "artcli kfold"
    return f"{line} --fix" if report.audit.suspects or report.matches else ""


def _to_apply(report: EdaReport, proposed: Written) -> bool:
    """Whether anything proposed is marked and not in force yet; what is marked but does not fit
    counts, for `init --repair` says so."""
    from artcli.contest.repair import find_repairs
    from artcli.errors import Problems

    try:
        return bool(find_repairs(report.contest.data, proposed.fixes.parent))
    except Problems:
        return True
