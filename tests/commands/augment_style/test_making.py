"""`artcli augment-style` as its user meets it: the plan, the works, going on, and mistakes."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import artcli
from small_contests import write_pictures, write_tables

from artcli.contest.generated.store import read_set
from artcli.workspace.paths import Workspace

SMALL = "style-transfer:pretrained=false,size=32,steps=3,scales=1,batch=2"


@pytest.fixture(autouse=True)
def on_one_thread(one_thread: None) -> None:
    pass


def contest(root: Path, each: int = 4) -> Workspace:
    write_tables(root / "data", each=each)
    write_pictures(root / "data")
    (root / "artcli.toml").write_text("")
    return Workspace(root)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return contest(tmp_path)


def augment(workspace: Workspace, *words: object):
    return artcli("augment-style", "-w", workspace.root, *words)


def test_the_plan_is_shown_before_anything_is_made(workspace: Workspace) -> None:
    shown = augment(workspace, "--plan", "--rarest", 2, "--each", 3, "--extra-rarest", 1)
    assert shown.code == 0, shown.err
    assert "Ada Stone 4 8 12" in shown.text
    assert "Ben Wood 4 3 7" in shown.text
    assert "11 new works for 2 of 3 artists" in shown.text
    assert not workspace.generated.exists()
    learns = augment(workspace, "--plan", "--generator", "vae", "--target", 5, "--json").json
    assert [row["new"] for row in learns["plan"]] == [1, 1, 1]
    assert (learns["works"], learns["parts"]) == (15, [0, 1, 2, 3, 4])


def test_a_set_is_made_and_then_whole(workspace: Workspace) -> None:
    words = ("--generator", SMALL, "--name", "mine", "--rarest", 1, "--each", 2,
             "--extra-rarest", 1, "--extra", 1, "--preview", 2)  # fmt: skip
    made = augment(workspace, *words)
    assert made.code == 0, made.err
    assert "the set mine has 3, for 1 of 3 artists" in made.text
    assert "artcli train --with mine" in made.text
    with (workspace.generated / "mine" / "provenance.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["id"], row["artist"]) for row in rows] == [
        (f"{n:04}", "Ada Stone") for n in (1, 2, 3)
    ]
    assert all(row["content"] and json.loads(row["styles"]) for row in rows)
    assert all(len(json.loads(row["source_sha256"])) == 2 for row in rows)
    assert all("pretrained=false" in row["options"] for row in rows)
    reports = workspace.reports / "generated" / "mine"
    assert "Ada Stone" in (reports / "sheet.html").read_text()
    assert (reports / "sheet.png").is_file()
    assert list((reports / "previews").glob("*.png"))
    for again in (augment(workspace, *words), augment(workspace, "--name", "mine")):
        assert again.code == 0, again.err
        assert "the set mine is whole already: 3 works" in again.text
    told = augment(workspace, "--name", "mine", "--json").json
    assert (told["works"], told["made"], told["name"]) == (3, 0, "mine")
    other = augment(workspace, "--name", "mine", "--generator", SMALL, "--seed", 1)
    assert other.code == 1
    assert "seed was 0, not 1" in other.err
    assert "choose another --name" in other.text


def test_a_kill_loses_no_finished_work_and_changes_none(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    long = SMALL.replace("batch=2", "batch=1").replace("steps=3", "steps=20")
    words = ["augment-style", "--name", "mine", "--generator", long, "--rarest", "1",
             "--each", "4", "--extra-rarest", "0"]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "artcli", *words, "-w", str(workspace.root)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
    )
    provenance = workspace.generated / "mine" / "provenance.csv"
    deadline = time.monotonic() + 120
    while not provenance.exists():
        assert process.poll() is None, process.stderr and process.stderr.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = read_set(workspace, "mine").works
    assert 1 <= len(kept) < 4
    again = augment(workspace, "--name", "mine", "--json")
    assert again.code == 0, again.err
    assert again.json["made"] == 4 - len(kept)
    whole = contest(tmp_path_factory.mktemp("whole"))
    assert artcli(*words, "-w", whole.root).code == 0
    first, second = (read_set(where, "mine").works for where in (workspace, whole))
    assert first[: len(kept)] == kept
    assert [work.sha256 for work in first] == [work.sha256 for work in second]
    assert not list((workspace.generators / "mine").rglob("step-*"))


def test_bad_pictures_are_one_error_before_anything_is_made(workspace: Workspace) -> None:
    (workspace.data / "train" / "0003.jpg").write_bytes(b"<html>")
    (workspace.data / "train" / "0005.jpg").unlink()
    refused = augment(workspace, "--generator", SMALL)
    assert refused.code == 1
    assert "0003.jpg" in refused.err
    assert "0005.jpg" in refused.err
    assert "Traceback" not in refused.err
    assert not workspace.generated.exists()


def test_without_weights_the_ways_out_are_named(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    refused = augment(workspace)
    assert refused.code == 1
    for way in ("weights=FILE", "pretrained=false"):
        assert way in refused.text, refused.text
    assert "works are made" not in refused.text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--judge", "mine", "--generator", "vae"), "--generator does not go with --judge"),
        (("--recipe", "x", "--seeds", 2), "--recipe, --seeds do not go without --judge NAME"),
        (("--target", 9, "--each", 2), "--target does not go with --each"),
        (("--generator", "vea"), "did you mean 'vae'?"),
        (("--generator", "vae:stepz=3"), "did you mean 'steps'?"),
        (("--name", "../x", "--generator", SMALL), "cannot be a name"),
        (("--rarest", 9), "--rarest 9: there are 3 artists"),
    ],
)
def test_mistakes_of_the_command_line(
    workspace: Workspace, words: tuple[object, ...], said: str
) -> None:
    refused = augment(workspace, *words)
    assert refused.code == 2
    assert said in refused.text


def test_a_plan_without_works_says_so(workspace: Workspace) -> None:
    refused = augment(workspace, "--generator", SMALL, "--target", 2)
    assert refused.code == 1
    assert "the plan gives no artist a new work" in refused.text


def test_what_another_set_of_the_name_has_learnt_is_not_gone_on_with(workspace: Workspace) -> None:
    left = workspace.generators / "mine" / "all" / "works-0001"
    left.mkdir(parents=True)
    (left / "last.json").write_text("{}")  # a checkpoint that would be gone on with, or refused
    words = ("--generator", SMALL, "--name", "mine", "--rarest", 1, "--each", 1,
             "--extra-rarest", 0)  # fmt: skip
    made = augment(workspace, *words)
    assert made.code == 0, made.err
    assert not (workspace.generators / "mine").exists()  # a whole set needs no checkpoints


def test_too_little_memory_is_said_and_what_is_made_is_kept(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from artcli.generating.making import Workshop

    def make(_shop: Workshop, _found: object) -> object:
        raise MemoryError

    monkeypatch.setattr(Workshop, "make", make)
    refused = augment(workspace, "--generator", SMALL)
    assert refused.code == 1
    assert "there is not enough memory for style-transfer:" in refused.text
    assert "internal error" not in refused.text
