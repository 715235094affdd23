"""A CSV file is read as text, whatever saved it; what is wrong with it is said with its place."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artcli.contest.csvfile import Table, TextForm, read_table, to_text

COLUMNS = ("id", "artist")
PLAIN = "id,artist\n0,Albrecht Dürer\n1,신윤복\n"


def read(path: Path, data: bytes | str, *, lenient: bool = False) -> tuple[Table | None, list[str]]:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    problems: list[str] = []
    return read_table(path, COLUMNS, problems, lenient=lenient), problems


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "train.csv"


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (PLAIN.encode(), TextForm()),
        (PLAIN.replace("\n", "\r\n").encode(), TextForm(newline="\r\n")),
        (PLAIN.encode("utf-8-sig"), TextForm(bom=True)),
        (PLAIN.replace("ü", "u").encode("cp949"), TextForm("cp949")),
        (("\ufeff" + PLAIN).encode("utf-16-le"), TextForm("utf-16-le", bom=True)),
        (("\ufeff" + PLAIN).encode("utf-16-be"), TextForm("utf-16-be", bom=True)),
        (PLAIN.replace("\n", "\r").encode(), TextForm(newline="\r")),
    ],
    ids=["plain", "CRLF", "BOM", "cp949", "UTF-16 LE", "UTF-16 BE", "CR"],
)
def test_every_form_gives_the_same_cells_and_is_written_back_alike(
    path: Path, data: bytes, form: TextForm
) -> None:
    table, problems = read(path, data)
    assert not problems
    assert table is not None
    assert table.form == form
    assert table.header == COLUMNS
    assert [row["artist"].replace("ü", "u") for row in table.rows] == ["Albrecht Durer", "신윤복"]
    assert table.to_bytes() == data


def test_cp949_is_said(path: Path) -> None:
    table, _ = read(path, "id,artist\n0,신윤복\n".encode("cp949"))
    assert table is not None
    assert table.notices == ("train.csv is not UTF-8; read as cp949 (Korean Windows)",)


def test_cells_stay_text(path: Path) -> None:
    table, problems = read(path, 'id,artist\n007,NA\n1e3," None "\n"1,5","a ""b"""\n')
    assert not problems
    assert table is not None
    assert [dict(row.cells) for row in table.rows] == [
        {"id": "007", "artist": "NA"},
        {"id": "1e3", "artist": "None"},
        {"id": "1,5", "artist": 'a "b"'},
    ]


def test_rows_know_their_number_and_line_past_blank_lines_and_long_cells(path: Path) -> None:
    table, problems = read(path, 'id,artist\n\n0,"Ada\nStone"\n1,Ben\n')
    assert table is not None
    assert [(row.number, row.line) for row in table.rows] == [(1, 3), (2, 5)]
    assert problems == ["train.csv row 1 (line 3), column artist: holds a control character"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "train.csv is empty (zero bytes)"),
        (b"\n\n", "train.csv is empty"),
        (b"id,artist\n", "train.csv has a header but no rows"),
        (
            b"id,painter\n0,Ada\n",
            "train.csv line 1: the header must be id,artist but is 'id,painter' (missing: artist)",
        ),
        (
            b"id;artist\n0;Ada\n",
            "train.csv line 1: the header must be id,artist but is 'id;artist' (missing: id,"
            " artist); its cells are parted by ';': save it with commas",
        ),
        (b"id,artist,id\n0,Ada,1\n", "train.csv line 1: the header 'id,artist,id' has id twice"),
        (b"id,artist,,\n0,Ada,,\n", "train.csv line 1: the header 'id,artist,,' has '' twice"),
        (b"id,artist\n0\n", "train.csv row 1 (line 2): 1 cells where the header has 2"),
        (b"id,artist\n0,Ada,x\n", "train.csv row 1 (line 2): 3 cells where the header has 2"),
        (b"id,artist\n0,Ada\n1, \n", "train.csv row 2 (line 3), column artist: is blank"),
        (b"id,artist\n0,A\x00a\n", "train.csv row 1 (line 2), column artist: holds a control"),
        ("id,artist\n0,A\x9ba\n".encode(), "train.csv row 1 (line 2), column artist: holds a cont"),
        (b'id,artist\n0,"Ada\n1,Ben\n', "train.csv line 2: not readable as CSV"),
        (b"id,artist\n0,D\xfcrer\n", "train.csv line 2: neither UTF-8 nor cp949; save it as UTF-8"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(path: Path, data: bytes, problem: str) -> None:
    _, problems = read(path, data)
    assert len(problems) == 1
    assert problems[0].startswith(problem)


def test_a_missing_file_and_a_folder_are_said(tmp_path: Path) -> None:
    problems: list[str] = []
    assert read_table(tmp_path / "none.csv", COLUMNS, problems) is None
    assert read_table(tmp_path, COLUMNS, problems) is None
    assert problems[0] == "none.csv is missing"
    assert problems[1].startswith(f"{tmp_path.name} cannot be read: ")


def test_all_problems_are_found_in_one_pass_and_the_good_rows_are_kept(path: Path) -> None:
    table, problems = read(path, "id,artist\n0,Ada\n,Ben\n2\n3,\n4,Cleo\n")
    assert len(problems) == 3
    assert table is not None
    assert [row.number for row in table.rows] == [1, 2, 4, 5]


def test_damaged_characters_are_shown_where_they_do_not_matter(path: Path) -> None:
    table, problems = read(path, b"id,artist\n0,1866 \x96 1944\n", lenient=True)
    assert not problems
    assert table is not None
    assert table.rows[0]["artist"] == "1866 \ufffd 1944"
    assert table.notices == ("train.csv line 2: damaged characters, shown as \ufffd",)


def test_other_columns_are_ignored_with_a_notice(path: Path) -> None:
    table, problems = read(path, "Unnamed: 0,id,artist,\n0,0,Ada,\n")
    assert not problems
    assert table is not None
    assert table.rows[0]["artist"] == "Ada"
    assert table.notices == ("train.csv: columns not used: 'Unnamed: 0', ''",)


CELL = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1
)


@given(rows=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=5))
def test_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "train.csv"
    table, problems = read(path, to_text(COLUMNS, rows))
    assert not problems
    assert table is not None
    assert [(row["id"], row["artist"]) for row in table.rows] == rows
