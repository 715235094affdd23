"""`artcli ladder`: rows trained alike, kept, extended, stopped and gone on with."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from command_line import Answer, artcli
from fake_runs import fake_run
from generated_sets import Made, keep_set
from painted import MODEL, contest_of, painted_workspace

from artcli.commands.ladder.plan import Plan, plan_ladder
from artcli.contest.splits import load_or_make_folds
from artcli.host.discovery import load_host
from artcli.predicting.folder import keep_fold, keep_result, read_kept
from artcli.predicting.predictions import Predictions
from artcli.training.loop import NonFiniteLoss
from artcli.workspace.paths import Workspace

BUDGET = (
    "--model", MODEL, "--epochs", "1", "--batch-size", "8", "--image-size", "32", "--folds", "4",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = painted_workspace(tmp_path_factory.mktemp("ladder") / "w")
    answer = ladder(workspace, "layernorm", "baseline", *BUDGET)
    assert answer.code == 0, answer.err
    assert "row 1 of 2: baseline" in answer.err
    assert "row 2 of 2: layernorm (baseline + head layernorm)" in answer.err
    assert " left" in answer.err
    return workspace


def ladder(workspace: Workspace, *words: str) -> Answer:
    return artcli("ladder", "-w", str(workspace.root), "--workers", "0", *words)


def document(workspace: Workspace, name: str = "ladder") -> dict[str, Any]:
    path = workspace.reports / "ladder" / name / "ladder.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def rows_of(workspace: Workspace, name: str = "ladder") -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in document(workspace, name)["rows"]}


def results(workspace: Workspace) -> dict[Path, int]:
    """When each run was finished."""
    found = workspace.checkpoints.glob("*/fold-0/result.json")
    return {path: path.stat().st_mtime_ns for path in found}


def test_rows_are_trained_at_the_budget_and_judged_on_the_same_pieces(
    workspace: Workspace,
) -> None:
    made, rows = document(workspace), rows_of(workspace)
    assert list(rows)[:2] == ["baseline", "layernorm"], "in the order of the recipes"
    assert made["budget"] == {
        "model": MODEL, "epochs": 1, "batch_size": 8, "image_size": 32, "folds": 4,
    }  # fmt: skip
    assert (made["paintings"], made["pieces"], made["fold"]) == (6, 30, "0")
    (trained,) = rows["layernorm"]["trained"]
    kept = json.loads((workspace.run_dir("ladder-layernorm") / "fold-0/result.json").read_text())
    for figure in ("f1", "whole_f1", "train_loss", "validation_loss", "seconds"):
        assert trained[figure] == pytest.approx(kept[figure])
    assert rows["layernorm"]["f1"]["low"] == pytest.approx(kept["f1_low"])
    compared = rows["layernorm"]["comparison"]
    assert compared["base"] == "baseline"
    ours = rows["layernorm"]["f1"]["value"] - rows["baseline"]["f1"]["value"]
    assert compared["ours"]["value"] == pytest.approx(ours)
    assert compared["slides_f1"] == pytest.approx(0.6769 - 0.6652)
    assert compared["slides_private"] == pytest.approx(0.6237 - 0.6057)
    assert rows["baseline"]["comparison"] is None
    assert not (workspace.predictions_dir("ladder-baseline") / "test.npz").exists()


def test_called_again_it_trains_nothing_and_shows_the_same(workspace: Workspace) -> None:
    folder = workspace.reports / "ladder" / "ladder"
    before = results(workspace), {path: path.read_bytes() for path in folder.glob("ladder.*")}
    answer = ladder(workspace)
    assert answer.code == 0, answer.err
    assert "row " not in answer.err
    assert f"the budget is the ladder's own: --model {MODEL}, --epochs 1" in answer.text
    assert "layernorm 0.6769 0.6237 0." in answer.text
    assert "layernorm baseline + head layernorm +0.012 " in answer.text
    assert "30 pieces of 6 paintings" in answer.text
    assert all(len(line.rstrip()) <= 80 for line in answer.out.splitlines()[:-1])
    again = ladder(workspace, "baseline", "layernorm", *BUDGET, "--json")
    assert again.json["rows"] == document(workspace)["rows"]
    after = results(workspace), {path: path.read_bytes() for path in folder.glob("ladder.*")}
    assert before == after


def test_another_budget_is_another_ladder(workspace: Workspace) -> None:
    before = document(workspace)
    answer = ladder(workspace, *BUDGET, "--epochs", "2", "--loss", "focal")
    assert answer.code == 1
    assert "ladder-layernorm: loss was cross-entropy, not focal, epochs was 1, not 2" in answer.text
    assert "choose another --name" in answer.text
    assert document(workspace) == before


def test_more_rows_join_and_those_that_are_the_same_are_trained_once(workspace: Workspace) -> None:
    before = results(workspace)
    answer = ladder(workspace, "tinyvit", "scheduler")
    assert answer.code == 0, answer.err
    assert "row 1 of 1: scheduler (augment + scheduler warm-restarts)" in answer.err
    rows = rows_of(workspace)
    assert list(rows) == ["baseline", "layernorm", "scheduler", "tinyvit"]
    assert rows["tinyvit"]["same_as"] == "scheduler"
    assert rows["tinyvit"]["trained"] == rows["scheduler"]["trained"] != []
    assert rows["tinyvit"]["comparison"]["ours"] is None
    # The slides' difference is of the model, which the budget sets for all rows.
    assert (rows["tinyvit"]["changes"], rows["tinyvit"]["set_over"]) == ({}, ["model"])
    assert rows["tinyvit"]["comparison"]["slides_f1"] is None
    assert rows["scheduler"]["comparison"]["slides_f1"] == pytest.approx(0.7737 - 0.6769)
    assert rows["scheduler"]["comparison"]["base"] == "layernorm", "augment is not there"
    assert "as scheduler" in answer.text
    assert before.items() < results(workspace).items()
    assert len(results(workspace)) == len(before) + 1


def test_of_rows_that_are_the_same_the_one_that_has_begun_goes_on(tmp_path: Path) -> None:
    def planned() -> Plan:
        budget = {"model": MODEL, "epochs": 1}
        return plan_ladder(empty, load_host(), "new", ["scheduler", "tinyvit"], None, budget)

    empty, run = Workspace(tmp_path), "new-tinyvit"
    first = planned()
    assert [rung.named.name for rung in first.to_train] == ["scheduler"]
    empty.run_dir(run).mkdir(parents=True)
    first.rungs[1].recipe.save(empty.run_dir(run) / "recipe.toml")
    then = planned()
    assert [rung.same_as for rung in then.rungs] == ["tinyvit", None]
    assert [rung.runs for rung in then.to_train] == [(run,)]


def test_more_seeds_join_too(workspace: Workspace) -> None:
    answer = ladder(workspace, "baseline", "--seeds", "2")
    assert answer.code == 0, answer.err
    rows = rows_of(workspace)
    runs = [(one["run"], one["seed"]) for one in rows["baseline"]["trained"]]
    assert runs == [("ladder-baseline", 0), ("ladder-baseline-s1", 1)]
    mean = sum(one["f1"] for one in rows["baseline"]["trained"]) / 2
    assert rows["baseline"]["f1"]["value"] == pytest.approx(mean)
    assert len(rows["layernorm"]["trained"]) == 1
    assert "1 of 2 seeds" in answer.text
    assert "the mean over 2 seeds" in answer.text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["tinyvitt"], 2, "did you mean 'tinyvit'?"),
        (["ladder-baselin"], 2, "no recipe, run or result 'ladder-baselin' (did you mean"),
        (["--name", "../up"], 2, "cannot be a name"),
        (["--name", "new", "--epochs", "0"], 2, "--epochs"),
        (["--name", "new", "--loss", "focal:gama=3"], 2, "did you mean 'gamma'"),
        (["--device", "gpu"], 2, "there is no device gpu"),
    ],
)
def test_mistakes_are_told_before_anything_is_trained(
    workspace: Workspace, words: list[str], code: int, said: str
) -> None:
    answer = ladder(workspace, *words)
    assert answer.code == code, answer.err
    assert said in answer.err
    assert len(answer.err.splitlines()) <= 4
    assert not (workspace.reports / "ladder" / "new").exists()


def test_a_ladder_is_not_climbed_by_ranks(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "WORLD_SIZE", "2")
    answer = ladder(workspace)
    assert (answer.code, "without torchrun" in answer.err) == (2, True)


def test_a_stopped_ladder_has_its_table_and_goes_on(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from artcli.training import run

    save = run.save_checkpoint

    def stopped(folder: Path, *rest: Any, **more: Any) -> None:
        save(folder, *rest, **more)
        if folder.parent.name == "stop-layernorm":
            signal.raise_signal(signal.SIGINT)

    words = ("baseline", "layernorm", "--name", "stop", *BUDGET, "--epochs", "2")
    with monkeypatch.context() as patched:
        patched.setattr(run, "save_checkpoint", stopped)
        answer = ladder(workspace, *words)
    assert answer.code == 130, answer.err
    assert "reports/ladder/stop/ladder.md" in answer.err.replace(os.sep, "/")
    repeat = answer.err.partition("go on with: ")[2].split()
    assert repeat[:6] == ["artcli", "ladder", "baseline", "layernorm", "--name", "stop"]
    assert repeat[repeat.index("--epochs") + 1] == "2"
    rows = rows_of(workspace, "stop")
    assert len(rows["baseline"]["trained"]) == 1
    assert rows["layernorm"]["trained"] == []
    answer = artcli(*repeat[1:])
    assert answer.code == 0, answer.err
    assert "row 1 of 2" not in answer.err
    assert "going on after" in answer.err
    (trained,) = rows_of(workspace, "stop")["layernorm"]["trained"]
    assert trained["epochs"] == 2


def test_a_row_that_fails_is_told_and_the_others_go_on(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from artcli.commands.ladder import climb

    train = climb.run_fold

    def failing(*parts: Any, **more: Any) -> Any:
        if "fail-baseline" in parts:
            raise NonFiniteLoss("the loss is not finite in step 3")
        return train(*parts, **more)

    with monkeypatch.context() as patched:
        patched.setattr(climb, "run_fold", failing)
        answer = ladder(workspace, "baseline", "layernorm", "--name", "fail", *BUDGET)
    assert answer.code == 1
    assert "baseline failed: the loss is not finite in step 3" in answer.out
    rows = rows_of(workspace, "fail")
    assert rows["baseline"]["reason"] == "the loss is not finite in step 3"
    assert len(rows["layernorm"]["trained"]) == 1
    kept = ladder(workspace, "layernorm", "--name", "fail")
    assert (kept.code, "baseline failed" in kept.out) == (0, True), "which was not asked for"
    again = ladder(workspace, "--name", "fail")
    assert again.code == 0, again.err
    assert rows_of(workspace, "fail")["baseline"]["reason"] == ""


def test_a_row_whose_works_are_not_made_waits_for_them(workspace: Workspace) -> None:
    answer = ladder(workspace, "style", "baseline", "--name", "works", *BUDGET)
    assert answer.code == 1
    reason = "there is no generated set style-transfer"
    assert f"{reason} (make it with: artcli augment-style --name style-transfer" in answer.text
    rows = rows_of(workspace, "works")
    assert (rows["style"]["reason"], rows["style"]["trained"]) == (reason, [])
    assert len(rows["baseline"]["trained"]) == 1
    contest = contest_of(workspace)
    held = load_or_make_folds(workspace, contest, 4).validation(0)
    paths = {painting.id: painting.path for painting in contest.train}
    works = [
        Made(str(painting.artist), styles=(painting.id,))
        for painting in (*(p for p in contest.train if p.id not in held), contest.train[0])
    ]
    keep_set(workspace, "style-transfer", paths, works[:6])
    again = ladder(workspace, "--name", "works")
    assert again.code == 0, again.err
    assert "fold 0 learns from 6 of the 6 works of style-transfer" in again.text
    assert "row 1 of 2" not in again.err
    rows = rows_of(workspace, "works")
    assert (rows["style"]["reason"], len(rows["style"]["trained"])) == ("", 1)
    assert rows["style"]["changes"] == {"generated": ["style-transfer"]}
    assert "style (adamw + generated style-transfer)" in again.text
    shown = artcli("runs", "show", "works-style", "-w", workspace.root)
    assert "Generated works learnt" in shown.out
    assert re.search(r"Fold style-transfer [─ ]*0 6 ", shown.text)
    shown = artcli("runs", "show", "works-style", "-w", workspace.root, "--json").json
    assert shown["generated"] == {"0": {"style-transfer": 6}}


def test_a_row_that_failed_and_was_finished_by_hand_has_not_failed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from artcli.commands.ladder import climb

    def failing(*_: Any, **_more: Any) -> Any:
        raise NonFiniteLoss("the loss is not finite in step 3")

    with monkeypatch.context() as patched:
        patched.setattr(climb, "run_fold", failing)
        assert ladder(workspace, "baseline", "--name", "hand", *BUDGET).code == 1
    recipe = ("--recipe", "ladder-baseline", "--name", "hand-baseline")
    assert artcli("train", *recipe, "-w", workspace.root).code == 0
    answer = ladder(workspace, "--name", "hand")
    assert answer.code == 0, answer.out
    assert "row " not in answer.err
    assert rows_of(workspace, "hand")["baseline"]["reason"] == ""


def kept_of(workspace: Workspace, run: str) -> Predictions:
    found = read_kept(workspace, run)
    assert found is not None
    assert found.oof is not None
    return found.oof


def result_of(workspace: Workspace, name: str, command: str, right: float, *of: str) -> None:
    """A result that names this part of the 30 pieces right."""
    contest, pieces = contest_of(workspace), kept_of(workspace, "ladder-baseline").pieces()
    artist_of = {painting.id: painting.artist for painting in contest.train}
    truth = [contest.artists.index(str(artist_of[key])) for key in pieces.ids.tolist()]
    shift = (np.arange(len(truth)) >= right * len(truth)).astype(int)
    values = np.eye(len(contest.artists))[(np.array(truth) + shift) % len(contest.artists)]
    oof = Predictions.make(
        pieces.ids.tolist(), values, contest.artists, crops=pieces.crops, folds=0
    )
    made_by = {"command": command, "of": list(of), "how": "flips"}
    keep_result(workspace, contest, name, made_by=made_by, oof=oof, test=None, bad={})


def test_results_and_runs_are_rows_that_are_judged_as_they_are(workspace: Workspace) -> None:
    result_of(workspace, "base-tta", "tta", 0.8, "ladder-baseline")
    result_of(workspace, "blend", "ensemble", 0.9, "ladder-baseline", "base-tta")
    result_of(workspace, "blend-tta", "tta", 1.0, "blend")
    fake_run(workspace, "folds", fold_0=0.6, fold_1=0.6)
    oof = kept_of(workspace, "ladder-layernorm")
    for fold in (0, 1):
        ids = [f"{fold or ''}{key}" for key in oof.ids]
        part = Predictions.make(ids, oof.probabilities, oof.classes, crops=oof.crops, folds=fold)
        keep_fold(workspace, contest_of(workspace), "folds", oof=part, test=None, bad={}, facts={})
    before = results(workspace)
    answer = ladder(
        workspace, "blend-tta", "blend", "folds", "layernorm", "--name", "stand", *BUDGET
    )
    assert answer.code == 0, answer.err
    (trained,) = results(workspace).keys() - before.keys()
    assert trained == workspace.run_dir("stand-layernorm") / "fold-0" / "result.json"
    rows = rows_of(workspace, "stand")
    assert {name: row["made"] for name, row in rows.items()} == {
        "layernorm": "",
        "blend-tta": "tta of blend (flips)",
        "blend": "ensemble of 2 runs (flips)",
        "folds": "run of folds 0 and 1",
    }
    layernorm = rows_of(workspace)["layernorm"]["f1"]
    assert (rows["blend-tta"]["f1"]["value"], rows["folds"]["f1"]) == (1.0, layernorm)
    assert (rows["folds"]["trained"], rows["folds"]["recipe"]) == ([], {})
    compared = rows["blend-tta"]["comparison"]
    assert compared["base"] == "blend"
    assert compared["ours"]["value"] == pytest.approx(1 - rows["blend"]["f1"]["value"])
    assert rows["blend"]["comparison"] is rows["folds"]["comparison"] is None
    assert "blend-tta tta of blend (flips)" in answer.text
    assert "blend-tta, blend and folds: nothing was trained for the ladder" in answer.text
    page = workspace.reports / "ladder" / "stand"
    for name in ("ladder.md", "ladder.html"):
        text = (page / name).read_text(encoding="utf-8").replace("\\", "")
        assert "tta of blend (flips)" in text
    assert "blend-tta  on blend" in (page / "ladder.svg").read_text(encoding="utf-8")

    files = {path: path.read_bytes() for path in page.glob("ladder.*")}
    again = ladder(workspace, "--name", "stand")
    assert (again.code, "row " in again.err) == (0, False)
    assert {path: path.read_bytes() for path in page.glob("ladder.*")} == files


def test_an_ensemble_stands_beside_the_best_of_it_or_beside_nothing(workspace: Workspace) -> None:
    """Beside a worse one, because the best is not in the ladder, it would look too good."""
    result_of(workspace, "good", "tta", 0.9, "ladder-baseline")
    result_of(workspace, "both", "ensemble", 1.0, "ladder-baseline", "good", "gone")
    assert ladder(workspace, "both", "baseline").code == 0
    assert rows_of(workspace)["both"]["comparison"] is None
    assert ladder(workspace, "good").code == 0
    rows = rows_of(workspace)
    assert rows["both"]["comparison"]["base"] == "good"
    assert rows["good"]["comparison"]["base"] == "baseline", "whose run it is made of"
    ours = rows["good"]["f1"]["value"] - rows["baseline"]["f1"]["value"]
    assert rows["good"]["comparison"]["ours"]["value"] == pytest.approx(ours)


def test_a_ladder_may_be_of_results_alone(workspace: Workspace) -> None:
    result_of(workspace, "alone", "tta", 1.0, "ladder-baseline")
    answer = ladder(workspace, "alone", "ladder-baseline", "--name", "kept", "--json")
    assert answer.code == 0, answer.err
    assert (answer.json["pieces"], answer.json["seeds"]) == (30, 1)
    assert [row["name"] for row in answer.json["rows"]] == ["alone", "ladder-baseline"]
    assert answer.json["rows"][0]["comparison"]["base"] == "ladder-baseline"
    assert answer.json["rows"][1]["made"] == "run of fold 0"


def test_what_says_nothing_of_the_pieces_is_refused_before_anything_is_trained(
    workspace: Workspace,
) -> None:
    contest = contest_of(workspace)
    oof = kept_of(workspace, "ladder-baseline")

    def kept(name: str, rows: Predictions) -> None:
        made_by = {"command": "tta", "of": ["ladder-baseline"], "how": "flips"}
        keep_result(workspace, contest, name, made_by=made_by, oof=rows, test=None, bad={})

    kept("elsewhere", Predictions.make(
        oof.ids.tolist(), oof.probabilities, oof.classes, crops=oof.crops, folds=2
    ))  # fmt: skip
    kept("fewer", oof.rows(oof.ids != oof.ids[0]))
    fake_run(workspace, "begun")
    answer = ladder(workspace, "elsewhere", "begun", "baseline", "--name", "no", *BUDGET)
    assert answer.code == 2
    assert "elsewhere (tta of ladder-baseline (flips)) cannot be a row" in answer.text
    assert "predictions only of fold 2, and fold 0 judges every row" in answer.text
    assert "begun (stopped) cannot be a row: it has out-of-fold predictions of none" in answer.text
    answer = ladder(workspace, "fewer", "baseline", "--name", "no", *BUDGET)
    assert answer.code == 1
    assert "fewer: 1 paintings of its fold 0 are not those of 4 folds" in answer.text
    assert not workspace.run_dir("no-baseline").exists()
    assert not (workspace.reports / "ladder" / "no" / "ladder.json").exists()


def test_the_help_shows_no_default_where_each_row_has_its_own() -> None:
    lines = artcli("ladder", "--help").text
    assert "--epochs" in lines
    assert "[default: tinyvit]" not in lines
    assert "[default: 20]" not in lines
    assert "[default: 20]" in artcli("train", "--help").text
