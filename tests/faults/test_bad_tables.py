"""Bad tables: each row is read as it stands, or refused with its file and line."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from command_line import artcli
from generated_sets import Made, keep_set
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from small_contests import ARTISTS, write_csv, write_picture, write_pictures, write_tables

from artcli.contest import csvfile
from artcli.contest.csvfile import Row, Table, TextForm, read_table
from artcli.contest.f1 import macro_f1
from artcli.contest.galleries import Gallery, read_gallery
from artcli.contest.generated import store
from artcli.contest.generated.records import GeneratedSet
from artcli.contest.generated.store import HEADER, read_set
from artcli.contest.names import unicode_form
from artcli.contest.proposals import Proposal, read_proposals, read_proposed_groups
from artcli.contest.splits import load_or_make_folds
from artcli.contest.tables import Contest, read_contest
from artcli.errors import ArtcliError
from artcli.workspace.paths import Workspace
from artcli.workspace.settings import Settings, write_settings

Trials = Callable[[int, int], int]
Cells = list[list[str]]
Change = Callable[[st.DrawFn, Cells], None]


@dataclass(frozen=True)
class Mutant:
    """The bytes of a damaged table, and how it was damaged."""

    data: bytes
    how: str


JUNK = (
    *(
        "",
        " ",
        "\t",
        "\x00",
        "a\nb",
        "a\rb",
        "a\x9bb",
        "\ufeff",
        "\u200b",
        "\u2028",
        "\x85",
        "\x1f",
    ),
    *('"', '""', 'a "b" c', '"a', "Ada, x", ",", ";", "'", "\\", "{}", "[", "=1+1", "@x"),
    *("NaN", "None", "1e3", "-1", "0", "007", "١٢", "id", "Public", "yes", "Ada Stone"),
    *("Dürer", "Du\u0308rer", "신윤복", "\U0001f3a8", "x" * 300, "x" * 140_000),
    *("../x.jpg", "/etc/passwd", "C:\\x.jpg", "~/x.jpg", "train", "."),
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp949", "latin-1", "utf-32")


@st.composite
def mutants(draw: st.DrawFn, rows: Sequence[Sequence[str]], most: int = 3) -> Mutant:
    """`rows`, the header first, changed as tables or as text, written in some form, then damaged
    as bytes; each in some cases only."""
    made, how = [list(row) for row in rows], []
    for change in draw(st.lists(st.sampled_from(CHANGES), max_size=most)):
        change(draw, made)
        how.append(change.__name__.strip("_"))
    quoting = draw(st.sampled_from(["least"] * 4 + ["all", "none"]))
    ends = draw(st.sampled_from(["\n", "\n", "\r\n", "\r", "mixed"]))
    lines = [_line(cells, quoting) for cells in made]
    text = "".join(
        line + (("\n", "\r\n", "\r")[number % 3] if ends == "mixed" else ends)
        for number, line in enumerate(lines)
    )
    if draw(st.integers(0, 3)) == 0:
        text = text.rstrip("\r\n")
    encoding = draw(st.sampled_from(["utf-8"] * 14 + list(ENCODINGS)))
    data = text.encode(encoding, errors="replace")
    how += [quoting, repr(ends), encoding]
    if draw(st.integers(0, 2)) == 0:
        data = _damaged(draw, data)
        how.append("bytes")
    return Mutant(data, ", ".join(how))


def _line(cells: Sequence[str], quoting: str) -> str:
    if quoting == "none":  # as programs write that know no quotes
        return ",".join(cells)
    buffer = io.StringIO()
    kind = csv.QUOTE_ALL if quoting == "all" else csv.QUOTE_MINIMAL
    csv.writer(buffer, quoting=kind, lineterminator="").writerow(cells)
    return buffer.getvalue()


def _cell_replaced(draw: st.DrawFn, rows: Cells) -> None:
    row = draw(st.sampled_from(rows)) if rows else []
    if row:
        row[draw(st.integers(0, len(row) - 1))] = draw(st.sampled_from(JUNK))


def _cell_added(draw: st.DrawFn, rows: Cells) -> None:
    if rows:
        row = draw(st.sampled_from(rows))
        row.insert(draw(st.integers(0, len(row))), draw(st.sampled_from(JUNK)))


def _cell_lost(draw: st.DrawFn, rows: Cells) -> None:
    row = draw(st.sampled_from(rows)) if rows else []
    if row:
        del row[draw(st.integers(0, len(row) - 1))]


def _row_repeated(draw: st.DrawFn, rows: Cells) -> None:
    if rows:
        rows.insert(draw(st.integers(0, len(rows))), list(draw(st.sampled_from(rows))))


def _row_lost(draw: st.DrawFn, rows: Cells) -> None:
    if rows:
        del rows[draw(st.integers(0, len(rows) - 1))]


def _blank_line(draw: st.DrawFn, rows: Cells) -> None:
    rows.insert(draw(st.integers(0, len(rows))), draw(st.sampled_from([[], [""], [" "], ["", ""]])))


def _shuffled(draw: st.DrawFn, rows: Cells) -> None:
    rows[1:] = draw(st.permutations(rows[1:]))


def _columns_moved(draw: st.DrawFn, rows: Cells) -> None:
    width = len(rows[0]) if rows else 0
    order = draw(st.permutations(range(width)))
    for row in rows:
        row[:] = [row[n] for n in order if n < len(row)] + row[width:]


def _column_lost(draw: st.DrawFn, rows: Cells) -> None:
    column = draw(st.integers(0, max(0, len(rows[0]) - 1))) if rows else 0
    for row in rows:
        del row[column : column + 1]


def _column_added(draw: st.DrawFn, rows: Cells) -> None:
    cells = draw(st.sampled_from([("", ""), ("note", "x"), ("id", "1"), ("artist", "Ada Stone")]))
    for number, row in enumerate(rows):
        row.append(cells[number > 0])


def _emptied(draw: st.DrawFn, rows: Cells) -> None:
    del rows[draw(st.integers(0, 1)) :]


def _unchanged(_draw: st.DrawFn, _rows: Cells) -> None:
    pass


def _a_column_more(_draw: st.DrawFn, rows: Cells) -> None:
    for number, row in enumerate(rows):
        row.append("x" if number else "note")


HARMLESS = (_columns_moved, _a_column_more)
CHANGES = (
    *(_cell_replaced,) * 6,
    _cell_added,
    _cell_lost,
    _row_repeated,
    _row_lost,
    _blank_line,
    _shuffled,
    _columns_moved,
    _column_lost,
    _column_added,
    _emptied,
)


@st.composite
def spellings(draw: st.DrawFn, rows: Sequence[Sequence[str]], changes: Sequence[Change]) -> Mutant:
    """`rows` whole, written in some form that any program may write."""
    made = [list(row) for row in rows]
    chosen = draw(st.lists(st.sampled_from(changes), unique=True))
    for change in chosen:
        change(draw, made)
    quoting, ends = draw(st.sampled_from(["least", "all"])), draw(st.sampled_from(["\n", "\r\n"]))
    text = ends.join(_line(cells, quoting) for cells in made) + draw(st.sampled_from(["", ends]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    names = [change.__name__.strip("_") for change in changes]
    return Mutant(
        text.encode(encoding), ", ".join(["whole", *names, quoting, repr(ends), encoding])
    )


def _damaged(draw: st.DrawFn, data: bytes) -> bytes:
    place = draw(st.integers(0, len(data)))
    what = draw(st.sampled_from(["cut", "bit", "zero", "quote", "line", "high", "lost"]))
    if what == "cut":
        return data[:place]
    if what == "bit":
        hit = bytes(byte ^ 4 for byte in data[place : place + 1])
        return data[:place] + hit + data[place + 1 :]
    if what == "lost":
        return data[:place] + data[place + 5 :]
    added = {"zero": b"\0", "quote": b'"', "line": b"\n", "high": b"\xff"}[what]
    return data[:place] + added + data[place:]


def drawn(strategy: st.SearchStrategy[Mutant], count: int, key: int) -> list[Mutant]:
    """`count` examples of `strategy`, the same for the same `key`."""
    found: list[Mutant] = []

    @hypothesis.seed(key)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def draw(one: Mutant) -> None:
        found.append(one)

    draw()
    return found


@dataclass(frozen=True)
class Parsed:
    """A table as RFC 4180 has it: records with the line they begin in, up to the one that cannot be
    read, if there is one."""

    records: tuple[tuple[int, tuple[str, ...]], ...]
    fails: int | None = None

    @property
    def header(self) -> tuple[str, ...]:
        return self.records[0][1] if self.records else ()


PLAIN = re.compile(r'[^",\r\n]+')
LONGEST = 131_072  # letters in a cell; Python's csv module refuses longer ones


def parsed(text: str) -> Parsed:
    """`text` read letter by letter, or run by run where nothing is to be told apart."""
    records: list[tuple[int, tuple[str, ...]]] = []
    cells: list[str] = []
    cell, state, line, start = "", "begin", 1, 1
    place = 0

    def finish() -> bool:
        nonlocal cells, cell
        if cells or cell or state != "begin":
            cells.append(cell)
        if any(len(one) > LONGEST for one in cells):
            return False
        if cells:
            records.append((start, tuple(one.strip() for one in cells)))
        cells, cell = [], ""
        return True

    while place < len(text):
        letter = text[place]
        if run := PLAIN.match(text, place):
            letter = run.group()
        end = "\r\n" if text.startswith("\r\n", place) else letter if letter in "\r\n" else ""
        place += len(end or letter)
        if end:
            line += 1
        if state == "quoted":
            if letter == '"':
                state = "closed"
            else:
                cell += end or letter
        elif state == "closed" and letter == '"':
            cell, state = cell + '"', "quoted"
        elif end:
            if not finish():
                return Parsed(tuple(records), start)
            state, start = "begin", line
        elif letter == ",":
            cells.append(cell)
            cell, state = "", "next"
        elif state == "closed":
            return Parsed(tuple(records), start)
        elif letter == '"' and not cell and state in ("begin", "next"):
            state = "quoted"
        else:
            cell, state = cell + letter, "plain"
    if state == "quoted" or not finish():
        return Parsed(tuple(records), start)
    return Parsed(tuple(records))


def decoded(data: bytes, *, lenient: bool = False) -> str | None:
    """The text in a table's bytes: as its mark says, else UTF-8, else Korean Windows'; `lenient`:
    else with some letters lost."""
    marks = {
        codecs.BOM_UTF8: "utf-8",
        codecs.BOM_UTF16_LE: "utf-16-le",
        codecs.BOM_UTF16_BE: "utf-16-be",
        b"": "utf-8",
    }
    mark = next(mark for mark in marks if data.startswith(mark))
    for start, encoding in ((len(mark), marks[mark]), (0, "cp949")):
        with suppress(UnicodeDecodeError):
            return data[start:].decode(encoding)
    return data[len(mark) :].decode(marks[mark], errors="replace") if lenient else None


def controls(cell: str) -> bool:
    return any(unicodedata.category(letter) == "Cc" for letter in cell)


COLUMNS = ("id", "img_path", "artist")
TABLE = [
    COLUMNS,
    ("0", "./train/0000.jpg", "Ada Stone"),
    ("1", "./train/0001.jpg", "Ben Wood"),
    ("2", "./train/0002.jpg", "신윤복"),
    ("3", "./train/0003.jpg", 'Jan "the" Elder, Jr.'),
    ("4", "./train/0004.jpg", "Albrecht Dürer"),
]


def read_otherwise(path: Path, mutant: Mutant, read: Callable[..., Table | None]) -> str | None:
    """What is wrong with how a table is read; None where each row is there, or refused by line."""
    path.write_bytes(mutant.data)
    problems: list[str] = []
    try:
        table = read(path, COLUMNS, problems)
    except Exception as error:
        return f"{mutant}: {error!r}"
    text = decoded(mutant.data)
    if not mutant.data or text is None:
        return None if table is None and problems else f"{mutant}: read, though it is no text"
    known = parsed(text)
    told = "\n".join(problems)
    if known.fails is not None:
        good = table is None and f"{path.name} line {known.fails}: " in told
        return None if good else f"{mutant}: line {known.fails} cannot be read; said: {told}"
    serves = set(COLUMNS) <= set(known.header) and len(set(known.header)) == len(known.header)
    if not serves:
        return None if table is None and problems else f"{mutant}: the header serves nobody"
    if table is None:
        return f"{mutant}: refused: {told}"
    rows = [(line, cells) for line, cells in known.records[1:] if len(cells) == len(known.header)]
    if [(row.line, tuple(row[c] for c in table.header)) for row in table.rows] != rows:
        return f"{mutant}: read as {table.rows}"
    for number, (line, cells) in enumerate(known.records[1:], start=1):
        ragged = len(cells) != len(known.header)
        of = dict(zip(known.header, cells, strict=False))
        bad = ragged or any(not of[column] or controls(of[column]) for column in COLUMNS)
        if bad != (f"{path.name} row {number} (line {line})" in told):
            return f"{mutant}: row {number} is {'bad' if bad else 'fine'}; said: {told}"
    return None


def _by_dict_reader(path: Path, _columns: Sequence[str], _problems: list[str]) -> Table:
    """As most programs read a table."""
    reader = csv.DictReader(path.read_text("utf-8", errors="replace").splitlines())
    rows = tuple(
        Row(number, number + 1, {str(key): str(cell) for key, cell in row.items()})
        for number, row in enumerate(reader, start=1)
    )
    return Table(path, tuple(reader.fieldnames or ()), rows, TextForm())


def test_each_row_of_a_damaged_table_is_read_as_it_stands_or_refused_by_its_line(
    shows: Callable[..., None], trials: Trials, seed: int, tmp_path: Path
) -> None:
    found = drawn(mutants(TABLE), trials(150, 500), seed)
    path = tmp_path / "train.csv"
    broken = [why for one in found if (why := read_otherwise(path, one, read_table))]
    control = sum(bool(read_otherwise(path, one, _by_dict_reader)) for one in found)
    shows(
        "tables",
        "damaged tables, against a reading letter by letter",
        trials=len(found),
        broken=broken,
        without="read by csv.DictReader",
        control=(len(found), control),
    )


Cell = Mapping[str, str]
FIX = ("row", "id", "img_path", "artist", "new_id", "new_img_path", "new_artist")
OLD = ("0", "./train/0000.jpg", "Ada Stone")
FOLDS = "".join(f"{key},{key % 3}\n" for key in range(9))


@dataclass(frozen=True)
class Kind:
    """A table that artcli reads: its path in a workspace, the columns it must have, those that may
    be blank, and its rows where there is none.

    `read` has artcli read it, with all that is beside it; `agrees` compares what came of that with
    the rows of the file.
    """

    path: str
    columns: tuple[str, ...]
    read: Callable[[Workspace], Any]
    agrees: Callable[[Any, list[Cell]], bool]
    blank: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    named: tuple[str, ...] = ()  # what a refusal may name in its stead: what does not fit it
    harmless: tuple[Change, ...] = HARMLESS  # none: it is sealed, and read as it was written


def contest_of(workspace: Workspace) -> Contest:
    """The contest, if `artcli init` finds no fault with it."""
    answer = artcli("init", "-w", workspace.root, "--json")
    assert answer.code in (0, 1), answer.err
    assert "internal error" not in answer.err, answer.err
    if answer.code:
        raise ArtcliError(answer.err)
    return read_contest(workspace)


def score_of(workspace: Workspace) -> Any:
    root = workspace.root
    answer = artcli("score", root / "mine.csv", root / "answers.csv", "-w", root, "--json")
    assert answer.code in (0, 1), answer.err
    assert "internal error" not in answer.err, answer.err
    if answer.code:
        raise ArtcliError(answer.err)
    return answer.json


def folds_of(workspace: Workspace) -> dict[str, int]:
    return dict(load_or_make_folds(workspace, read_contest(workspace), 3).fold_of)


def new_folds_of(workspace: Workspace) -> dict[str, int]:
    workspace.folds_file(3).unlink()
    try:
        return folds_of(workspace)
    finally:
        workspace.folds_file(3).write_text("id,fold\n" + FOLDS)


def same_paintings(contest: Contest, rows: list[Cell]) -> bool:
    def path(row: Cell) -> Path:
        key = row["id"].zfill(4) if row["id"].isdecimal() else row["id"]
        return contest.data / row.get("img_path", f"train/{key}.jpg")

    meant = [(row["id"], path(row), unicode_form(row["artist"])) for row in rows]
    return meant == [(one.id, one.path, unicode_form(str(one.artist))) for one in contest.train]


def same_test(contest: Contest, rows: list[Cell]) -> bool:
    def path(row: Cell) -> Path:
        return contest.data / row.get("img_path", f"test/{row['id']}.jpg")

    return [(row["id"], path(row)) for row in rows] == [(one.id, one.path) for one in contest.test]


def same_sample(contest: Contest, rows: list[Cell]) -> bool:
    return [row["id"] for row in rows] == list(contest.sample_ids)


def same_genres(contest: Contest, rows: list[Cell]) -> bool:
    known = {unicode_form(row["name"]): row["genre"].split(",") for row in rows}
    return all(
        {genre for genre, works in zip(contest.genres, own, strict=True) if works}
        == {part.strip() for part in known[artist] if part.strip()}
        for artist, own in zip(contest.artists, contest.genre_matrix, strict=True)
    )


def aliases_told(contest: Contest, rows: list[Cell]) -> bool:
    """Each line joins two names, or a notice says that it does not."""
    useless = sum(unicode_form(row["artist"]) not in ARTISTS for row in rows)
    return useless == sum("nothing is joined" in notice for notice in contest.notices)


def corrected(contest: Contest, rows: list[Cell]) -> bool:
    """Each line that alone speaks of its row has its way there."""
    artist_of = {one.row: (one.id, unicode_form(str(one.artist))) for one in contest.train}
    spoken = Counter(int(row["row"]) for row in rows)
    for row in rows:
        if spoken[number := int(row["row"])] > 1:
            continue
        new = row["new_id"] or row["id"], unicode_form(row["new_artist"])
        if artist_of.get(number) != (new if row["new_artist"] else None):
            return False
    return True


def same_folds(fold_of: dict[str, int], rows: list[Cell]) -> bool:
    return fold_of == {row["id"]: int(row["fold"]) for row in rows}


def kept_together(fold_of: dict[str, int], rows: list[Cell]) -> bool:
    members = defaultdict(set)
    for row in rows:
        if row["group"] and row["id"] in fold_of:
            members[row["group"]].add(fold_of[row["id"]])
    return all(len(folds) == 1 for folds in members.values())


def scored(score: Any, rows: list[Cell]) -> bool:
    """`rows` are the submission's, whose solution has Ada, Ben, Ada and Cleo."""
    guess = {row["id"]: row["artist"] for row in rows}
    keys = [f"TEST_{n:05}" for n in range(4)]
    truth = ["Ada Stone", "Ben Wood", "Ada Stone", "Cleo Iron"]
    return bool(abs(score["overall"] - macro_f1(truth, [guess[key] for key in keys])) < 1e-9)


