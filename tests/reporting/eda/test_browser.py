"""The page in a real browser: it draws, sorts, filters, shows paintings, and harms nobody.

Debian's chromium and its driver are looked for; without them every test here is skipped. What the
page looks like is kept in `build/eda/`.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from reporting.eda.fake_report import (
    ARTISTS,
    FINDINGS,
    SCRIPT,
    fake_drawings,
    fake_report,
    fake_sheets,
)

from artcli.reporting.eda.page import html_page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER),
        reason="needs Debian's chromium and chromium-driver; `make test` installs them",
    ),
    pytest.mark.timeout(120),
]
KEPT = Path(__file__).parents[3] / "build" / "eda"
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-quic", "--disable-extensions", "--force-color-profile=srgb",
)  # fmt: skip
EDGE = 26  # pixels of the map around its points


@dataclass(frozen=True)
class Browser:
    """A page that is open, and what it is made of."""

    driver: Any
    address: str
    numbers: dict[str, Any]

    def run(self, script: str, *values: Any) -> Any:
        return self.driver.execute_script(script, *values)

    def one(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def all(self, selector: str) -> list[Any]:
        return list(self.driver.find_elements("css selector", selector))

    def see(self, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Look at the page anew, in a window of this size and scheme."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"media": "", "features": [scheme, still]}
        )
        self.driver.get(self.address)
        self.wait("return [...document.images].every((image) => image.complete)")
        if self.numbers:
            self.wait("const map = document.querySelector('.sky > canvas');"
                      "return !map || map.dataset.drawn > 0")  # fmt: skip

    def wait(self, script: str) -> None:
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.driver, 10, 0.02).until(lambda _: self.run(script))

    def keep(self, name: str) -> None:
        """A screenshot of the whole page, as `build/eda/NAME.png`."""
        area = self.run("const { scrollWidth, scrollHeight } = document.documentElement;"
                        "return [scrollWidth, scrollHeight]")  # fmt: skip
        clip = {"x": 0, "y": 0, "width": area[0], "height": area[1], "scale": 1}
        shot = self.driver.execute_cdp_cmd(
            "Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip}
        )
        KEPT.mkdir(parents=True, exist_ok=True)
        (KEPT / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    from selenium import webdriver

    folder = tmp_path_factory.mktemp("eda")
    page = html_page(fake_report(folder), fake_drawings(), fake_sheets(), made=["made"], workers=1)
    (folder / "eda.html").write_text(page, encoding="utf-8")
    held = re.search(r'<script type="application/json" id="atlas-data">(.*?)</script>', page)
    assert held
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    try:
        yield Browser(driver, (folder / "eda.html").as_uri(), json.loads(held[1]))
    finally:
        driver.quit()


def test_it_opens_without_a_complaint_and_asks_for_nothing(browser: Browser) -> None:
    for log in ("browser", "performance"):
        browser.driver.get_log(log)
    browser.see()
    browser.one("#scheme").click()
    browser.one("#scheme").click()
    assert browser.driver.get_log("browser") == []
    events = [
        json.loads(entry["message"])["message"] for entry in browser.driver.get_log("performance")
    ]
    asked = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
        and event["params"]["documentURL"] == browser.address
    ]
    assert asked
    assert {url.partition(":")[0] for url in asked} <= {"file", "data"}
    assert [url for url in asked if url.startswith("file:")] == [browser.address]
    browser.keep("light")


def test_a_script_for_a_name_is_only_a_name(browser: Browser) -> None:
    browser.see()
    assert browser.driver.title == "40 paintings by 5 artists"
    assert browser.run("return document.querySelectorAll('script').length") == 3
    assert not browser.all("main b b")
    cells = [cell.text for cell in browser.all("#table-artists tbody td:first-child")]
    assert cells[2] == SCRIPT
    assert SCRIPT in [name.text for name in browser.all(".legend .name")]
    run = "const own = document.createElement('script'); own.textContent = 'window.attacked = 1';"
    browser.run(run + "document.body.append(own)")
    assert browser.run("return window.attacked") is None  # the policy holds, too
    browser.driver.get_log("browser")


def test_every_figure_is_drawn_and_every_picture_has_its_words(browser: Browser) -> None:
    browser.see()
    drawn = browser.run(
        "return [...document.querySelectorAll('figure.drawing')].map((figure) => {"
        "  const svg = figure.querySelector('svg'), area = svg.getBoundingClientRect();"
        "  return [figure.id, area.width, area.height, svg.getAttribute('aria-label'),"
        "    svg.querySelectorAll('path, use').length] })"
    )
    names = ["works-per-artist", "life-spans", "an-unknown-figure"]  # the map's needs no script
    assert [name for name, *_ in drawn] == [f"figure-{name}" for name in names]
    for _, width, height, words, marks in drawn:
        assert (width > 400, height > 100, marks > 5) == (True, True, True)
        assert "from 4 to 12" in words
    images = browser.run(
        "return [...document.images].map((image) => [image.alt, image.naturalWidth])"
    )
    assert len(images) > 40
    assert all(alt and width for alt, width in images)
    labels = "[role=img]:not([aria-label]), canvas:not([aria-label]):not([aria-hidden])"
    assert not [
        found for found in browser.all(labels) if not found.find_elements("xpath", "..//button")
    ]
    assert [found.get_attribute("aria-label") for found in browser.all(".unreadable")] == []


def test_a_table_sorts_by_click_and_by_key_and_filters(browser: Browser) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.see()

    def column(number: int) -> list[str]:
        cells = browser.all(f"#table-artists tbody tr:not([hidden]) td:nth-child({number})")
        return [cell.text for cell in cells]

    heads = browser.all("#table-artists th")
    heads[1].find_element("css selector", "button").click()
    assert column(2) == ["12", "10", "8", "6", "4"]
    assert [head.get_attribute("aria-sort") for head in heads] == [
        "none",
        "descending",
        "none",
        "none",
    ]
    heads[1].find_element("css selector", "button").send_keys(Keys.ENTER)
    assert column(2) == ["4", "6", "8", "10", "12"]
    heads[3].find_element("css selector", "button").send_keys(Keys.SPACE)
    assert column(4) == ["1866", "1758", "1700", "1525", ""]
    heads[3].find_element("css selector", "button").click()
    assert column(4) == ["1525", "1700", "1758", "1866", ""]  # what is blank stays last
    search = browser.one("#table-artists input")
    search.send_keys("ada ston")
    assert column(1) == ["Ada Stone"]
    assert browser.one("#table-artists output").text == "1 of 5 rows"
    search.clear()
    search.send_keys("nobody")
    assert column(1) == []
    assert browser.one("#table-artists output").text == "no match"
    search.clear()
    search.send_keys("CLÉO")  # as she is not written
    assert column(1) == [ARTISTS[4].name]


def spot(browser: Browser, point: int, projection: str) -> tuple[float, float]:
    """Where a point of the map is, from the canvas's middle, in pixels."""
    width, height = browser.run("const map = document.querySelector('.sky');"
                                "return [map.clientWidth, map.clientHeight]")  # fmt: skip
    x, y = browser.numbers["places"][projection][2 * point : 2 * point + 2]
    return (x - 0.5) * (width - 2 * EDGE), (0.5 - y) * (height - 2 * EDGE)


