"""Corrections go by row position and old values, touch nothing else, and can be applied twice."""

from pathlib import Path

import pytest
from small_contests import write_csv

from artcli.contest.csvfile import Table, read_table
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
