"""All that the report knows, as tables: for the page, CSV files and scripts alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from artcli.contest.shift import in_words
from artcli.contest.survey.records import Measures
from artcli.contest.tables import Painting
from artcli.reporting.eda.artist_sheets import artist_sheets
from artcli.reporting.eda.report import Cell, EdaReport, Sheet

_TEXTS = frozenset({"problem", "sha256", "format", "mode", "tables", "pixels", "grey", "colour"})
_HASHES = frozenset({"phash", "mirrored"})
_MEASURES = tuple(field.name for field in fields(Measures))


def sheets(report: EdaReport) -> list[Sheet]:
    """The tables that have a row, those on artists first."""
    all_of_them = (
        *artist_sheets(report),
        _shift(report),
        _duplicates(report),
        _confusions(report),
        _suspects(report),
        _findings(report),
        _pictures(report),
    )
    return [sheet for sheet in all_of_them if sheet.rows]


def _shift(report: EdaReport) -> Sheet:
    return Sheet(
        "shift",
        "Train against test",
        (
            "measure", "train", "test", "pieces of train", ">distance", ">unexplained",
            "stands out", "expected",
        ),
        tuple(
            (
                shift.what, in_words(shift.train), in_words(shift.test),
                "" if shift.pieces is None else in_words(shift.pieces),
                shift.distance, shift.unexplained, _yes(shift.stands_out), shift.expected,
            )
            for shift in report.shift
        ),
        "Medians (quartiles), or shares. Distance: 0 (alike) to 1 (nothing in common); unexplained:"
        " what of it remains when the training paintings are cut as the test was.",
    )  # fmt: skip


def _duplicates(report: EdaReport) -> Sheet:
    paintings = report.survey.paintings
    return Sheet(
        "duplicates",
        "Pictures that show the same",
        ("how", ">likeness", "kind", "id", "artist", "other kind", "other id", "other artist",
         "whole"),
        tuple(
            (
                match.how, match.likeness,
                *_named(paintings[match.first]), *_named(paintings[match.second]),
                "" if match.whole is None else paintings[match.whole].id,
            )
            for match in report.matches
        ),
        "Whole: the id of the picture of which the other shows a part.",
    )  # fmt: skip


def _confusions(report: EdaReport) -> Sheet:
    found = report.audit.confusions if report.audit else ()
    return Sheet(
        "confusions",
        "The worst confusions",
        ("artist", "taken for", ">pieces", ">share %", "example", "beside"),
        tuple(
            (one.truth, one.guess, one.pieces, 100 * one.share, one.example, one.model_of)
            for one in found
        ),
        "Share: of the artist's pieces. Example: the painting taken so most surely; beside: the one"
        " by the other artist that is most surely known.",
        digits=1,
    )


def _suspects(report: EdaReport) -> Sheet:
    found = report.audit.suspects if report.audit else ()
    return Sheet(
        "suspects",
        "Labels in doubt",
        ("id", "given", "suggested", ">given probability", ">suggested probability",
         ">label quality", "flagged"),
        tuple(
            (
                one.id, one.given, one.suggested, one.given_probability,
                one.suggested_probability, one.quality, _yes(one.flagged),
            )
            for one in found
        ),
        "The most doubtful first. Flagged: taken for an error by confident learning.",
        digits=3,
    )  # fmt: skip


def _findings(report: EdaReport) -> Sheet:
    """A row for each case, with its picture where there is one for each."""
    rows: list[tuple[Cell, ...]] = []
    for found in report.findings:
        cases: Sequence[str] = found.details or ("",)
        ids = found.ids if len(found.ids) == len(cases) else (("", ""),) * len(cases)
        rows += [
            (found.severity, found.code, found.title, case, *which, found.advice)
            for case, which in zip(cases, ids, strict=True)
        ]
    return Sheet(
        "findings",
        "Findings",
        ("severity", "code", "finding", "case", "kind", "id", "advice"),
        tuple(rows),
    )


def _pictures(report: EdaReport) -> Sheet:
    survey, data = report.survey, report.contest.data
    return Sheet(
        "pictures",
        "Pictures",
        ("kind", "id", "artist", "path", *(
            name if name in _TEXTS | _HASHES else f">{name}" for name in _MEASURES
        )),
        tuple(
            (*_named(painting), _beneath(painting.path, data), *_cells(measures))
            for painting, measures in zip(survey.paintings, survey.measures, strict=True)
        ),
    )  # fmt: skip


def _cells(measures: Measures) -> tuple[Cell, ...]:
    return tuple(_cell(name, getattr(measures, name)) for name in _MEASURES)


def _cell(name: str, value: str | float | tuple[int, int, int] | None) -> Cell:
    """One measure: colours as `#rrggbb`, perceptual hashes as 16 hexadecimal digits."""
    if isinstance(value, tuple):
        return "#{:02x}{:02x}{:02x}".format(*value)
    if isinstance(value, bool):
        return _yes(value)
    if name in _HASHES and isinstance(value, int):
        return f"{value:016x}"
    return None if isinstance(value, float) and math.isnan(value) else value


def _named(painting: Painting) -> tuple[str, str, str]:
    return painting.kind, painting.id, painting.artist or ""


def _beneath(path: Path, folder: Path) -> str:
    return (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()


def _yes(value: bool) -> str:
    return "yes" if value else ""
