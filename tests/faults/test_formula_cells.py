"""Cells that a spreadsheet, a browser or a terminal would run: disarmed wherever we report them."""

from __future__ import annotations

import csv
import json
import random
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import numpy as np
import pytest
from command_line import Answer, artcli
from fake_runs import untrained_run
from generated_sets import Made, keep_set
from markdown_it import MarkdownIt
from painted import paint
from painted_pieces import texture
from PIL import Image
from small_contests import write_picture

from artcli import console
from artcli.commands.eda.fixing import propose_fixes
from artcli.commands.ladder import climb
from artcli.contest import csvfile
from artcli.contest.crops import cut, piece_boxes
from artcli.contest.csvfile import to_text
from artcli.contest.fixes import Fix
from artcli.contest.proposals import Proposal, read_proposals, write_proposals
from artcli.contest.spreadsheets import as_it_was, disarmed, is_formula
from artcli.contest.tables import Painting, read_contest
from artcli.errors import ArtcliError
from artcli.predicting import blending, submission
from artcli.reporting import ladder_page
from artcli.reporting.eda import writing
from artcli.reporting.eda.gather import gather
from artcli.reporting.eda.report import EdaReport
from artcli.reporting.eda.writing import eda_folder, write_report
from artcli.training.recipe import make_recipe
from artcli.workspace.paths import Workspace
from artcli.workspace.settings import Settings, write_settings

Trials = Callable[[int, int], int]
pytestmark = pytest.mark.usefixtures("one_thread")

ARTISTS = (
    '=HYPERLINK("http://x","y")', "+cmd|' /C calc'!A0", "-2+3", "@SUM(1+1)", "'=already",
    "''@twice", "＝full", "<script>canary()</script>", '" onmouseover="canary()" x="',
    "<img src=x onerror=canary()>", "</script><svg onload=canary()>", "{{ 7 * 7 }}",
    "Be\u202ewood", "O'Neil",
)  # fmt: skip
ID = ("={}+1", "-{}", "@{}", "'={}", "{}", '"><img src=x onerror=canary({})>')  # in turn
RUN = re.compile("[=+\\-@\t\r\n＝＋－＠]")  # what stands first in a cell that is run
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
RECIPE = make_recipe(
    {"model": "timm:arch=test_efficientnet,pretrained=false", "image_size": 32, "folds": 2}
)


def hostile_workspace(root: Path) -> Workspace:
    """A contest whose ids and artists are formulas and markup."""
    workspace = Workspace(root)
    root.mkdir()
    write_settings(workspace, Settings())
    data = workspace.data
    keys = [ID[n % len(ID)].format(n) for n in range(3 * len(ARTISTS))]
    train = [(key, f"./train/{n:04}.jpg", ARTISTS[n % len(ARTISTS)]) for n, key in enumerate(keys)]
    tests = [(ID[n % len(ID)].format(f"T{n}"), f"./test/{n}.jpg") for n in range(6)]
    tables = {
        "train.csv": (("id", "img_path", "artist"), train),
        "test.csv": (("id", "img_path"), tests),
        "sample_submission.csv": (("id", "artist"), [(key, ARTISTS[0]) for key, _ in tests]),
        "artists_info.csv": (
            ("name", "years", "genre", "nationality"),
            [(name, "-1500", "=cmd|x,@genre", "+nation") for name in ARTISTS],
        ),
    }
    data.mkdir()
    for name, (header, rows) in tables.items():
        (data / name).write_text(to_text(header, rows), encoding="utf-8")
    for number, (_, path, *_) in enumerate((*train, *tests)):
        paint(data / path, number, number % 3)
    return workspace


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = hostile_workspace(tmp_path_factory.mktemp("formulas") / "ws")
    untrained_run(workspace, read_contest(workspace), RECIPE, "first", ["0"])
    return workspace


def answered(*words: object) -> Answer:
    done = artcli(*words)
    assert "internal error" not in done.err, done.err
    return done


@dataclass(frozen=True)
class Reports:
    """All that is written for people to look at: tables, and the page of eda; and the paintings
    that are left when all proposals have been marked, and applied."""

    workspace: Workspace
    gathered: EdaReport
    tables: tuple[Path, ...]
    left: tuple[Painting, ...]

    @property
    def page(self) -> str:
        return (eda_folder(self.workspace) / "eda.html").read_text("utf-8")


