"""Corrections go by row position and old values, touch nothing else, and can be applied twice."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_contests import write_csv

from artcli.contest.csvfile import Row, Table, TextForm, read_table
from artcli.contest.fixes import COLUMNS, Fix, apply_fixes, known_fault, read_fixes, read_train

HEADER = ",".join(COLUMNS)
TITIAN = "0,./train/0000.jpg,Titian"
SISLEY = "0,./train/0000.jpg,Alfred Sisley"


def dacon(folder: Path, row_3896: str, row_3986: str) -> Table:
    """A train.csv of 4,000 rows with these two at the places of the contest's fault."""
    rows = [f"{n},./train/{n:04}.jpg,Claude Monet" for n in range(4000)]
    rows[3896], rows[3986] = row_3896, row_3986
    path = write_csv(folder / "train.csv", "id,img_path,artist", rows)
    table = read_table(path, ("id", "img_path", "artist"), [])
    assert table is not None
    return table


ONE_COPY = ("3896,./train/3896.jpg,Edgar Degas", "3896,./train/3896.jpg,Titian")
OTHER_COPY = ("3896,./train/3896.jpg,Edgar Degas", "3986,./train/3986.jpg,Titian")
MENDED = ("3896,./train/3896.jpg,Titian", "3986,./train/3986.jpg,Alfred Sisley")


@pytest.mark.parametrize("copy", [ONE_COPY, OTHER_COPY], ids=["id and path wrong", "labels wrong"])
def test_the_dacon_fault_is_known_in_both_copies_and_mended_once(
    tmp_path: Path, copy: tuple[str, str]
) -> None:
    table = dacon(tmp_path, *copy)
    fault = known_fault(table)
    assert fault is not None
    assert fault.contest == "Dacon"
    assert fault.changes == (
        f"train.csv row 3897: {copy[0]} -> {MENDED[0]}",
        f"train.csv row 3987: {copy[1]} -> {MENDED[1]}",
    )
    problems: list[str] = []
    mended, changes = apply_fixes(table, fault.fixes, problems)
    assert (len(changes), problems) == (2, [])
    assert mended.to_bytes() == dacon(tmp_path, *MENDED).to_bytes()
    assert apply_fixes(mended, fault.fixes, problems) == (mended, [])
    assert known_fault(mended) is None


def test_a_copy_mended_in_half_is_mended_in_the_other_half(tmp_path: Path) -> None:
    fault = known_fault(dacon(tmp_path, MENDED[0], ONE_COPY[1]))
    assert fault is not None
    assert [change.split(":")[0] for change in fault.changes] == ["train.csv row 3987"]


def test_other_tables_do_not_show_the_pattern(tmp_path: Path) -> None:
    row = "3896,./train/3896.jpg,Edgar Degas"
    assert known_fault(dacon(tmp_path, row, "3986,./train/3986.jpg,Claude Monet")) is None
    path = write_csv(tmp_path / "short.csv", "id,img_path,artist", [TITIAN])
    table = read_table(path, ("id", "img_path", "artist"), [])
    assert table is not None
    assert known_fault(table) is None


def small(folder: Path, *rows: str, fixes: tuple[str, ...] = ()) -> tuple[Table, list[str]]:
    write_csv(folder / "train.csv", "id,img_path,artist", rows)
    if fixes:
        write_csv(folder / "fixes.csv", HEADER, fixes)
    problems: list[str] = []
    table = read_train(folder, problems, [])
    assert table is not None
    return table, problems


def test_a_fixes_file_beside_train_csv_is_obeyed(tmp_path: Path) -> None:
    table, problems = small(tmp_path, TITIAN, fixes=(f"1,{TITIAN},{SISLEY}",))
    assert not problems
    assert table.rows[0]["artist"] == "Alfred Sisley"
    assert TITIAN in (tmp_path / "train.csv").read_text()
    assert small(tmp_path, SISLEY, fixes=(f"1,{TITIAN},{SISLEY}",)) == (table, [])


@pytest.mark.parametrize(
    ("fix", "problem"),
    [
        (
            f"1,{SISLEY},{SISLEY.replace('Sisley', 'S.')}",
            "fixes.csv: train.csv row 1 (line 2) holds 0,./train/0000.jpg,Titian, neither the old"
            " nor the new values of the correction",
        ),
        (f"2,{TITIAN},{SISLEY}", "fixes.csv: train.csv has no row 2"),
        (
            f"first,{TITIAN},{SISLEY}",
            "fixes.csv row 1 (line 2), column row: 'first' is not a data row (they count from 1)",
        ),
        (f"0,{TITIAN},{SISLEY}", "fixes.csv row 1 (line 2), column row: '0' is not a data row"),
        (f"1,{TITIAN}", "fixes.csv row 1 (line 2): 4 cells where the header has 7"),
    ],
)
def test_a_correction_that_does_not_fit_is_refused_with_its_place(
    tmp_path: Path, fix: str, problem: str
) -> None:
    table, problems = small(tmp_path, TITIAN, fixes=(fix,))
    assert len(problems) == 1
    assert problems[0].startswith(problem)
    assert table.rows[0]["artist"] == "Titian"


def test_a_correction_without_a_path_column_compares_the_rest(tmp_path: Path) -> None:
    write_csv(tmp_path / "train.csv", "id,artist", ["0,Titian"])
    write_csv(tmp_path / "fixes.csv", HEADER, [f"1,{TITIAN},{SISLEY}"])
    problems: list[str] = []
    table = read_train(tmp_path, problems, [])
    assert not problems
    assert table is not None
    assert dict(table.rows[0].cells) == {"id": "0", "artist": "Alfred Sisley"}


