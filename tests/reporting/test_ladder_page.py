"""The ladder's files: every row and note, the verdicts, nothing of a name taken for markup."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from artcli.contest.f1 import Estimate
from artcli.errors import ArtcliError
from artcli.reporting.figures import signed
from artcli.reporting.ladder import Comparison, Ladder, Row, Trained, command_line, read_earlier
from artcli.reporting.ladder_cells import cells, notes, verdict
from artcli.reporting.ladder_page import html_page, markdown_page, write_report
from artcli.reporting.ladder_plot import ladder_svg
from artcli.training.named import Published
from artcli.workspace.files import read_json
from artcli.workspace.paths import Workspace


def row(name: str, base: str | None = None, **known: object) -> Row:
    fields: dict[str, object] = {
        "name": name,
        "about": f"what {name} is.",
        "base": base,
        "changes": {"mixer": "cutmix", "batch_size": 8},
        "set_over": (),
        "published": Published(f1=0.6903, private=0.6482, train_loss=0.5034),
        "recipe": {"epochs": 5},
        "same_as": None,
        "trained": (trained(name),),
        "f1": Estimate(0.61324, 0.53, 0.66),
    }
    return Row(**{**fields, **known})  # type: ignore[arg-type]


def trained(name: str, seed: int = 0, seconds: float = 61.0) -> Trained:
    return Trained(f"ladder-{name}", seed, 0.61324, 0.62, 0.5, 0.9, 5, 4, seconds)


def compared(value: float, low: float, high: float, slides: float | None = 0.0134) -> Comparison:
    return Comparison("baseline", Estimate(value, low, high), slides, 0.02)


def ladder(*rows: Row, **known: object) -> Ladder:
    fields: dict[str, object] = {
        "name": "ladder",
        "rows": rows,
        "budget": {"model": "timm:arch=local-dir:mobile_net", "epochs": 5, "compile": False},
        "seeds": 1,
        "date": "2026-11-24T10:00:00+00:00",
        "versions": {"torch": "2.14.1", "python": "3.11"},
        "machine": {"device": "cpu", "cores": 2},
        "paintings": 221,
        "pieces": 1105,
    }
    return Ladder(**{**fields, **known})  # type: ignore[arg-type]


BASELINE = row("baseline")
AUGMENT = row("augment", "baseline", comparison=compared(0.021, 0.004, 0.038))
HOSTILE = "<script>&|*$x$"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (compared(0.021, 0.004, 0.038), "agrees"),
        (compared(-0.021, -0.038, -0.004), "disagrees"),
        (compared(-0.021, -0.038, -0.004, slides=-0.01), "agrees"),
        (compared(0.021, -0.001, 0.043), "undecided"),
        (compared(0.021, 0.0, 0.043), "undecided"),
        (compared(0.0, 0.0, 0.0), "undecided"),
        (compared(0.021, 0.004, 0.038, slides=None), None),
        (compared(0.021, 0.004, 0.038, slides=0.0), "undecided"),
        (Comparison("baseline", None, 0.01, None), None),
    ],
)
def test_a_verdict_needs_an_interval_without_0_and_a_number_of_the_slides(
    found: Comparison, said: str | None
) -> None:
    assert found.verdict == said


def test_a_row_shows_both_sides() -> None:
    assert cells(AUGMENT, 1) == [
        "augment", "baseline + mixer cutmix, batch size 8", "0.6903", "0.6482", "0.6132",
        "0.530–0.660", "+0.013", "+0.021", "+0.004…+0.038", "agrees", "61 s",
    ]  # fmt: skip
    alone = cells(replace(BASELINE, published=None), 1)
    assert alone[1:4] == ["what baseline is", "", ""]
    assert alone[6:10] == ["", "", "", ""]


def test_what_the_budget_sets_for_all_rows_is_no_change_of_one() -> None:
    def change(found: Row) -> str:
        return cells(found, 1)[1]

    over = ("epochs", "image_size")
    assert change(replace(AUGMENT, changes={"head": "genre"}, set_over=over)) == (
        "baseline + head genre (epochs, image size set for all rows)"
    )
    assert change(replace(AUGMENT, changes={}, set_over=("model",))) == (
        "baseline (model set for all rows)"
    )
    assert change(replace(BASELINE, set_over=("model",))) == (
        "what baseline is (model set for all rows)"
    )


def test_a_row_that_has_no_verdict_yet_says_how_far_it_is() -> None:
    untrained = replace(AUGMENT, trained=(), f1=None, comparison=None)
    assert verdict(untrained, 1) == "waiting"
    assert verdict(replace(untrained, reason="the loss is not finite"), 1) == "failed"
    assert verdict(replace(AUGMENT, comparison=None, same_as="baseline"), 1) == "as baseline"
    assert verdict(AUGMENT, 3) == "1 of 3 seeds"
    several = replace(AUGMENT, trained=(trained("a"), trained("a-s1", 1, seconds=99.0)))
    assert verdict(several, 2) == "agrees"
    assert cells(several, 2)[-1] == "80 s"


def test_a_sign_is_written_where_there_is_one() -> None:
    numbers = (0.0124, -0.0124, 0.0004, -0.0004)
    assert [*map(signed, numbers)] == ["+0.012", "−0.012", "0.000", "0.000"]


def test_notes_say_what_failed_what_is_the_same_and_what_an_interval_is_worth() -> None:
    failed = replace(BASELINE, name="sam", reason="out of memory")
    same = replace(BASELINE, name="tinyvit", same_as="scheduler")
    further = replace(AUGMENT, base="layernorm")
    said = " ".join(notes(ladder(failed, same, further)))
    assert "sam failed: out of memory" in said
    assert "tinyvit is, at this budget, the same recipe as scheduler" in said
    assert "augment is compared with baseline, since layernorm is not in the ladder" in said
    assert "1,105 pieces of 221 paintings" in said
    assert "does not cover the chance of training" in said
    assert "the mean over 3 seeds" in " ".join(notes(ladder(AUGMENT, seeds=3)))
    assert notes(ladder(AUGMENT, pieces=0)) == []


def test_the_command_makes_the_ladder_again() -> None:
    said = command_line(
        ["S+F+C"], "my", 3, {"epochs": 5, "freeze_norm": False, "observers": ["a", "b:c=d e"]}
    )
    assert said == (
        "artcli ladder S+F+C --name my --seeds 3 --epochs 5 --no-freeze-norm --observer a "
        "--observer 'b:c=d e'"
    )
    assert command_line([], "ladder", 1, {}) == "artcli ladder"


class Seen(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data


def test_the_page_is_whole_by_itself_and_escapes_names() -> None:
    made = ladder(BASELINE, replace(AUGMENT, name=HOSTILE, reason="a <b>bad</b> & loss"))
    page = html_page(made, ladder_svg(made))
    seen = Seen(page)
    assert "script" not in seen.tags
    assert "b" not in seen.tags
    assert "svg" in seen.tags
    assert HOSTILE in [cell.strip() for cell in seen.cells]
    links = [value for name, value in seen.attributes if name in ("src", "href", "xlink:href")]
    assert all(value and value.startswith("#") for value in links)
    assert page.count("<!doctype") == 1
    assert "<?xml" not in page


def test_markdown_keeps_a_table_a_table() -> None:
    page = markdown_page(ladder(BASELINE, replace(AUGMENT, name=HOSTILE)))
    (line,) = [line for line in page.splitlines() if "0.690" in line and "script" in line]
    assert len(re.split(r"(?<!\\)\|", line)) == 13  # eleven cells, and what is outside them
    assert "<script>" not in re.sub(r"\\.", "", page.replace(f"'{HOSTILE}'", ""))
    assert "$ artcli ladder baseline" in page
    assert "![The slides' differences of F1 and ours](ladder.svg)" in page


def test_the_plot_shows_every_compared_row_and_is_the_same_each_time() -> None:
    made = ladder(
        BASELINE,
        AUGMENT,
        replace(AUGMENT, name=HOSTILE),
        row("waiting", "baseline", comparison=Comparison("baseline", None, 0.02, None)),
        row("own", "baseline", comparison=compared(0.01, -0.01, 0.03, slides=None)),
    )
    plot = ladder_svg(made)
    assert plot == ladder_svg(made)
    texts = [
        "".join(found.itertext()) for found in ET.fromstring(plot).iter() if "text" in found.tag
    ]
    for name in ("augment", HOSTILE, "waiting", "own"):
        assert f"{name}  on baseline" in texts
    assert "baseline  on baseline" not in texts
    assert "date" not in plot.lower()


def test_a_ladder_of_one_row_has_a_plot_too() -> None:
    assert "<svg" in ladder_svg(ladder(BASELINE))


def test_the_files_are_written_whole_and_read_again(tmp_path: Path) -> None:
    workspace, made = Workspace(tmp_path), ladder(BASELINE, AUGMENT)
    assert read_earlier(workspace, "ladder").rows == ()
    write_report(workspace, made)
    folder = tmp_path / "reports" / "ladder" / "ladder"
    names = [f"ladder.{ending}" for ending in ("html", "json", "md", "svg")]
    assert sorted(path.name for path in folder.iterdir()) == names
    document = json.loads((folder / "ladder.json").read_text(encoding="utf-8"))
    assert document.pop("seal")
    assert document == json.loads(json.dumps(made.document()))
    earlier = read_earlier(workspace, "ladder")
    assert [row.name for row in earlier.rows] == [row.name for row in made.rows]
    assert (earlier.budget, earlier.seeds, earlier.machine) == (made.budget, 1, made.machine)
    augment = document["rows"][1]
    assert augment["comparison"]["verdict"] == "agrees"
    assert augment["mean_seconds"] == 61.0
    assert augment["published"]["f1"] == 0.6903
    before = {path: path.read_bytes() for path in folder.iterdir()}
    write_report(workspace, made)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    "damage",
    [
        {"rows": ["baseline"]},
        {"rows": [{"reason": "no name"}]},
        {"rows": [{"name": "baseline", "reason": ["many"]}]},
        {"seeds": 0},
        {"seeds": None},
        {"budget": [1]},
        {"machine": "cpu"},
    ],
)
def test_a_damaged_document_is_named(tmp_path: Path, damage: dict[str, object]) -> None:
    workspace = Workspace(tmp_path)
    write_report(workspace, ladder(BASELINE))
    path = tmp_path / "reports" / "ladder" / "ladder" / "ladder.json"
    path.write_text(json.dumps(read_json(path) | damage))
    with pytest.raises(ArtcliError, match=r"ladder\.json is damaged"):
        read_earlier(workspace, "ladder")
