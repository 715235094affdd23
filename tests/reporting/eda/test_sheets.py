"""The report as tables: what stands in which row, and what is left blank."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_contests import bare_contest, write_csv

from artcli.contest.duplicates.records import Match
from artcli.contest.findings import Finding
from artcli.contest.overview import overview
from artcli.contest.shift import find_shift
from artcli.contest.survey.records import SIDE, Measures, Survey
from artcli.predicting.audit.records import ArtistScore, Audit, Confusion, Suspect
from artcli.predicting.calibration import Reliability
from artcli.reporting.eda.report import Cell, EdaReport, PaintingMap, Sheet
from artcli.reporting.eda.sheets import sheets

GOOD = Measures(
    bytes=1000, sha256="ab", format="JPEG", mode="RGB", width=40, height=30, quality=90,
    tables="t1", pixels="cd", lightness=60.0, contrast=12.0, chroma=20.0, colour=(1, 2, 255),
    sharpness=0.5, phash=255, mirrored=1,
)  # fmt: skip
MEASURES = (
    GOOD,
    replace(GOOD, width=60, quality=None, format="PNG", lightness=40.0),
    Measures(problem="is truncated", bytes=7),
    replace(GOOD, grey=True, chroma=0.0),
    replace(GOOD, width=20, height=15),
)
AUDIT = Audit(
    "tuned", 0.6, 0.5, 0.7, ("Ada", "Ben"), np.array([[4, 1], [2, 3]]),
    (ArtistScore("Ada", 3, 5, 0.7, 0.8, 0.75, "Ben", 0.2),
     ArtistScore("Ben", 1, 5, 0.7, 0.6, 0.65, "Ada", 0.4)),
    (Confusion("Ben", "Ada", 2, 0.4, "3", "0"),),
    Reliability(0.0, ()),
    (Suspect("3", "Ben", "Ada", 0.1, 0.8, 0.05, True),),
)  # fmt: skip


@pytest.fixture
def report(tmp_path: Path) -> EdaReport:
    train = {"0": "Ada", "1": "Ada", "2": "Ada", "3": "Ben"}
    contest = bare_contest(("Ada", "Ben"), train, ["T0"], data=tmp_path)
    write_csv(
        tmp_path / "artists_info.csv",
        "name,years,genre,nationality",
        ['Ada,1850 - 1900,"Realism,Cubism",French'],
    )
    survey = Survey(
        (*contest.train, *contest.test), MEASURES,
        np.zeros((5, SIDE, SIDE, 3), np.uint8), np.zeros((5, 4), np.float32),
    )  # fmt: skip
    findings = (
        Finding("truncated-image", "error", "1 file is truncated", "Bring it again.",
                ("2.jpg ends early",), (("train", "2"),)),
        Finding("no-sample", "note", "there is no sample", details=()),
    )  # fmt: skip
    matches = (Match(0, 4, "part", 0.98, whole=0),)
    nowhere = PaintingMap("", np.zeros(0, np.intp), {})
    return EdaReport(
        contest, survey, overview(contest), findings, matches, nowhere, shift=find_shift(survey)
    )


def tables(report: EdaReport) -> dict[str, Sheet]:
    return {sheet.name: sheet for sheet in sheets(report)}


def row(sheet: Sheet, number: int = 0) -> dict[str, Cell]:
    return dict(zip(sheet.columns, sheet.rows[number], strict=True))


def test_an_artist_has_works_life_and_the_looks_of_the_good_pictures(report: EdaReport) -> None:
    ada = row(tables(report)["artists"])
    assert ada == {
        "artist": "Ada", ">works": 3, ">share %": 75.0, "genres": "Realism, Cubism",
        "nationality": "French", "years": "1850 - 1900", ">born": 1850, ">died": 1900,
        ">grey %": 0.0, ">width": 50, ">height": 30, ">quality": 90, ">lightness": 50.0,
        ">chroma": 20.0,
    }  # fmt: skip
    ben = row(tables(report)["artists"], 1)
    assert (ben["genres"], ben[">born"], ben[">grey %"]) == ("", None, 100.0)


def test_with_an_audit_artists_have_their_f1_and_there_are_suspects_and_confusions(
    report: EdaReport,
) -> None:
    assert not {"suspects", "confusions"} & set(tables(report))
    found = tables(replace(report, audit=AUDIT))
    assert found["artists"].columns[:4] == ("artist", ">works", ">F1", "taken for")
    assert (row(found["artists"])[">F1"], row(found["artists"])["taken for"]) == (0.75, "Ben")
    assert found["suspects"].rows == (("3", "Ben", "Ada", 0.1, 0.8, 0.05, "yes"),)
    assert found["confusions"].rows == (("Ben", "Ada", 2, 40.0, "3", "0"),)


def test_genres_and_nationalities_name_their_artists(report: EdaReport) -> None:
    found = tables(report)
    assert found["genres"].rows == (("Cubism", 3, 1, "Ada"), ("Realism", 3, 1, "Ada"))
    assert found["nationalities"].rows == (("French", 3, 1, "Ada"),)
    assert found["artist-and-genre"].rows == (("Ada", "Realism", 3), ("Ada", "Cubism", 3))


def test_every_picture_has_a_row_with_all_its_measures(report: EdaReport) -> None:
    pictures = tables(report)["pictures"]
    assert len(pictures.rows) == 5
    first, bad, test = row(pictures, 0), row(pictures, 2), row(pictures, 4)
    assert (first["kind"], first["id"], first["path"]) == ("train", "0", "0.jpg")
    assert (first["colour"], first["phash"], first["grey"]) == ("#0102ff", f"{255:016x}", "")
    assert (first[">bytes"], first[">sharpness"]) == (1000, 0.5)
    assert (bad["problem"], bad[">bytes"], bad[">lightness"]) == ("is truncated", 7, None)
    assert (test["kind"], test["artist"], test[">width"]) == ("test", "", 20)


def test_a_finding_has_a_row_for_each_case(report: EdaReport) -> None:
    assert tables(report)["findings"].rows == (
        ("error", "truncated-image", "1 file is truncated", "2.jpg ends early", "train", "2",
         "Bring it again."),
        ("note", "no-sample", "there is no sample", "", "", "", ""),
    )  # fmt: skip


def test_a_match_names_both_pictures_and_the_larger(report: EdaReport) -> None:
    assert tables(report)["duplicates"].rows == (
        ("part", 0.98, "train", "0", "Ada", "test", "T0", "", "0"),
    )


def test_the_shift_of_sizes_is_told_in_words(report: EdaReport) -> None:
    shift = {str(cells[0]): cells for cells in tables(report)["shift"].rows}
    assert shift["height, pixels"][1:3] == ("30", "15")
    assert shift["height, pixels"][4] == 1.0


def test_all_rows_of_a_table_are_as_wide_as_its_header(report: EdaReport) -> None:
    for sheet in sheets(replace(report, audit=AUDIT)):
        assert {len(cells) for cells in sheet.rows} == {len(sheet.columns)}
