"""`artcli demo`: every step is the command line that it shows, from paint to a score."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import torch
from command_line import Answer, artcli
from painted import MODEL, painted_workspace
from small_contests import ARTISTS, write_csv

from artcli.commands import demo
from artcli.workspace.paths import Workspace

SMALL = ("--model", MODEL, "--image-size", "32", "--epochs", "1", "--probe", "0", "--folds", "3")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A tiny contest with answers in the place of the painted one."""
    workspace = painted_workspace(tmp_path_factory.mktemp("demo") / "w", each=6)
    rows = [f"TEST_{n:05},{list(ARTISTS)[n % 3]},Private,p{n}" for n in range(6)]
    write_csv(workspace.solution_csv, "id,artist,Usage,painting", rows)
    return workspace


@pytest.fixture(scope="module")
def gone_through(workspace: Workspace) -> Answer:
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(demo, "RECIPE", SMALL)
        answer = artcli("demo", workspace.root, "--json")
    assert answer.code == 0, answer.err
    return answer


def only(monkeypatch: pytest.MonkeyPatch, *steps: str) -> None:
    """The steps after the one that paints; RUN is the name of the run."""

    def listed(folder: str, run: str) -> list[tuple[str, list[str]]]:
        words = [step.replace("RUN", run).split() for step in steps]
        return [("Paint", ["init"]), *((f"Step {one[0]}", [*one, "-w", folder]) for one in words)]

    monkeypatch.setattr(demo, "_steps", listed)


def results_of(answer: Answer) -> dict[str, dict[str, Any]]:
    """What each command printed; of `kfold`, which is called twice, the last."""
    return {shlex.split(one["command"])[1]: one["result"] for one in answer.json["steps"]}


def test_the_road_leads_from_training_to_a_score(
    workspace: Workspace, gone_through: Answer
) -> None:
    called = [shlex.split(one["command"]) for one in gone_through.json["steps"]]
    commands = [words[1] for words in called]
    assert commands == ["eda", "train", "kfold", "tta", "kfold", "ensemble", "submit", "score"]
    for number, one in enumerate(gone_through.json["steps"], start=1):
        assert f"{number}/8 " in gone_through.text
        assert f"$ {' '.join(one['command'].split())}" in gone_through.text
    said = results_of(gone_through)
    assert Path(said["eda"]["report"]).is_file()
    assert said["train"]["run"] == gone_through.json["run"] == "demo-1"
    first = gone_through.json["steps"][2]["result"]["runs"][0]
    assert list(first["folds"]) == ["0", "1", "2"]
    assert first["folds"]["0"]["f1"] == said["train"]["f1"], "it is not trained again"
    assert said["kfold"]["runs"][0]["recipe"]["mixer"] == "cutmix"
    by_name = {run["name"]: run for run in artcli("runs", "-w", workspace.root, "--json").json}
    assert set(by_name) == {"demo-1", "demo-1-tta", "demo-1-mixed", "demo-1-blend"}
    assert by_name["demo-1-blend"]["made_by"]["of"] == ["demo-1", "demo-1-tta", "demo-1-mixed"]
    assert all(run["judged_on"] == ["0", "1", "2"] for run in by_name.values())
    assert said["submit"]["run"] == max(by_name, key=lambda name: by_name[name]["f1"])
    assert Path(said["submit"]["submission"]).name == "demo-1.csv"
    assert 0 <= said["score"]["private"] <= 1


def test_gone_through_again_it_takes_other_names(
    workspace: Workspace, gone_through: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert gone_through.code == 0
    only(monkeypatch, "submit demo-1 --name RUN", "score RUN.csv")
    answer = artcli("demo", workspace.root)
    assert answer.code == 0, answer.err
    assert "2/2 Step score" in answer.err
    assert "Macro F1 of demo-2.csv" in answer.out
    assert "What to try next:" in answer.out


def test_a_step_that_fails_ends_it_with_its_own_words(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "runs show nobody", "runs")
    for flag in ([], ["--json"]):
        answer = artcli("demo", workspace.root, *flag)
        assert (answer.code, answer.out) == (1, "")
        assert answer.err.count("there is no run 'nobody'") == 1
        assert "2/2" not in answer.err


def test_a_contest_of_ones_own_is_left_alone(tmp_path: Path) -> None:
    own = painted_workspace(tmp_path / "own", each=1, pieces=1)
    answer = artcli("demo", own.root)
    assert answer.code == 1
    assert "holds a contest of its own" in answer.text
    assert not own.checkpoints.exists()