def test_hovering_shows_the_painting(browser: Browser) -> None:
    from selenium.webdriver import ActionChains

    browser.see()
    canvas = browser.one(".sky > canvas")
    browser.run("arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })", canvas)
    point = loneliest(browser.numbers["places"]["t-SNE"])
    across, down = spot(browser, point, "t-SNE")
    assert not browser.one(".tip").is_displayed()
    ActionChains(browser.driver).move_to_element_with_offset(
        canvas, round(across), round(down)
    ).perform()
    artist, key, _ = browser.numbers["points"][point]
    assert browser.one(".tip").is_displayed()
    assert browser.one(".tip b").text == ARTISTS[artist].name
    assert browser.one(".tip-picture").get_attribute("data-painting") == key
    colours = browser.run(
        "const shown = document.querySelector('.tip-picture');"
        "return new Set(shown.getContext('2d')"
        "  .getImageData(0, 0, shown.width, shown.height).data).size"
    )
    assert colours > 20  # a painting, no blank
    assert len(browser.all("[data-part=near] button")) == 8
    ActionChains(browser.driver).move_to_element(browser.one("#map h2")).perform()
    assert not browser.one(".tip").is_displayed()


def loneliest(places: list[float]) -> int:
    points = [complex(x, y) for x, y in zip(places[::2], places[1::2], strict=True)]
    apart = [min(abs(one - other) for other in points if other != one) for one in points]
    return apart.index(max(apart))