def answered(score: Any, rows: list[Cell]) -> bool:
    """`rows` are the solution's, and the submission has the artists of `scored`."""
    guess = dict(
        zip(SOLUTION_IDS, ("Ada Stone", "Ben Wood", "Ada Stone", "Cleo Iron"), strict=True)
    )
    counted = [row for row in rows if row.get("Usage", "").casefold() != "ignored"]
    f1 = macro_f1([row["artist"] for row in counted], [guess[row["id"]] for row in counted])
    return bool(
        score["boards"]["All"]["pieces"] == len(counted) and abs(score["overall"] - f1) < 1e-9
    )


def set_of(workspace: Workspace) -> GeneratedSet:
    return read_set(workspace, "set")


def same_works(made: GeneratedSet, rows: list[Cell]) -> bool:
    return [work.id for work in made.works] == sorted(row["id"] for row in rows)


def same_sources(made: GeneratedSet, rows: list[Cell]) -> bool:
    """`rows` are all that the generator of the second work has learnt."""
    (learnt,) = (work.sources for work in made.works if work.learnt)
    return sorted(learnt.items()) == sorted((row["id"], row["sha256"]) for row in rows)


def gallery_of(workspace: Workspace) -> Gallery:
    gallery = read_gallery(workspace.root / "gallery")
    if unused := [notice for notice in gallery.notices if "was not used:" in notice]:
        raise ArtcliError(unused[0])
    return gallery


