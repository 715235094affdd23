"""The sheet of a generated set: whole, escaped, alone, and there for the poorest of sets."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from PIL import Image
from reporting.generated.fake_set import (
    ADA,
    BEN,
    SCRIPT,
    fake_judgement,
    fake_neighbours,
    fake_set,
    fake_workspace,
    learnt_set,
)

from artcli.contest.generated.records import GeneratedSet
from artcli.contest.tables import Contest
from artcli.reporting.generated import page as made
from artcli.reporting.generated.contact import contact_sheet
from artcli.reporting.generated.page import html_page
from artcli.reporting.generated.records import nearest_first, shown_works, some_of_each
from artcli.reporting.generated.sheet import write_sheet
from artcli.workspace.paths import Workspace


class Seen(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.lasttag not in ("script", "style"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def alts(self) -> list[str | None]:
        return [attributes["alt"] for tag, attributes in self.tags if tag == "img"]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Contest, GeneratedSet]:
    workspace, contest = fake_workspace(tmp_path_factory.mktemp("sheet") / "w")
    return workspace, contest, fake_set(workspace)


@pytest.fixture(scope="module")
def page(kept: tuple[Workspace, Contest, GeneratedSet]) -> str:
    _, contest, found = kept
    return html_page(contest, found, fake_neighbours(), [fake_judgement()], made=["of a test"])


def test_the_page_needs_nothing_else_and_runs_only_its_own_script(page: str) -> None:
    seen = Seen(page)
    links = [
        str(value)
        for _, attributes in seen.tags
        for name, value in attributes.items()
        if name in ("src", "href", "xlink:href", "srcset", "action", "data")
    ]
    assert len(links) > 20
    assert {link for link in links if not link.startswith(("#", "data:"))} == set()
    assert set(re.findall(r"url\((?!#)[^)]*", page)) == set()
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    known = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src &#39;sha256-{known}&#39;" in page
    assert [1 for _, attributes in seen.tags for name in attributes if name.startswith("on")] == []


def test_names_and_losses_that_are_code_are_text(page: str) -> None:
    assert SCRIPT not in page
    text = Seen(page).text
    assert f"Ada {SCRIPT}" in text
    assert f"style-transfer:note={SCRIPT}" in text
    assert f"run {SCRIPT}: the difference is more than noise" in text


def test_each_work_stands_beside_its_sources_and_its_neighbour(page: str) -> None:
    alts = Seen(page).alts()
    assert [alt for alt in alts if str(alt).startswith("Work 0002")] == [
        f"Work 0002, made for {BEN}"
    ] * 2
    article = page[page.index('id="work-0002"') :]
    article = article[: article.index("</article>")]
    assert Seen(article).alts() == [
        f"Work 0002, made for {BEN}",
        f"Painting 2, by {ADA}",
        f"Painting 3, by {BEN}",
        f"Painting 4, by {ADA}",
    ]
    assert "83 % alike, in a mirror, a part of it copy" in Seen(article).text
    first = page[page.index('id="work-0001"') : page.index('id="work-0002"')]
    assert Seen(first).alts() == [  # its content is the nearest, and hangs once
        f"Work 0001, made for {BEN}",
        f"Painting 0, by {ADA}",
        f"Painting 1, by {BEN}",
    ]
    assert "42 % alike, its content" in Seen(first).text


def test_what_is_gone_is_said(page: str) -> None:
    assert f"Painting 5, by {BEN}: cannot be read" in page.replace("&#34;", '"').replace(
        "&amp;", "&"
    ).replace("&lt;", "<").replace("&gt;", ">")
    assert "Painting 77, that is gone: cannot be read" in page


def test_the_page_says_what_judging_found(page: str) -> None:
    text = Seen(page).text
    assert "styled helps run" in text
    assert "Each fold learnt from 4 to 5 of the 5 works" in text
    assert "The difference with each seed: +0.020 (seed 0), +0.040 (seed 1)." in text
    assert "all artists 0.5000 0.5300 +0.030 +0.010…+0.050 helps" in text
    assert "3 2 1.5 0.5000 0.4500 −0.050 −0.070…−0.030 harms" in text
    assert "1 of 5 works are copies" in text


@pytest.mark.parametrize("parts", [True, False])
def test_a_poor_set_has_a_page_too(
    kept: tuple[Workspace, Contest, GeneratedSet], parts: bool
) -> None:
    workspace, contest, _ = kept
    if parts:
        text = Seen(html_page(contest, learnt_set(workspace), {}, [])).text
        assert "a generator for each, that makes 1 work" in text
        assert "Learnt from 2 paintings" in text
    else:
        _, _, found = kept
        empty = GeneratedSet("none", found.folder, found.facts, ())
        text = Seen(html_page(contest, empty, {}, [])).text
        assert "None has been made yet." in text
        assert "of 5, for 2 artists" in text
    assert "It has not been judged yet" in text
    assert "There is nothing to compare." in text


def test_of_many_works_some_of_each_artist_are_shown(
    kept: tuple[Workspace, Contest, GeneratedSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, contest, found = kept
    works = shown_works(contest, found, fake_neighbours())
    assert [shown.work.id for shown in works] == ["0001", "0002", "0003", "0004", "0005"]
    assert [shown.work.id for shown in some_of_each(works, 3)] == ["0001", "0002", "0004"]
    assert [shown.work.id for shown in nearest_first(works)] == ["0002", "0001", "0003"]
    monkeypatch.setattr(made, "WORKS", 3)
    text = Seen(html_page(contest, found, fake_neighbours(), [])).text
    assert "2 more works are in styled/works" in text
    assert f"{BEN} 3 new works, 3 paintings to learn from" in text


def test_the_sheet_is_written_as_page_and_picture(
    kept: tuple[Workspace, Contest, GeneratedSet],
) -> None:
    workspace, contest, found = kept
    page, picture = write_sheet(workspace, contest, found, fake_neighbours(), [fake_judgement()])
    assert page == workspace.reports / "generated" / "styled" / "sheet.html"
    assert "made by style-transfer" in page.read_text("utf-8")
    with Image.open(picture) as sheet:
        assert sheet.size[0] > 1200
        assert sheet.convert("RGB").getextrema() != ((255, 255),) * 3
    empty = GeneratedSet("none", found.folder, found.facts, ())
    (alone,) = write_sheet(workspace, contest, empty, {})
    assert alone.name == "sheet.html"


def test_the_picture_has_a_column_for_each_kind_of_source(
    kept: tuple[Workspace, Contest, GeneratedSet],
) -> None:
    workspace, contest, found = kept

    def texts(found: GeneratedSet, neighbours: dict) -> list[str]:
        drawn = contact_sheet(shown_works(contest, found, neighbours), found.name, 9)
        return [text.get_text() for text in drawn.figure.axes[0].texts]

    said = texts(found, fake_neighbours())
    assert said[:4] == ["content", "style", "work", "nearest"]
    assert "42 % like its content" in said
    assert "copy, 83 % like the nearest" in said
    assert texts(learnt_set(workspace, "another"), {})[:2] == ["work", "work"]
