"""The page by itself: whole, escaped, the same each time, and there for the poorest of reports."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from reporting.eda.fake_report import ARTISTS, SCRIPT, fake_drawings, fake_report, fake_sheets

from artcli.contest.findings import Finding
from artcli.contest.overview import Overview, imbalance
from artcli.contest.survey.records import Survey
from artcli.reporting.eda import page as made
from artcli.reporting.eda.page import html_page
from artcli.reporting.eda.report import EdaReport, PaintingMap


class Seen(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        (self.scripts if self.lasttag == "script" else self.texts).append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> EdaReport:
    return fake_report(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def page(report: EdaReport) -> str:
    return html_page(report, fake_drawings(), fake_sheets(), made=[f"of {SCRIPT}"], workers=1)


def test_the_page_needs_nothing_else_and_runs_only_its_own_scripts(page: str) -> None:
    seen = Seen(page)
    links = [
        value
        for _, attributes in seen.tags
        for name, value in attributes.items()
        if name in ("src", "href", "xlink:href", "srcset", "action", "data")
    ]
    assert len(links) > 60
    assert {link for link in links if not str(link).startswith(("#", "data:"))} == set()
    assert "@import" not in page
    assert set(re.findall(r"url\((?!#)[^)]*", page)) == set()
    (policy,) = [
        meta["content"]
        for meta in seen.named("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    kinds = [script.get("type") for script in seen.named("script")]
    assert sorted(map(str, kinds)) == ["None", "None", "application/json"]
    own = [script for script, kind in zip(in_scripts(page), kinds, strict=True) if kind is None]
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in own]
    assert policy == (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src "
        f"'unsafe-inline'; script-src 'sha256-{hashes[0]}' 'sha256-{hashes[1]}'"
    )
    assert [
        tag for tag, attributes in seen.tags for name in attributes if name.startswith("on")
    ] == []


def in_scripts(page: str) -> list[str]:
    return re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)


def test_names_are_escaped_wherever_they_stand(page: str) -> None:
    assert SCRIPT not in page
    assert "<b>bold</b>" not in page
    (numbers,) = [json.loads(text) for text in in_scripts(page) if text.startswith("{")]
    assert [artist["name"] for artist in numbers["artists"]] == [one.name for one in ARTISTS]
    assert numbers["groups"]["genre"]["names"][2] == "<b>bold</b>"
    assert numbers["artists"][0]["about"] == "1866–1944 · Realism"


def test_each_part_of_the_report_has_its_place(page: str) -> None:
    parts = re.split(r'<section id="(\w+)">', page)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert list(sections) == [
        "summary", "artists", "pictures", "test", "map", "duplicates", "models", "made",
    ]  # fmt: skip
    assert "1 picture is cut off" in sections["summary"]
    assert 'with <span class="whole-word">--fix</span>' in sections["summary"]
    assert "and 100 more, in" in sections["summary"]  # of 300 lines
    assert 'id="figure-works-per-artist"' in sections["artists"]
    assert 'id="figure-an-unknown-figure"' in sections["pictures"]
    assert '<noscript>\n<figure class="drawing" id="figure-painting-map"' in sections["map"]
    assert 'id="table-shift"' in sections["test"]
    assert "50 more rows are in <code>tables/shift.csv</code>" in sections["test"]
    assert 'id="table-pictures"' not in page  # a row for each picture: in its file alone
    assert sections["duplicates"].count('<article class="pair') == 3
    assert sections["models"].count('<li class="doubt">') == 2
    assert sections["models"].count(">flagged</span>") == 1
    assert '<a href="#models">What the models say</a>' in page  # suspects are not counted there
    assert sections["models"].count('<article class="pair') == 2
    assert 'alt="Painting 2, by Ada Stone"' in sections["models"]


def test_long_rows_of_pictures_are_folded_after_the_first(
    report: EdaReport, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert '<details class="more">' not in page
    monkeypatch.setattr(made, "WALLS", 2)
    monkeypatch.setattr(made, "DOUBTS", 1)
    page = html_page(report, {}, {}, workers=1)
    walls, doubts = re.findall(r'<details class="more">(.*?)</details>', page, re.DOTALL)
    assert "<summary>3 more</summary>" in walls
    assert (page.count('<figure class="wall">'), walls.count('<figure class="wall">')) == (5, 3)
    assert "<summary>1 more</summary>" in doubts
    assert '<ol class="doubts" start="2">' in doubts
    assert '<span class="rank">2</span>' in doubts


def test_a_finding_leads_to_what_it_rests_on(report: EdaReport) -> None:
    codes = ("duplicates-in-test", "doubtful-labels", "artists-mixed-up", "shift-encoding",
             "test-of-pieces", "grey-image")  # fmt: skip
    found = tuple(Finding(code, "note", f"about {code}") for code in codes)
    page = html_page(replace(report, findings=found), {}, {}, workers=1)
    assert re.findall(
        r'about ([\w-]+) <a class="evidence" href="#(\w+)">see ([\w ]+)</a>', page
    ) == [
        ("duplicates-in-test", "duplicates", "Duplicates"),
        ("doubtful-labels", "models", "What the models say"),
        ("artists-mixed-up", "models", "What the models say"),
        ("shift-encoding", "test", "Train and test"),
        ("test-of-pieces", "test", "Train and test"),
    ]


def test_the_page_is_the_same_each_time(report: EdaReport, page: str) -> None:
    again = html_page(report, fake_drawings(), fake_sheets(), made=[f"of {SCRIPT}"], workers=2)
    assert again == page


def test_without_a_run_it_says_how_to_get_one(tmp_path: Path) -> None:
    page = html_page(fake_report(tmp_path, with_run=False), {}, {}, workers=1)
    assert "<code>artcli kfold</code>" in page
    assert "macro F1" not in page


def test_a_report_on_nothing_that_can_be_read_is_a_page_too(report: EdaReport) -> None:
    bad = tuple(replace(measures, problem="is missing") for measures in report.survey.measures)
    nothing = replace(
        report,
        contest=replace(report.contest, data=Path("nowhere"), test=()),
        survey=Survey(report.survey.paintings, bad, report.survey.thumbs, report.survey.styles),
        overview=Overview((), imbalance(()), (), ()),
        findings=(),
        painting_map=PaintingMap("nothing", np.array([], np.intp), {}),
        audit=None,
    )
    page = html_page(nothing, {}, {}, workers=1)
    assert "Nothing that needs your attention." in page
    assert "There is no painting to place" in page
    assert "46</b><span>see what was found" in page