def same_catalogue(gallery: Gallery, rows: list[Cell]) -> bool:
    """The artists whose folders there are are known as the catalogue has them; others left out."""
    genre_of = {row["name"]: row.get("genre", "") for row in rows}
    if len(genre_of) < len(rows):
        return False
    return {one.name for one in gallery.artists} <= {*genre_of, *ARTISTS} and all(
        one.genre == genre_of.get(one.name, "") for one in gallery.artists
    )


def same_proposals(found: tuple[Proposal, ...], rows: list[Cell]) -> bool:
    meant = [(int(row["row"]), row["new_artist"], row["why"]) for row in rows]
    return meant == [(one.fix.row, one.fix.new["artist"], one.why) for one in found]


SOLUTION_IDS = tuple(f"TEST_{n:05}" for n in range(4))
PICTURES = ("image cannot be used", "images cannot be used")
FIXES = (
    FIX,
    ("1", *OLD, *OLD[:2], "Ben Wood"),
    ("2", "1", "./train/0001.jpg", "Ben Wood", "", "", ""),
)
PROPOSALS = tuple(
    (answer, *row, why)
    for answer, row, why in zip(("apply", "yes", ""), FIXES, ("why", "x", "y"), strict=True)
)
KINDS = (
    Kind("data/train.csv", ("id", "artist"), contest_of, same_paintings, named=PICTURES),
    Kind("data/test.csv", ("id",), contest_of, same_test, named=PICTURES),
    Kind(
        "data/sample_submission.csv",
        ("id", "artist"),
        contest_of,
        same_sample,
        harmless=(_unchanged,),
    ),
    Kind("data/artists_info.csv", ("name", "genre"), contest_of, same_genres, ("genre",)),
    Kind(
        "data/aliases.csv",
        ("artist", "name"),
        contest_of,
        aliases_told,
        rows=(("artist", "name"), ("Ada Stone", "Ada Stone"), ("Ben Wood", "Ben Wood")),
    ),
    Kind("data/fixes.csv", FIX, contest_of, corrected, FIX, FIXES, PICTURES),
    Kind(
        "data/groups.csv",
        ("id", "group"),
        new_folds_of,
        kept_together,
        ("group",),
        (("id", "group"), ("0", "a"), ("4", "a"), ("6", ""), ("8", "b"), ("1", "b")),
    ),
    Kind("folds-3.csv", ("id", "fold"), folds_of, same_folds),
    Kind("mine.csv", ("id", "artist"), score_of, scored, harmless=(_columns_moved,)),
    Kind("answers.csv", ("id", "artist"), score_of, answered, named=("mine.csv",)),
    Kind(
        "data/generated/set/provenance.csv",
        HEADER,
        set_of,
        same_works,
        ("options", "part", "content", "learnt"),
    ),
    Kind("data/generated/set/learnt-0.csv", ("id", "sha256"), set_of, same_sources, harmless=()),
    Kind(
        "reports/eda/fixes.csv",
        PROPOSALS[0],
        lambda workspace: read_proposals(workspace.reports / "eda"),
        same_proposals,
        PROPOSALS[0],
        PROPOSALS,
    ),
    Kind(
        "reports/eda/groups.csv",
        ("id", "group"),
        lambda workspace: read_proposed_groups(workspace.reports / "eda"),
        lambda found, rows: list(found) == [(row["id"], row["group"]) for row in rows],
        ("id", "group"),
        (("id", "group", "why"), ("0", "a", "x"), ("3", "a", "x")),
    ),
    Kind("gallery/artists.csv", ("name",), gallery_of, same_catalogue),
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "ws")
    write_tables(made.data)
    write_pictures(made.data)
    write_settings(made, Settings())
    artists = ("Ada Stone", "Ben Wood", "Ada Stone", "Cleo Iron")
    rows = [f"{key},{artist}" for key, artist in zip(SOLUTION_IDS, artists, strict=True)]
    write_csv(made.root / "mine.csv", "id,artist", rows)
    write_csv(made.root / "answers.csv", "id,artist,Usage", [f"{row},Public" for row in rows])
    made.folds_file(3).write_text("id,fold\n" + FOLDS)
    for artist in ARTISTS:
        write_picture(made.root / "gallery" / artist / "one.jpg")
    rows = [f'{artist},"{genre}"' for artist, genre in ARTISTS.items()]
    write_csv(made.root / "gallery" / "artists.csv", "name,genre", rows)
    paths = {one.id: one.path for one in read_contest(made).train}
    works = [Made("Ada Stone", "0", ("3", "6")), Made("Ben Wood", part=0)]
    keep_set(made, "set", paths, works, learnt={0: ["1", "4"]})
    return made