def test_a_fix_is_written_as_it_is_read(tmp_path: Path) -> None:
    line = f"1,{TITIAN},{SISLEY}"
    (fix,) = read_fixes(write_csv(tmp_path / "fixes.csv", HEADER, [line]), [])
    assert isinstance(fix, Fix)
    assert ",".join(fix.cells()) == line


def test_a_correction_without_new_values_removes_the_row_and_moves_no_other(
    tmp_path: Path,
) -> None:
    last = "1,./train/0001.jpg,Titian"
    fixes = (f"1,{TITIAN},,,", f"2,{last},{last.replace('Titian', 'Goya')}")
    table, problems = small(tmp_path, TITIAN, last, fixes=fixes)
    assert not problems
    assert [(row.number, row["artist"]) for row in table.rows] == [(2, "Goya")]
    found = read_fixes(tmp_path / "fixes.csv", problems)
    assert apply_fixes(table, found, problems) == (table, [])
    raw = read_table(tmp_path / "train.csv", ("id", "img_path", "artist"), [])
    assert raw is not None
    assert apply_fixes(raw, found, problems)[1] == [
        f"train.csv row 1: {TITIAN} -> removed",
        f"train.csv row 2: {last} -> 1,./train/0001.jpg,Goya",
    ]
    assert not problems


def test_what_was_corrected_and_removed_is_told_in_one_line(tmp_path: Path) -> None:
    rows = [f"{n},./train/{n:04}.jpg,Titian" for n in range(4)]
    write_csv(tmp_path / "train.csv", "id,img_path,artist", rows)
    mended = [f"{n + 1},{row},{row.replace('Titian', 'Goya')}" for n, row in enumerate(rows[:2])]
    write_csv(tmp_path / "fixes.csv", HEADER, [*mended, f"4,{rows[3]},,,"])
    notices: list[str] = []
    read_train(tmp_path, [], notices)
    assert notices == ["fixes.csv corrects 2 rows and removes 1 row of train.csv"]


def test_a_removal_of_another_row_than_is_there_is_refused(tmp_path: Path) -> None:
    table, problems = small(tmp_path, SISLEY, fixes=(f"1,{TITIAN},,,",))
    assert [row["artist"] for row in table.rows] == ["Alfred Sisley"]
    assert problems[0].startswith("fixes.csv: train.csv row 1 (line 2) holds 0,")


def test_a_correction_of_half_a_row_is_refused(tmp_path: Path) -> None:
    _, problems = small(tmp_path, TITIAN, fixes=(f"1,{TITIAN},0,./train/0000.jpg,",))
    assert problems == [
        "fixes.csv row 1 (line 2), column new_artist: is blank; a row is removed where new_id,"
        " new_img_path, new_artist are all blank"
    ]


def test_a_new_artist_alone_leaves_id_and_path_as_they_are(tmp_path: Path) -> None:
    table, problems = small(tmp_path, TITIAN, fixes=(f"1,{TITIAN},,,Goya",))
    assert not problems
    assert dict(table.rows[0].cells) == {
        "id": "0",
        "img_path": "./train/0000.jpg",
        "artist": "Goya",
    }


@pytest.mark.parametrize(
    ("new", "left"), [("1,./train/0001.jpg,Goya", ["Titian", "Goya"]), (",,", ["Titian"])]
)
def test_a_blank_cell_that_is_corrected_or_removed_is_no_problem(
    tmp_path: Path, new: str, left: list[str]
) -> None:
    blank = "1,./train/0001.jpg,"
    table, problems = small(tmp_path, TITIAN, blank, fixes=(f"2,{blank},{new}",))
    assert not problems
    assert [row["artist"] for row in table.rows] == left
    _, problems = small(tmp_path, TITIAN, blank, fixes=(f"1,{TITIAN},{SISLEY}",))
    assert problems == ["train.csv row 2 (line 3), column artist: is blank"]


def test_what_was_corrected_may_be_corrected_again_in_any_order_of_lines(tmp_path: Path) -> None:
    goya = TITIAN.replace("Titian", "Goya")
    again = (f"1,{SISLEY},{goya}", f"1,{TITIAN},{SISLEY}")
    for row in (TITIAN, SISLEY, goya):
        table, problems = small(tmp_path, row, fixes=again)
        assert (table.rows[0]["artist"], problems) == ("Goya", [])


NAMES = st.sampled_from(["A", "B", "C", ""])


@given(row=st.sampled_from(["A", "B", "C", "D"]), steps=st.lists(st.tuples(NAMES, NAMES)))
def test_applying_twice_is_applying_once(row: str, steps: list[tuple[str, str]]) -> None:
    def values(artist: str) -> dict[str, str]:
        return {"id": artist and "0", "img_path": artist and "0.jpg", "artist": artist}

    table = Table(Path("train.csv"), COLUMNS[1:4], (Row(1, 2, values(row)),), TextForm())
    fixes = tuple(Fix(1, values(old), values(new)) for old, new in steps if old)
    once, changes = apply_fixes(table, fixes, problems := [])
    assert apply_fixes(once, fixes, []) == (once, [])
    assert len(changes) == (once != table)
    held = {name for step in steps if step[0] for name in step}
    assert bool(problems) == (bool(fixes) and row not in held)
