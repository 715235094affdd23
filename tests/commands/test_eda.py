"""A look at a contest's data: a summary here, a report on disk, corrections to be marked."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import artcli
from painted import painted_workspace
from small_contests import ARTISTS, write_csv

from artcli.commands.eda.fixing import propose_fixes
from artcli.commands.eda.summary import _next
from artcli.contest.splits import load_or_make_folds
from artcli.contest.tables import read_contest
from artcli.predicting.folder import keep_fold
from artcli.predicting.predictions import Predictions
from artcli.reporting.eda.gather import gather
from artcli.reporting.eda.writing import _leave_only
from artcli.workspace.paths import Workspace

WRONG = "4"  # whose label is, by all models, another's


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A contest whose painting 7 is a copy of the file of painting 1, both by one artist."""
    workspace = painted_workspace(tmp_path_factory.mktemp("eda") / "w", each=6, pieces=6)
    shutil.copyfile(workspace.data / "train/0001.jpg", workspace.data / "train/0007.jpg")
    return workspace


@pytest.fixture
def workspace(painted: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(painted.root, tmp_path / "w")
    return Workspace(tmp_path / "w")


def judge(workspace: Workspace, name: str = "judge") -> None:
    """Predictions of all folds that are right but for the painting `WRONG`."""
    contest = read_contest(workspace)
    folds = load_or_make_folds(workspace, contest, 2)
    rng = np.random.default_rng(0)
    for fold in range(2):
        ids = [one.id for one in contest.train if folds.fold_of[one.id] == fold for _ in range(5)]
        truth = {one.id: contest.artists.index(str(one.artist)) for one in contest.train}
        said = rng.uniform(0, 0.2, (len(ids), len(contest.artists)))
        shown = [(truth[key] + (key == WRONG)) % len(contest.artists) for key in ids]
        said[np.arange(len(ids)), shown] += 1
        said /= said.sum(1, keepdims=True)
        crops = np.tile(np.arange(5), len(ids) // 5)
        oof = Predictions.make(ids, said, contest.artists, crops=crops, folds=fold)
        keep_fold(workspace, contest, name, oof=oof, test=None, bad={}, facts={})


def table(workspace: Workspace, name: str) -> list[dict[str, str]]:
    path = workspace.reports / "eda" / "tables" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_it_tells_who_is_in_a_contest_and_writes_a_report(workspace: Workspace) -> None:
    answer = artcli("eda", "-w", workspace.root)
    assert answer.code == 0, answer.err
    assert "18 paintings by 3 artists, 6 pictures in the test" in answer.text
    assert all(artist in answer.out for artist in ARTISTS)
    folder = workspace.reports / "eda"
    assert str(folder / "eda.html") in answer.text
    assert (folder / "figures" / "works-per-artist.png").read_bytes().startswith(b"\x89PNG")
    artists = {row["artist"]: row for row in table(workspace, "artists")}
    assert {name: row["works"] for name, row in artists.items()} == dict.fromkeys(ARTISTS, "6")
    assert len(table(workspace, "pictures")) == 24
    written = (folder / "eda.json").read_bytes()
    first = json.loads(written)
    assert first["run"] is None, "no model is needed"
    copies = [["train", "1"], ["train", "7"]]
    assert copies in [finding["ids"] for finding in first["findings"]]
    again = artcli("eda", "-w", workspace.root, "--json").json
    assert again == first | {"measured_anew": 0, "fixes": None}
    assert (folder / "eda.json").read_bytes() == written


def test_a_run_judges_artists_and_labels_without_torch(workspace: Workspace) -> None:
    judge(workspace)
    script = (
        "import sys\n"
        "from artcli.cli import app\n"
        f"app(['eda', '-w', {str(workspace.root)!r}, '--json'], standalone_mode=False)\n"
        "assert 'torch' not in sys.modules, 'torch was imported'\n"
    )
    made = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr[-2000:]
    document = json.loads(made.stdout)
    assert document["run"]["name"] == "judge"
    suspects = document["tables"]["suspects"]
    assert (suspects[0]["id"], suspects[0]["given"], suspects[0]["suggested"]) == (
        WRONG, "Ben Wood", "Cleo Iron",
    )  # fmt: skip
    assert (workspace.reports / "eda" / "figures" / "confusion-matrix.png").exists()


def test_figures_of_an_earlier_report_go_and_what_is_a_persons_stays(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    for name in ("old.png", "new.png", "notes.txt", "holiday.png.bak"):
        (tmp_path / name).touch()
    _leave_only(tmp_path, ["new.png"])
    stay = {"new.png", "notes.txt", "holiday.png.bak", "folder.png"}
    assert {path.name for path in tmp_path.iterdir()} == stay


def test_corrections_are_proposed_marked_and_applied(workspace: Workspace) -> None:
    judge(workspace)
    before = (workspace.data / "train.csv").read_bytes()
    answer = artcli("eda", "-w", workspace.root, "--fix")
    assert answer.code == 0, answer.err
    path = workspace.reports / "eda" / "fixes.csv"
    lines = list(csv.DictReader(path.open(encoding="utf-8", newline="")))
    by_id = {line["id"]: line for line in lines}
    assert by_id[WRONG]["new_artist"] == "Cleo Iron"
    assert by_id["7"]["new_artist"] == by_id["7"]["new_id"] == ""
    assert {line["apply"] for line in lines} == {""}, "a person decides"
    for line in lines:
        line["apply"] = "yes" if line["id"] in (WRONG, "7") else "no"
    rows = [",".join(f'"{cell}"' for cell in line.values()) for line in lines]
    write_csv(path, ",".join(lines[0]), rows)
    edited = path.read_bytes()
    report = gather(workspace)
    written = propose_fixes(workspace, report)
    assert path.read_bytes() == edited, "what a person has decided stays"
    assert _next(report, written, "artcli eda") == "artcli init --repair"
    repaired = artcli("init", workspace.root, "--repair")
    assert repaired.code == 0, repaired.err
    assert _next(report, written, "artcli eda") == "", "all that is marked is in force"
    contest = read_contest(workspace)
    artist_of = {painting.id: painting.artist for painting in contest.train}
    assert artist_of[WRONG] == "Cleo Iron"
    assert "7" not in artist_of
    assert len(artist_of) == 17
    assert (workspace.data / "train.csv").read_bytes() == before


def test_a_contest_that_cannot_be_used_is_looked_at_all_the_same(workspace: Workspace) -> None:
    rows = (workspace.data / "train.csv").read_text("utf-8").splitlines()
    rows[3] = rows[3].replace("2,./train/0002.jpg", "1,./train/0002.jpg")
    rows.append("99,../secret.jpg,Ada Stone")
    write_csv(workspace.data / "train.csv", rows[0], rows[1:])
    (workspace.data / "train/0005.jpg").write_bytes(b"<!doctype html>")
    answer = artcli("eda", "-w", workspace.root)
    assert answer.code == 0, answer.err
    assert "'1' is already in row 2" in answer.text
    assert "'../secret.jpg' leaves the data folder" in answer.text
    assert "is a web page saved under an image's name" in answer.text
    assert "Next: artcli eda --fix" in answer.text


def test_names_do_no_harm(workspace: Workspace) -> None:
    evil = "=<script>alert(1)</script>"
    for name in ("train.csv", "artists_info.csv"):
        path = workspace.data / name
        path.write_text(path.read_text("utf-8").replace("Ben Wood", evil), encoding="utf-8")
    answer = artcli("eda", "-w", workspace.root)
    assert answer.code == 0, answer.err
    page = (workspace.reports / "eda" / "eda.html").read_text("utf-8")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert f"'{evil}" in {row["artist"] for row in table(workspace, "artists")}


def test_a_run_that_is_not_there_is_named(workspace: Workspace) -> None:
    answer = artcli("eda", "-w", workspace.root, "--run", "nobody")
    assert answer.code == 1
    assert "there is no run 'nobody'" in answer.err
    assert "Traceback" not in answer.err


def test_without_data_it_says_what_to_do(tmp_path: Path) -> None:
    artcli("init", tmp_path / "empty")
    answer = artcli("eda", "-w", tmp_path / "empty")
    assert answer.code == 1
    assert "artcli init" in answer.err