def taken_otherwise(
    workspace: Workspace, kind: Kind, mutant: Mutant, *, whole: bool = False
) -> str | None:
    """What is wrong with what becomes of a table; None where nothing of it is lost.

    One that is `whole` is read; of a damaged one, each bad row is named.
    """
    path = workspace.root / kind.path
    path.write_bytes(mutant.data)
    what = f"{kind.path}: {mutant.how}: {mutant.data[:3000]!r}"
    refused, found = "", None
    try:
        found = kind.read(workspace)
    except ArtcliError as error:
        refused = error.message
    except Exception as error:
        return f"{what}: {error!r}"
    if refused and not any(name in refused for name in (path.name, *kind.named)):
        return f"{what}: refused without its name: {refused}"
    if refused and whole:
        return f"{what}: refused: {refused}"
    if "is not the file that was written" in refused:  # it was sealed
        return None
    text = decoded(mutant.data, lenient=path.name in ("artists_info.csv", "artists.csv"))
    known = parsed(text) if mutant.data and text is not None else Parsed((), 1)
    header = known.header
    if known.fails or not set(kind.columns) <= set(header) or len(set(header)) < len(header):
        return None if refused else f"{what}: taken, though it cannot be read"
    used = {*kind.columns, *(column for column in header if column in OPTIONAL)}
    for number, (line, cells) in enumerate(known.records[1:], start=1):
        of = dict(zip(header, cells, strict=False))
        blank = {column for column in used if not of.get(column)} - {*kind.blank}
        ragged = len(cells) != len(header)
        bad = ragged or blank or any(controls(of[column]) for column in used)
        if bad and f"row {number} (line {line})" not in refused:
            return f"{what}: row {number} is bad; said: {refused}"
    if refused:
        return None
    rows: list[Cell] = [dict(zip(header, cells, strict=True)) for _, cells in known.records[1:]]
    return None if kind.agrees(found, rows) else f"{what}: taken as {found}"