def test_the_map_is_walked_by_keys(browser: Browser) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.see()
    canvas = browser.one(".sky > canvas")
    canvas.send_keys(Keys.ARROW_RIGHT)
    first = browser.one(".tip-picture").get_attribute("data-painting")
    canvas.send_keys(Keys.ARROW_RIGHT)
    second = browser.one(".tip-picture").get_attribute("data-painting")
    ids = [key for _, key, _ in browser.numbers["points"]]
    places = browser.numbers["places"]["t-SNE"]
    assert places[2 * ids.index(second)] > places[2 * ids.index(first)]
    said = "return document.querySelector('[data-part=said]').textContent"
    assert browser.run(said).startswith(f"Painting {second}, by ")
    canvas.send_keys("+")
    assert "zoomed" in canvas.get_attribute("class")
    canvas.send_keys(Keys.ENTER)
    assert len(browser.all(".legend [aria-pressed=true]")) == 1
    near = browser.one(".near h3").text
    assert near == f"Neighbours of {browser.one('.tip b').text} {second}"
    canvas.send_keys(Keys.ESCAPE)
    assert not browser.one(".tip").is_displayed()
    assert not browser.one(".near").is_displayed()
    assert browser.all(".legend [aria-pressed=true]") == []


def test_the_map_is_coloured_found_in_and_laid_out_anew(browser: Browser) -> None:
    from selenium.webdriver.support.ui import Select

    browser.see()
    picture = "return document.querySelector('.sky > canvas').toDataURL()"
    seen = [browser.run(picture)]

    def changed() -> bool:
        seen.append(browser.run(picture))
        return seen[-1] not in seen[:-1]

    browser.one("[data-part=projections] button:last-child").click()
    browser.wait("return new Promise((done) => requestAnimationFrame(() => done(true)))")
    assert changed()
    Select(browser.one("[data-part=colours]")).select_by_visible_text("by century")
    browser.wait("return new Promise((done) => setTimeout(() => done(true), 60))")
    assert [name.text for name in browser.all(".legend .name")] == [
        "16th century", "18th century", "20th century",
    ]  # fmt: skip
    assert changed()
    Select(browser.one("[data-part=colours]")).select_by_visible_text("by artist")
    browser.one("[data-part=find]").send_keys("wood")
    shown = [name.text for name in browser.all(".legend button:not([hidden]) .name")]
    assert shown == ["Ben Wood"]
    assert not browser.one(".tip").is_displayed()
    browser.wait("return new Promise((done) => setTimeout(() => done(true), 60))")
    assert changed()
    browser.one("[data-part=pictures]").click()
    browser.wait("return new Promise((done) => setTimeout(() => done(true), 60))")
    assert changed()


def test_the_map_finds_a_painting_by_its_id_and_says_where_there_is_none(browser: Browser) -> None:
    browser.see()
    find = browser.one("[data-part=find]")
    find.send_keys("16")
    assert browser.one(".tip-picture").get_attribute("data-painting") == "16"
    assert browser.one(".near h3").text == "Neighbours of Ben Wood 16"
    assert browser.one("[data-part=missed]").text == ""
    find.send_keys("x")
    assert not browser.one(".tip").is_displayed()
    assert not browser.one(".near").is_displayed()
    assert browser.one("[data-part=missed]").text == "no match"
    find.clear()
    find.send_keys("bén wöod")
    shown = [name.text for name in browser.all(".legend button:not([hidden]) .name")]
    assert (shown, browser.one("[data-part=missed]").text) == (["Ben Wood"], "")


