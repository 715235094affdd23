"""`artcli init`: a workspace from a contest, from folders, from a brush, or empty."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from small_contests import ARTISTS, write_csv, write_picture, write_pictures, write_tables
from typer.testing import CliRunner

from artcli.cli import app


class Answer:
    def __init__(self, *words: object) -> None:
        result = CliRunner().invoke(app, ["init", *map(str, words)], env={"COLUMNS": "200"})
        self.code, self.out, self.err = result.exit_code, result.stdout, result.stderr


def document(*words: object) -> Any:
    answer = Answer(*words, "--json")
    assert answer.code == 0, answer.err
    return json.loads(answer.out)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("ARTCLI_WORKSPACE", raising=False)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def contest(tmp_path: Path) -> Path:
    data = write_tables(tmp_path / "contest")
    write_pictures(data)
    return data


def test_a_contest_is_taken_over_and_summed_up(contest: Path, here: Path) -> None:
    text = (contest / "train.csv").read_text("utf-8")
    (contest / "train.csv").write_text(text.replace("8,./train/0008.jpg,Cleo Iron\n", ""))
    said = document("--from", contest)
    assert said == {
        "workspace": str(here / "workspace"),
        "what": f"the contest in {contest} was taken over",
        "contest": {
            "paintings": 8,
            "artists": 3,
            "smallest": {"artist": "Cleo Iron", "paintings": 2},
            "largest": {"artist": "Ben Wood", "paintings": 3},
            "genres": 3,
            "test_pieces": 4,
            "solution": None,
        },
        "repaired": None,
        "proposals_unanswered": 0,
        "folds": [],
        "bad_test_images": [],
        "notices": [],
        "next": "artcli train",
    }
    assert (here / "workspace" / "data" / "train" / "0000.jpg").is_file()


def test_the_summary_for_people_ends_with_the_next_command(contest: Path) -> None:
    (contest / "artists_info.csv").unlink()
    answer = Answer("p3", "--from", contest)
    assert answer.code == 0
    assert "9 paintings by 3 artists, from 3 (Cleo Iron) down to 3 (Ada Stone)" in answer.out
    assert answer.out.endswith("Next: artcli train -w p3\n")
    assert "there is no artists_info.csv" in answer.err
    assert Answer("my p", "--from", contest).out.endswith("Next: artcli train -w 'my p'\n")


def test_an_empty_workspace_says_what_to_put_where_and_checks_it_when_it_is_there(
    contest: Path, here: Path
) -> None:
    answer = Answer("ws")
    assert answer.code == 0
    assert f"Put a contest's files into {here / 'ws' / 'data'}" in answer.out
    for flag in ("--from CONTEST_DIR", "--from-folders IMAGES", "--sample"):
        assert flag in answer.out
    (here / "ws" / "data").rmdir()
    shutil.copytree(contest, here / "ws" / "data")
    assert document("ws")["contest"]["paintings"] == 9
    (here / "ws" / "data" / "train" / "0000.jpg").write_bytes(b"")
    refused = Answer("ws")
    assert (refused.code, refused.out) == (1, "")
    assert "0000.jpg is empty" in refused.err


def test_inside_a_workspace_it_is_the_one_meant(
    contest: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Answer("ws")
    monkeypatch.chdir(here / "ws")
    assert document("--from", contest)["workspace"] == str(here / "ws")
    monkeypatch.chdir(here)
    monkeypatch.setenv("ARTCLI_WORKSPACE", str(here / "other"))
    assert document("--from", contest)["workspace"] == str(here / "other")


def test_data_is_never_overwritten(contest: Path, here: Path) -> None:
    Answer("ws", "--from", contest)
    image = here / "ws" / "data" / "train" / "0000.jpg"
    write_picture(contest / "train" / "new.jpg", 7)
    (contest / "train" / "new.jpg").replace(contest / "train" / "0000.jpg")
    before = image.read_bytes()
    for source in (["--from", contest], ["--sample"], ["--from-folders", contest]):
        answer = Answer("ws", *source)
        assert answer.code == 1
        assert "already holds data, which is never overwritten" in answer.err
        assert "Traceback" not in answer.err
    assert image.read_bytes() == before


def test_a_refused_contest_leaves_nothing_behind(contest: Path, here: Path) -> None:
    (contest / "train" / "0001.jpg").write_bytes(b"\xff\xd8\xff")
    (contest / "train" / "0004.jpg").unlink()
    answer = Answer("ws", "--from", contest)
    assert answer.code == 1
    assert "2 images cannot be used" in answer.err
    assert "0001.jpg" in answer.err
    assert "0004.jpg is missing" in answer.err
    eda = "artcli init DIR, copy the files into DIR/data, then artcli eda -w DIR"
    assert f"to look at all that is wrong: {eda}" in " ".join(answer.err.split())
    assert list(here.iterdir()) == []


def test_repair_tells_row_by_row_what_it_changes_and_is_done_once(
    contest: Path, here: Path
) -> None:
    info = contest / "artists_info.csv"
    info.write_text(info.read_text("utf-8").replace("Ada Stone", "Ada Stöne"), encoding="utf-8")
    refused = Answer("ws", "--from", contest)
    assert refused.code == 1
    assert "hint: artcli init --repair would join 'Ada Stone' with 'Ada Stöne'" in refused.err
    assert "artcli eda -w DIR" in refused.err
    said = document("ws", "--from", contest, "--repair")
    assert said["repaired"] == ["'Ada Stone' of train.csv is 'Ada Stöne' of artists_info.csv"]
    again = document("ws", "--repair")
    assert again["repaired"] == []
    (here / "ws" / "data" / "aliases.csv").unlink()
    assert document("ws", "--repair")["repaired"] == said["repaired"]
    assert (here / "ws" / "data" / "train.csv").read_bytes() == (contest / "train.csv").read_bytes()


def test_repair_applies_what_a_person_marked_and_says_what_no_longer_fits(
    contest: Path, here: Path
) -> None:
    Answer("ws", "--from", contest)
    ids = [line.split(",")[0] for line in (contest / "train.csv").read_text().splitlines()[1:]]
    write_csv(here / "ws" / "folds-3.csv", "id,fold", [f"{n},{int(n) // 3}" for n in ids])
    header = "apply,row,id,img_path,artist,new_id,new_img_path,new_artist,why"
    answers = [
        "yes,1,0,./train/0000.jpg,Ada Stone,,,,truncated",
        ",4,3,./train/0003.jpg,Ada Stone,3,./train/0003.jpg,Ben Wood,0.91",
    ]
    write_csv(here / "ws" / "reports" / "eda" / "fixes.csv", header, answers)
    write_csv(here / "ws" / "reports" / "eda" / "groups.csv", "id,group,why", ["2,x,", "5,x,"])
    answer = Answer("ws", "--repair")
    assert answer.code == 0, answer.err
    assert "Repairs: 2\n  train.csv row 1: 0,./train/0000.jpg,Ada Stone -> removed" in answer.out
    assert "  groups.csv: 2, 5 in the group 'x', which shares a fold" in answer.out
    assert "1 more waits for an answer: write yes or no into the column apply of" in answer.out
    assert "8 paintings by 3 artists" in answer.out
    assert "folds-3.csv lists 1 painting that train.csv no longer has: 0;" in answer.err
    assert "folds-3.csv has 1 group in more than one fold (2 with 5)" in answer.err
    assert "fixes.csv removes 1 row of train.csv" in answer.err
    again = document("ws", "--repair")
    assert (again["repaired"], again["proposals_unanswered"]) == ([], 1)
    assert [line.split(":")[0].split(" (")[0] for line in again["folds"]] == [
        "folds-3.csv lists 1 painting that train.csv no longer has",
        "folds-3.csv has 1 group in more than one fold",
    ]


def test_what_repair_did_is_told_where_more_is_wrong(contest: Path, here: Path) -> None:
    Answer("ws", "--from", contest)
    info = here / "ws" / "data" / "artists_info.csv"
    info.write_text(
        info.read_text("utf-8").replace("Ada Stone", "Ada Stöne").replace("Ben", "Bob"),
        encoding="utf-8",
    )
    answer = Answer("ws", "--repair")
    assert answer.code == 1
    assert "repaired: 'Ada Stone' of train.csv is 'Ada Stöne' of artists_info.csv" in answer.err
    assert "'Ben Wood' has no row in artists_info.csv" in answer.err


def test_repair_needs_data(here: Path) -> None:
    Answer("ws")
    answer = Answer("ws", "--repair")
    assert answer.code == 1
    assert f"there is no data in {here / 'ws'} to repair" in answer.err


def test_bad_test_images_are_a_warning(contest: Path) -> None:
    (contest / "test" / "TEST_00003.jpg").unlink()
    answer = Answer("ws", "--from", contest)
    assert answer.code == 0
    assert "bad test images: 1; replace them, or submit with --fill-bad" in answer.err
    assert "TEST_00003.jpg is missing" in answer.err


def test_folders_of_paintings_become_a_contest_with_its_answers(tmp_path: Path, here: Path) -> None:
    for number in range(12):
        artist = list(ARTISTS)[number % 3].replace(" ", "_")
        write_picture(tmp_path / "images" / artist / f"{number}.jpg", number, size=(40, 30))
    write_csv(
        tmp_path / "artists.csv", "id,name,genre", [f'0,{a},"{g}"' for a, g in ARTISTS.items()]
    )
    said = document("r", "--from-folders", tmp_path / "images", "--seed", "5")
    assert said["contest"] == {
        "paintings": 9,
        "artists": 3,
        "smallest": {"artist": "Ada Stone", "paintings": 3},
        "largest": {"artist": "Cleo Iron", "paintings": 3},
        "genres": 3,
        "test_pieces": 15,
        "solution": str(here / "r" / "solution.csv"),
    }
    other = document("other", "--from-folders", tmp_path / "images", "--seed", "6")
    assert other["contest"] == said["contest"] | {"solution": str(here / "other" / "solution.csv")}
    assert (here / "r" / "solution.csv").read_text() != (
        here / "other" / "solution.csv"
    ).read_text()


def test_a_sample_contest_is_painted(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from artcli.contest import sample

    asked: list[int] = []

    def small(data: Path, solution: Path, *, seed: int) -> None:
        asked.append(seed)
        write_pictures(write_tables(data))
        write_csv(solution, "id,artist", [f"TEST_{n:05},Ada Stone" for n in range(4)])

    monkeypatch.setattr(sample, "paint_contest", small)
    answer = Answer("s", "--sample", "--seed", "3")
    assert answer.code == 0
    assert asked == [3]
    assert f"Its answers are in {here / 's' / 'solution.csv'}" in answer.out


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--sample", "--from", "x"], "choose one of --from, --from-folders and --sample"),
        (["--from", "x", "--seed", "1"], "--seed goes with --from-folders or --sample"),
        (["--sample", "--repair"], "--repair goes with --from, or with a workspace that has data"),
        (["a", "-w", "b"], "name the workspace once"),
    ],
)
def test_flags_that_do_not_go_together_are_usage_errors(
    words: list[str], problem: str, here: Path
) -> None:
    answer = Answer(*words)
    assert answer.code == 2
    assert problem in answer.err
    assert list(here.iterdir()) == []


def test_a_source_that_is_not_there_is_said(here: Path) -> None:
    for flag in ("--from", "--from-folders"):
        answer = Answer("ws", flag, "nowhere")
        assert answer.code == 1
        assert "nowhere" in answer.err
    assert list(here.iterdir()) == []