OPTIONAL = ("img_path", "Usage")  # columns used where they are


def test_no_row_of_any_table_is_lost_by_whoever_reads_it(
    shows: Callable[..., None],
    trials: Trials,
    seed: int,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    damaged, whole = trials(4, 60), trials(1, 12)

    def take(
        kind: Kind, made: Callable[[Cells], Sequence[Mutant]], *, entire: bool = False
    ) -> list[str]:
        path = workspace.root / kind.path
        before = path.read_bytes() if path.exists() else None
        rows = kind.rows or [tuple(row) for row in csv.reader(path.open(encoding="utf-8"))]
        path.parent.mkdir(parents=True, exist_ok=True)
        found = [
            why
            for one in made([list(row) for row in rows])
            if (why := taken_otherwise(workspace, kind, one, whole=entire))
        ]
        path.unlink()
        if before is not None:
            path.write_bytes(before)
        return found

    def some(
        kind: Kind, strategy: Callable[[Cells], st.SearchStrategy[Mutant]], count: int
    ) -> Callable[[Cells], Sequence[Mutant]]:
        return lambda rows: drawn(strategy(rows), count, seed * 100 + KINDS.index(kind))

    broken = []
    for kind in KINDS:
        broken += take(kind, lambda rows: [as_it_is(rows)], entire=True)
        if kind.harmless:
            written = partial(spellings, changes=kind.harmless)
            broken += take(kind, some(kind, written, whole), entire=True)
        broken += take(kind, some(kind, mutants, damaged))
    rows_of = csvfile._checked_rows  # type: ignore[attr-defined]
    with monkeypatch.context() as patch:
        patch.setattr(csvfile, "_checked_rows", lambda *given: rows_of(*given[:3], []))
        patch.setattr(store, "_sum_file", lambda path: path.with_name("none"))
        ragged = [take(kind, lambda rows: [as_it_is([*rows, [*rows[-1], "x"]])]) for kind in KINDS]
    with monkeypatch.context() as patch:
        patch.setattr(csvfile, "_header_serves", refuse_all)
        refused = [take(kind, lambda rows: [as_it_is(rows)], entire=True) for kind in KINDS]
    control = [bool(found) for found in (*ragged, *refused)]
    assert all(control), control
    shows(
        "tables",
        f"{len(KINDS)} kinds of table, whole and damaged, by the commands that read them",
        trials=(damaged + whole + 1) * len(KINDS) - whole,
        broken=broken,
        without="ragged rows and control characters are passed over, and no seal is looked at; or "
        "every table is refused, by its name and all its rows",
        control=(len(control), sum(control)),
    )


def as_it_is(rows: Sequence[Sequence[str]]) -> Mutant:
    return Mutant("".join(f"{_line(row, 'least')}\n" for row in rows).encode(), "as it is")


def refuse_all(name: str, _header: object, _columns: object, problems: list[str]) -> bool:
    problems += [f"{name} row {number} (line {number + 1}): is bad" for number in range(1, 100)]
    return False