# Every text that can be seen, with its contrast to the ground that it stands on.
CONTRAST = """
const pen = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
const rgba = (colour) => {
  pen.clearRect(0, 0, 1, 1); pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data];
};
const over = ([r, g, b, a], under) =>
  [r, g, b].map((part, at) => (part * a + under[at] * (255 - a)) / 255);
const ground = (element) => {
  if (!element) return [255, 255, 255];
  const colour = rgba(getComputedStyle(element).backgroundColor);
  return colour[3] === 255 ? colour.slice(0, 3) : over(colour, ground(element.parentElement));
};
const light = (colour) => colour.map((part) => part / 255)
  .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
const contrast = (one, other) => {
  const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
};
const found = [];
const judge = (text, element, colour) => {
  const style = getComputedStyle(element), under = ground(element);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
  found.push([text.slice(0, 40), contrast(over(rgba(colour), under), under), large ? 3 : 4.5]);
};
document.querySelectorAll('details').forEach((part) => { part.open = true; });
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement, text = texts.currentNode.textContent.trim();
  if (!text || !element.checkVisibility({ visibilityProperty: true })) continue;
  if (element.closest('.unseen, .skip')) continue;
  const style = getComputedStyle(element);
  judge(text, element, element.closest('svg') ? style.fill : style.color);
}
for (const field of document.querySelectorAll('[placeholder]')) {
  judge(field.placeholder, field, getComputedStyle(field, '::placeholder').color);
}
return found;
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_all_text_stands_out_from_its_ground(browser: Browser, dark: bool) -> None:
    browser.see(dark=dark)
    browser.run("document.querySelector('.legend button').click()")
    found = browser.run(CONTRAST)
    assert len(found) > 300
    assert [told for told in found if told[1] < told[2]] == []
    grounds = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", grounds))) < 200) == dark
    if dark:
        browser.see(dark=True)
        browser.keep("dark")


def test_the_scheme_is_chosen_and_kept(browser: Browser) -> None:
    ground = "return getComputedStyle(document.body).backgroundColor"
    browser.see()
    light = browser.run(ground)
    assert browser.one("#scheme").text == "Dark"
    browser.one("#scheme").click()
    assert browser.one("#scheme").text == "Light"
    chosen = browser.run(ground)
    assert chosen != light
    browser.see()
    assert browser.run(ground) == chosen
    browser.one("#scheme").click()
    browser.see(dark=True)
    assert browser.run(ground) == chosen  # as the system has it, once it was chosen back


@pytest.mark.parametrize("width", [360, 768])
def test_nothing_sticks_out_on_a_small_screen(browser: Browser, width: int) -> None:
    browser.see(width=width, height=740)
    browser.run("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    wide = "const { scrollWidth, clientWidth } = document.documentElement;"
    assert browser.run(f"{wide} return scrollWidth - clientWidth") == 0
    browser.see(width=width, height=740)
    browser.keep(f"phone-{width}")


def test_on_paper_all_but_tables_is_unfolded_black_on_white(browser: Browser) -> None:
    browser.see(dark=True)
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    browser.run("dispatchEvent(new Event('beforeprint'))")
    closed = browser.all("details:not([open])")
    assert [part.get_attribute("class") for part in closed] == ["folded"]  # the table of the shift
    assert closed[0].text.endswith("450 rows, in tables/shift.csv")
    assert (
        browser.run("return getComputedStyle(document.body).backgroundColor")
        == "rgb(255, 255, 255)"
    )
    assert browser.run("return getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert not browser.one("nav").is_displayed()
    assert [found.is_displayed() for found in browser.all(".cases")] == [True, True]
    assert len([line for line in browser.all(".cases li") if line.is_displayed()]) == 1 + 10
    assert "The others are in tables/findings.csv." in browser.one(".warning").text
    assert not browser.one("aside").is_displayed()
    browser.run("document.querySelector('#test .folded').open = true")
    rows = browser.run("return [...document.querySelectorAll('#table-shift tbody tr')]"
                       ".filter((row) => row.checkVisibility()).length")  # fmt: skip
    assert rows == 40
    browser.run("dispatchEvent(new Event('afterprint'))")
    printed = browser.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    paper = base64.b64decode(printed["data"])
    assert paper.startswith(b"%PDF")
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / "print.pdf").write_bytes(paper)


def test_without_script_all_is_there_but_what_needs_it(browser: Browser) -> None:
    disabled = "Emulation.setScriptExecutionDisabled"
    browser.see()
    browser.driver.execute_cdp_cmd(disabled, {"value": True})
    try:
        browser.driver.get(browser.address)
        assert browser.one("#figure-painting-map svg").is_displayed()
        assert len(browser.all("#table-artists tbody tr")) == 5
        assert len(browser.all(".findings > li")) == len(FINDINGS)
        controls = [found for found in browser.all("button, input, select") if found.is_displayed()]
        assert controls == []
    finally:
        browser.driver.execute_cdp_cmd(disabled, {"value": False})