def write(workspace: Workspace, gathered: EdaReport) -> list[Path]:
    """The tables and the page of eda; the tables' files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "write_png", lambda *_: None)  # takes long, and is no table
        for figures in ("picture_figures", "gallery_figures"):  # name nobody
            patch.setattr(writing, figures, lambda _report: [])
        write_report(workspace, gathered, "artcli eda")
    return sorted((eda_folder(workspace) / "tables").glob("*.csv"))


@pytest.fixture(scope="module")
def reports(hostile: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Reports:
    root = tmp_path_factory.mktemp("reports")
    shutil.copytree(hostile.root, root / "ws")
    workspace = Workspace(root / "ws")
    damaged = workspace.data / "train" / f"{2 * len(ARTISTS):04}.jpg"  # by the first artist
    damaged.unlink()
    damaged.write_bytes(bytes(400))
    gathered = gather(workspace)
    tables = write(workspace, gathered)
    fixes = propose_fixes(workspace, gathered).fixes
    paintings = {one.id: one.path for one in read_contest(workspace).train}
    key = next(iter(paintings))
    keep_set(workspace, "new", paintings, [Made(name, key, (key,)) for name in ARTISTS])
    for number, name in enumerate(("=1+1.jpg", "@x.jpg", "+cmd.jpg", "plain.jpg")):
        write_picture(root / name, number)
    (root / "=bad.jpg").write_bytes(b"")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        words = ("=1+1.jpg", "@x.jpg", "+cmd.jpg", "plain.jpg", "=bad.jpg", "--csv", "named.csv")
        assert answered("predict", "first", *words, "-w", workspace.root).code == 1
    lines = fixes.read_text("utf-8").splitlines(keepends=True)
    marked = ["yes" + line.removeprefix("yes") for line in lines[1:]]
    fixes.write_text("".join([lines[0], *marked]), encoding="utf-8")
    assert answered("init", "--repair", "-w", workspace.root).code == 0
    tables += [fixes, root / "named.csv", workspace.data / "fixes.csv"]
    tables += workspace.generated.rglob("provenance.csv")
    return Reports(workspace, gathered, tuple(tables), read_contest(workspace).train)


def trusting() -> Callable[..., jinja2.Environment]:
    """An `Environment` that escapes nothing."""
    environment = jinja2.Environment
    return lambda **settings: environment(**(settings | {"autoescape": False}))


@pytest.fixture(scope="module")
def unprotected(reports: Reports, tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Those of eda, where cells are written as they are, and a page escapes nothing."""
    elsewhere = Workspace(tmp_path_factory.mktemp("unprotected"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "disarmed", lambda cell: cell)
        patch.setattr(jinja2, "Environment", trusting())
        tables = write(elsewhere, reports.gathered)
    return replace(reports, workspace=elsewhere, tables=tuple(tables))


def cells_of(paths: Iterable[Path]) -> list[str]:
    cells = []
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            cells += [cell for row in csv.reader(file) for cell in row]
    return cells


def is_run(cell: str) -> bool:
    """Whether a spreadsheet runs the cell; a number is one."""
    try:
        float(cell)
    except ValueError:
        return RUN.match(cell) is not None
    return False


def test_no_cell_of_a_report_is_run(
    shows: Callable[..., None], reports: Reports, unprotected: Reports
) -> None:
    cells = cells_of(reports.tables)
    broken = [f"{cell!r} is run" for cell in cells if is_run(cell)]
    true = {as_it_was(cell) for cell in cells}
    broken += [f"{name!r} is in no report" for name in ARTISTS if name not in true]
    # The damaged picture's row, marked yes, is gone, and nobody else's.
    left = Counter(one.artist for one in reports.left)
    broken += [
        f"{left[name]} paintings by {name!r} are left"
        for name in ARTISTS
        if left[name] != 3 - (name == ARTISTS[0])
    ]
    other = cells_of(unprotected.tables)
    shows(
        "formulas",
        f"cells of {len(reports.tables)} tables that eda, predict, augment-style and init write",
        trials=len(cells),
        broken=broken,
        without="cells are written as they are",
        control=(len(other), sum(map(is_run, other))),
    )


LETTERS = "'=+-@＝＠ab, \"|!x1"


def lost_on_the_way(folder: Path, number: int, seed: int) -> str | None:
    """Corrections of odd rows, written as proposals and read again."""
    draw = random.Random(f"{seed} {number}")

    def word() -> str:
        made = "".join(draw.choice(LETTERS) for _ in range(draw.randint(1, 8))).strip()
        return made or "x"

    old = {"id": word(), "img_path": word(), "artist": word()}
    fix = Fix(number + 1, old, old | {"artist": word()})
    proposal = Proposal(fix, " ".join(word().split()))
    write_proposals(folder, [proposal])
    run = [cell for cell in cells_of([folder / "fixes.csv"]) if is_run(cell)]
    if run:
        return f"{run} are run"
    return None if read_proposals(folder) == (proposal,) else f"{proposal} became another"


def test_what_was_disarmed_is_read_as_it_was(
    shows: Callable[..., None],
    trials: Trials,
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = trials(100, 2000)

    def tried(number: int) -> str | None:
        return lost_on_the_way(tmp_path / str(number), number, seed)

    broken = [why for number in range(count) if (why := tried(number))]
    monkeypatch.setattr(csvfile, "as_it_was", lambda cell: cell)
    control = sum(bool(tried(number + count)) for number in range(count))
    shows(
        "formulas",
        "corrections, written for people and read again",
        trials=count,
        broken=broken,
        without="apostrophes are read as they stand",
        control=(count, control),
    )


def test_apostrophes_are_told_apart_from_those_that_were_there() -> None:
    for cell in ("=a", "'=a", "''=a", "'a", "'", "", "-1", "a=b", "＝a", "\ta"):
        assert as_it_was(disarmed(cell)) == cell
        assert not is_formula(disarmed(cell))
    assert disarmed("O'Neil") == "O'Neil"
    assert [disarmed("'=a"), disarmed("'a")] == ["''=a", "'a"]


def submitted_otherwise(workspace: Workspace) -> list[str]:
    """Ids and artists of a submission as they are in the tables; each formula is warned of."""
    where = ("-w", workspace.root)
    assert answered("predict", "first", *where).code == 0
    told = answered("submit", "first", *where)
    done = answered("submit", "first", "--json", *where)
    assert (told.code, done.code) == (0, 0), told.err
    with Path(done.json["submission"]).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    contest = read_contest(workspace)
    lines = [] if [key for key, _ in rows] == list(contest.sample_ids) else ["other ids"]
    lines += [f"{name!r} is no artist" for _, name in rows if name not in contest.artists]
    for cell in {cell for row in rows for cell in row if RUN.match(cell)}:
        if cell not in done.json["formula_like"] or console.printable(cell) not in told.err:
            lines.append(f"{cell!r} is not told")
    return lines


def test_a_submission_is_verbatim_and_warned_of(
    shows: Callable[..., None], hostile: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = submitted_otherwise(hostile)
    monkeypatch.setattr(submission, "is_formula", lambda _cell: False)
    control = submitted_otherwise(hostile)
    shows(
        "formulas",
        "ids and artists of a submission",
        trials=len(read_contest(hostile).sample_ids),
        broken=broken,
        without="nobody looks for formulas",
        control=(len(control), len(control)),
    )


class Alive(HTMLParser):
    """What of a page is alive that ours is not: what `canary` stands in, but as text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.script = ""
        self.text = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.script = (dict(attrs).get("type") or "code") if tag == "script" else ""
        self.found += [
            f"<{tag} {name}={value!r}>"
            for name, value in attrs
            if name.startswith("on") or (name in ("href", "src") and "canary" in (value or ""))
        ]

    def handle_endtag(self, tag: str) -> None:
        self.script = ""

    def handle_data(self, data: str) -> None:
        self.text += data.count("canary")
        if self.script == "code" and "canary" in data:
            self.found.append(f"<script>{data[:80]}")
        if self.script == "application/json" and "<" in data:
            self.found.append(f"<script>{data[:80]}")
        if data.strip() == "49":
            self.found.append("a template was run")


def alive(page: str) -> Alive:
    seen = Alive()
    seen.feed(page)
    return seen


def test_a_name_in_a_page_is_text(
    shows: Callable[..., None], reports: Reports, unprotected: Reports
) -> None:
    seen, other = alive(reports.page), alive(unprotected.page)
    shows(
        "formulas",
        "names of artists in the page of eda, that are scripts",
        trials=seen.text,
        broken=seen.found,
        without="what stands in a page is not escaped",
        control=(other.text + len(other.found), len(other.found)),
    )


def other_pages(workspace: Workspace, name: str) -> dict[str, str]:
    """The pages that ensemble, augment-style and ladder write, as HTML, by their names.

    The ladder's row fails, with all artists in its reason; each artist has an offset.
    """

    def failing(*_: object, **__: object) -> None:
        raise ArtcliError(" ".join(ARTISTS))

    common = ("-w", workspace.root, "--name", name)
    small = ("--rarest", len(ARTISTS), "--each", "1", "--extra-rarest", "0", "--folds", "2")
    works = "style-transfer:pretrained=false,size=32,steps=1,scales=1,batch=1"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blending, "fit_offsets", lambda odds, _: np.arange(odds.shape[1]) / 9)
        done = answered("ensemble", "first", "second", "--offsets", "--pool", "siblings", *common)
    assert done.code == 0, done.err
    done = answered("augment-style", "--generator", works, *small, *common)
    assert done.code == 0, done.err
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(climb, "run_fold", failing)
        assert answered("ladder", "baseline", "--epochs", "1", *common).code == 1
    reports = workspace.reports
    pages = [*reports.rglob(f"*/{name}/*.html"), reports / "siblings" / f"{name}.html"]
    found = {f"{page.parent.parent.name}/{page.name}": page.read_text("utf-8") for page in pages}
    markdown = (reports / "ladder" / name / "ladder.md").read_text("utf-8")
    return found | {"ladder.md": MarkdownIt("commonmark").enable("table").render(markdown)}


def test_a_name_in_any_other_page_is_text(
    shows: Callable[..., None], full: bool, hostile: Workspace, tmp_path: Path
) -> None:
    if not full:
        pytest.skip("takes too long for make test; make faults has it")
    shutil.copytree(hostile.root, tmp_path / "ws")
    workspace = Workspace(tmp_path / "ws")
    painting = texture(1)
    for number, box in enumerate(piece_boxes("one", 6)):  # of one painting, and so siblings
        Image.fromarray(cut(painting, box)).save(workspace.data / "test" / f"{number}.jpg")
    for run, seed in (("first", 0), ("second", 1)):
        shutil.rmtree(workspace.run_dir(run), ignore_errors=True)
        recipe = RECIPE.model_copy(update={"seed": seed})
        untrained_run(workspace, read_contest(workspace), recipe, run, ["0"])
        assert answered("predict", run, "-w", workspace.root).code == 0
    pages = other_pages(workspace, "one")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jinja2, "Environment", trusting())
        patch.setattr(ladder_page, "_escaped", lambda text: text)
        others = {name: alive(page) for name, page in other_pages(workspace, "two").items()}
    assert len(pages) == len(others) == 5
    assert all("canary" in page for page in pages.values()), "a page names nobody"
    assert all(other.found for other in others.values()), "nothing broke without the protection"
    shows(
        "formulas",
        "names in the pages of ensemble, siblings, ladder (Markdown too) and augment-style",
        trials=sum(page.count("canary") for page in pages.values()),
        broken=[f"{name}: {found}" for name in pages for found in alive(pages[name]).found],
        without="what stands in a page is not escaped",
        control=(
            sum(other.text + len(other.found) for other in others.values()),
            sum(len(other.found) for other in others.values()),
        ),
    )


FILES = (
    "\x1b[31mred.jpg", "\x1b]0;title\x07.jpg", "\x9b2J.jpg", "be\u202egpj.jpg", "a\rb.jpg",
    "\x7f.jpg", "[red]x.jpg", "\udcfc.jpg", "plain.jpg",
)  # fmt: skip


def obeyed(workspace: Workspace, folder: Path) -> list[str]:
    """Letters that a terminal obeys, in what commands say of files and artists of such names."""
    folder.mkdir()
    for number, name in enumerate(FILES):
        write_picture(folder / name, number)
    (folder / "\x1b[2Jbad.jpg").write_bytes(b"")
    where = ("-w", workspace.root)
    said = [
        artcli("predict", "first", folder, *where),
        artcli("predict", "first", folder, "--json", "--csv", folder / "a.csv", *where),
        artcli("init", *where),
        artcli("runs", *where),
        artcli("init", folder.with_name(f"{folder.name}-ws"), "--from-folders", folder),
        artcli("submit", "first", "--fill-bad", "\x1b[31m", *where),
        artcli("predict", "first", folder / "\x1b[2Jgone.jpg", *where),
    ]
    named = json.loads(said[1].out)["pictures"]
    lines = [] if len(named) == len(FILES) else [f"only {len(named)} are named"]
    lines += [one.err for one in said if "internal error" in one.err]
    return lines + [
        f"{found[0]!r} in {line!r}"
        for one in said
        for line in (one.out + one.err).split("\n")
        if (found := OBEYED.search(line))
    ]


def test_a_terminal_obeys_no_name(
    shows: Callable[..., None], hostile: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = obeyed(hostile, tmp_path / "one")
    monkeypatch.setattr(console, "printable", lambda text: text)
    # What cannot be written would stay in the console that is kept, and come out in later tests.
    monkeypatch.setattr(console, "_console", console._console.__wrapped__)
    control = obeyed(hostile, tmp_path / "two")
    shows(
        "formulas",
        "names of files and artists on a terminal",
        trials=len(FILES),
        broken=broken,
        without="what a terminal obeys is not written out",
        control=(len(control), len(control)),
    )
