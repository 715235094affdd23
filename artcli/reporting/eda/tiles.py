"""The report in a dozen figures: what stands in large type at the head of the page."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from artcli.reporting.eda.drawing import counted, label, percent
from artcli.reporting.figures import interval

if TYPE_CHECKING:
    from artcli.contest.tables import Kind
    from artcli.reporting.eda.report import EdaReport

_THIN = "\N{THIN SPACE}"


@dataclass(frozen=True)
class Tile:
    """A figure, what it is of, and a line that puts it in proportion."""

    figure: str
    of: str
    note: str = ""


def tiles(report: EdaReport) -> list[Tile]:
    """Of the classes first, then of the pictures, then of what a run tells."""
    return [
        *_of_classes(report),
        *_of_genres(report),
        *_of_pictures(report),
        *_of_a_run(report),
    ]


def _of_classes(report: EdaReport) -> list[Tile]:
    artists, uneven = report.overview.artists, report.overview.imbalance
    if not artists:
        return []
    most, least = artists[0], artists[-1]
    largest = ", ".join(label(artist.name, 22) for artist in artists[:3])
    return [
        Tile(f"{uneven.ratio:.1f}{_THIN}:{_THIN}1", "largest to smallest class",
             f"{label(most.name, 24)} has {most.works:,}, {label(least.name, 24)} {least.works:,}"),
        Tile(percent(uneven.top_share), "held by three artists", largest),
        Tile(f"{uneven.effective:.1f}", "artists in effect",
             f"so many equal classes would be as uneven as these {len(artists)}"),
        Tile(f"{uneven.entropy:.2f} bits", "entropy of the classes",
             f"{percent(uneven.evenness)} of the highest possible"),
    ]  # fmt: skip


def _of_genres(report: EdaReport) -> list[Tile]:
    genres = report.overview.genres
    if not genres:
        return []
    several = sum(len(artist.genres) > 1 for artist in report.overview.artists)
    note = f"{counted(several, 'artist')} worked in several"
    return [Tile(f"{len(genres):,}", f"genre{'s' * (len(genres) != 1)}", note)]


def _of_pictures(report: EdaReport) -> list[Tile]:
    survey = report.survey
    good = [measures for measures in survey.measures if not measures.problem]
    bad, grey = len(survey) - len(good), sum(measures.grey for measures in good)
    found = [Tile(f"{bad:,}", "pictures that cannot be used", "see what was found")] if bad else []
    if good:
        weight = sum(measures.bytes for measures in good)
        found += [
            Tile(_median_size(report, "train"), "pixels, the median painting",
                 _of_test(report) or f"{weight / 1e6:,.0f} MB in all"),
            Tile(percent(grey / len(good)), "grey pictures", f"{grey:,} without any colour"),
        ]  # fmt: skip
    pairs = len(report.matches)
    of = f"pair{'s' * (pairs != 1)} that show the same"
    return [*found, Tile(f"{pairs:,}", of, _same(report))]


def _median_size(report: EdaReport, kind: Kind) -> str:
    """The median width and the median height, "" where there is no picture of the kind."""
    survey = report.survey
    good = [survey.measures[row] for row in survey.usable(kind)]
    if not good:
        return ""
    width = median(measures.width for measures in good)
    height = median(measures.height for measures in good)
    return f"{width:,.0f}{_THIN}×{_THIN}{height:,.0f}"


def _of_test(report: EdaReport) -> str:
    size = _median_size(report, "test")
    return f"of the test: {size}" if size else ""


def _same(report: EdaReport) -> str:
    paintings = report.survey.paintings
    across = sum(
        paintings[match.first].kind != paintings[match.second].kind for match in report.matches
    )
    return f"{across:,} of them between training and test" if report.matches else "no duplicates"


def _of_a_run(report: EdaReport) -> list[Tile]:
    audit = report.audit
    if audit is None:
        return []
    within = interval(audit.f1_low, audit.f1_high)
    found = [
        Tile(f"{audit.f1:.3f}", f"macro F1 of {label(audit.run, 30)}",
             f"95 % interval {within}" if within else ""),
    ]  # fmt: skip
    if audit.suspects:
        many = f"{len(audit.suspects):,}"
        found += [Tile(many, "paintings taken for another's", "some of whose labels are wrong")]
    return found
