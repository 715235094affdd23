"""What is odd about a contest's tables is gathered by kind, counted, and told with what to do."""

import ast
from pathlib import Path

import pytest
from small_contests import ARTISTS, write_csv, write_picture, write_pictures, write_tables

from artcli.contest.findings import Finding
from artcli.contest.problem_kinds import KINDS
from artcli.contest.table_findings import table_findings
from artcli.contest.tables import examine_contest


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_tables(tmp_path / "data", each=5)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def findings(data: Path, folds: int = 5) -> dict[str, Finding]:
    return {finding.code: finding for finding in table_findings(examine_contest(data), folds)}


def test_sound_tables_have_no_findings(data: Path) -> None:
    write_pictures(data)
    assert findings(data) == {}


def test_problems_of_one_kind_are_one_finding_with_every_case(data: Path) -> None:
    edit(data / "train.csv", "1,./train/0001.jpg", "0,./train/0001.jpg")
    edit(data / "train.csv", "\n4,./train", "\n3,./train")
    edit(data / "train.csv", "./train/0007.jpg", "/etc/passwd")
    edit(data / "test.csv", "TEST_00003,./test", ",./test")
    edit(data / "artists_info.csv", "Ada Stone", "Ada Stöne")
    found = findings(data)
    assert {code: finding.severity for code, finding in found.items()} == {
        "can-be-mended": "error",
        "repeated-id": "error",
        "bad-path": "error",
        "blank-cell": "error",
        "unmatched-id": "error",
        "unjoined-name": "error",
        "small-class": "warning",
    }
    repeated = found["repeated-id"]
    assert repeated.title == "2 ids are given to a second row"
    assert repeated.details == (
        "train.csv row 2 (line 3), column id: '0' is already in row 1",
        "train.csv row 5 (line 6), column id: '3' is already in row 4",
    )
    assert found["bad-path"].title == "a path cannot be used"
    assert found["unjoined-name"].title == "an artist has no row in artists_info.csv"
    assert found["unjoined-name"].details[0].endswith("the nearest: 'Ada Stöne'")
    assert found["can-be-mended"].details == ("join 'Ada Stone' with 'Ada Stöne'",)
    assert "artcli init --repair" in found["can-be-mended"].advice


def test_notices_keep_nobody_from_anything(data: Path) -> None:
    (data / "sample_submission.csv").unlink()
    edit(data / "test.csv", "id,img_path", "id,img_path,size")
    edit(data / "test.csv", ".jpg\n", ".jpg,3\n")
    found = findings(data)
    assert [(code, finding.severity) for code, finding in found.items()] == [
        ("unused-columns", "note"),
        ("table-not-there", "note"),
    ]


def test_classes_too_small_for_the_folds_are_named_smallest_first(data: Path) -> None:
    edit(data / "train.csv", "0,./train/0000.jpg,Ada Stone\n", "")
    edit(data / "train.csv", "./train/0001.jpg,Ben Wood", "./train/0001.jpg,Cleo Iron")
    edit(data / "train.csv", "./train/0004.jpg,Ben Wood", "./train/0004.jpg,Cleo Iron")
    found = findings(data)["small-class"]
    assert found.title == "2 artists have fewer works than there are folds (5)"
    assert found.details == ("Ben Wood: 3 works", "Ada Stone: 4 works")
    assert "small-class" not in findings(data, folds=3)


def test_a_slip_of_the_pen_is_told_from_two_artists(data: Path) -> None:
    edit(data / "train.csv", "0,./train/0000.jpg,Ada Stone", "0,./train/0000.jpg,Ada Stoone")
    edit(data / "train.csv", "1,./train/0001.jpg,Ben Wood", "1,./train/0001.jpg,Ben-Wood")
    (data / "artists_info.csv").unlink()
    found = findings(data)
    assert found["names-near"].details == ("'Ada Stone' (4 works) and 'Ada Stoone' (1 work)",)
    assert found["names-alike"].severity == "warning"
    assert "'Ben Wood', 'Ben-Wood'" in found["names-alike"].details[0]


def test_a_file_with_two_ids_is_told_with_its_ids(data: Path) -> None:
    edit(data / "train.csv", "6,./train/0006.jpg", "6,train/0000.jpg")
    found = findings(data)["one-file-two-ids"]
    assert found.details == ("train.csv row 7 (6): the file of train.csv row 1 (0)",)
    assert found.ids == (("train", "6"),)
    edit(data / "train.csv", "6,train/0000.jpg,Ada", "6,train/0000.jpg,Ida")
    assert "one-file-two-ids" not in findings(data)
    assert findings(data)["one-file-two-artists"].severity == "error"


def test_a_number_that_ids_leave_out_is_a_hint(data: Path) -> None:
    edit(data / "train.csv", "4,./train/0004.jpg,Ben Wood\n", "")
    assert findings(data)["missing-id"].details == ("4",)
    edit(data / "train.csv", "14,./train", "40,./train")
    assert "missing-id" not in findings(data)


def test_artists_and_files_that_no_row_names_are_noted(data: Path) -> None:
    write_pictures(data)
    write_picture(data / "train" / "spare.PNG")
    (data / "train" / "notes.txt").touch()
    more = [f'{name},,"{genre}",' for name, genre in {**ARTISTS, "Zoe <b>": "Pop"}.items()]
    write_csv(data / "artists_info.csv", "name,years,genre,nationality", more)
    found = findings(data)
    assert found["artist-without-works"].details == ("Zoe <b>",)
    assert found["unlisted-file"].details == ("train/spare.PNG",)


def test_a_row_that_is_not_used_is_there_all_the_same(data: Path) -> None:
    write_pictures(data)
    edit(data / "train.csv", "\n4,./train/0004.jpg", "\n3,./train/0004.jpg")
    header = "row,id,img_path,artist,new_id,new_img_path,new_artist"
    write_csv(data / "fixes.csv", header, ["8,7,./train/0007.jpg,Ben Wood,,,"])
    found = findings(data)
    assert "unlisted-file" not in found
    assert found["missing-id"].details == ("4",)


def test_each_code_of_a_problem_has_its_words() -> None:
    """Whoever gives a problem a new code must say how several of them are told."""
    sources = (Path(__file__).parents[2] / "artcli" / "contest").glob("*.py")
    made = {
        code.value
        for source in sources
        for call in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        if call.func.id == "Problem"
        for code in call.args[1:]
        if isinstance(code, ast.Constant)
    }
    assert len(made) > 15
    assert made - {"missing-table"} <= set(KINDS)  # without train.csv nothing is examined
