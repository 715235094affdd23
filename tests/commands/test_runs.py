"""`artcli runs`: every run in its state, sorted as asked; one shown; one removed if confirmed."""

import json
from pathlib import Path

import pytest
from command_line import artcli
from fake_runs import fake_fold, fake_run
from small_contests import bare_contest

from artcli import console
from artcli.commands.run_tables import recipe_in_short
from artcli.predicting.folder import keep_fold
from artcli.predicting.predictions import Predictions
from artcli.workspace.locks import hold
from artcli.workspace.paths import Workspace
from artcli.workspace.runs import lock_path
from artcli.workspace.settings import Settings, write_settings


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path)
    write_settings(workspace, Settings())
    return workspace


@pytest.fixture
def three(workspace: Workspace) -> Workspace:
    """Runs `b` (0.6), `a` (0.7, two folds) and `c` (stopped, on all paintings), oldest first."""
    recipe = {"loss": "focal", "sampler": "log", "mixer": "cutmix"}
    fake_run(workspace, "b", created="2026-01-01T00:00:00+00:00", recipe=recipe, fold_0=0.6)
    fake_run(workspace, "a", created="2026-01-02T00:00:00+00:00", fold_0=0.7, fold_1=0.7)
    folder = fake_run(workspace, "c", created="2026-01-03T00:00:00+00:00")
    fake_fold(folder / "fold-all", None, epochs=2, finished=False)
    return workspace


def names(workspace: Workspace, *words: str) -> list[str]:
    answer = artcli("runs", "-w", workspace.root, "--json", *words)
    return [run["name"] for run in answer.json]


@pytest.mark.parametrize("width", [80, 200])
def test_the_list_shows_each_run_whole_on_any_terminal(
    three: Workspace, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.out(), "width", width)
    answer = artcli("runs", "-w", three.root)
    lines = {
        line.split()[0]: " ".join(line.split())
        for line in answer.out.splitlines()[::-1]
        if line.strip()
    }
    assert max(len(line.rstrip()) for line in answer.out.splitlines()) <= width
    numbers = "1.000 1.500 0.6000 0.550–0.650 0.7000 3 61 s finished"
    short = "timm:arch=small.net · focal · log · cutmix"
    assert lines["b"] == (f"b {numbers}" if width == 80 else f"b {short} {numbers}")
    assert short in answer.text
    assert lines["a"].endswith("0.7000 0.650–0.750 0.8000 2 x 3 2 min finished")
    assert lines["c"].endswith("1.000 2 40 s stopped")


def test_the_list_can_be_sorted_and_what_is_unknown_comes_last(three: Workspace) -> None:
    assert names(three) == ["b", "a", "c"]
    assert names(three, "--sort", "name") == ["a", "b", "c"]
    assert names(three, "--sort", "f1") == ["a", "b", "c"]
    assert names(three, "--sort", "validation-loss") == ["b", "a", "c"]
    assert names(three, "--sort", "time") == ["c", "b", "a"]
    assert names(three, "--sort", "epochs") == ["c", "b", "a"]
    assert artcli("runs", "-w", three.root, "--sort", "colour").code == 2


def test_json_says_all_that_is_known(three: Workspace) -> None:
    test = Predictions.make(["t0"], [[0.4, 0.6]], ("x", "y"), folds=0)
    keep_fold(three, bare_contest(("x", "y")), "b", oof=None, test=test, bad={}, facts={})
    by_name = {run["name"]: run for run in artcli("runs", "-w", three.root, "--json").json}
    assert by_name["b"]["f1"] == pytest.approx(0.6)
    assert by_name["b"]["has_test_predictions"] is True
    assert by_name["b"]["recipe"]["loss"] == "focal"
    assert by_name["a"]["folds"]["1"]["f1_high"] == pytest.approx(0.75)
    assert (by_name["c"]["state"], by_name["c"]["f1"]) == ("stopped", None)


def test_an_empty_workspace_says_how_to_begin(workspace: Workspace) -> None:
    answer = artcli("runs", "-w", workspace.root)
    assert (answer.code, answer.out) == (0, "")
    assert "artcli train" in answer.err
    assert names(workspace) == []


def test_damage_is_told_and_hides_no_other(three: Workspace) -> None:
    (three.run_dir("b") / "run.json").write_text("{")
    answer = artcli("runs", "-w", three.root, "--json")
    assert answer.code == 0
    assert {run["name"]: run["remark"] for run in answer.json} == {
        "b": "damaged: run.json cannot be read",
        "a": "finished",
        "c": "stopped",
    }


def test_one_run_is_shown_with_its_recipe_epochs_and_folder(three: Workspace) -> None:
    answer = artcli("runs", "show", "a", "-w", three.root)
    assert answer.code == 0, answer.err
    assert "timm:arch=local-dir:../weights/small.net" in answer.text
    assert "Fold 1 (finished)" in answer.text
    assert "2 1.000 1.500 0.7000 0.8000 80 best" in answer.text
    assert str(three.run_dir("a")) in answer.text
    shown = artcli("runs", "show", "c", "--json", "-w", three.root).json
    assert [line["epoch"] for line in shown["history"]["all"]] == [1, 2]
    assert "there is no run 'd'" in artcli("runs", "show", "d", "-w", three.root).err


def test_losses_that_only_some_heads_have_get_columns_of_their_own(three: Workspace) -> None:
    path = three.run_dir("a") / "fold-1" / "history.jsonl"
    lines = [json.loads(line) | {"forced_loss": 0.125} for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    answer = artcli("runs", "show", "a", "-w", three.root)
    assert "Train loss Forced loss" in answer.text or "Train Forced" in answer.text
    assert "2 1.000 0.125 1.500 0.7000 0.8000 80 best" in answer.text
    assert "Head's loss" not in answer.text


def test_a_run_is_removed_after_a_question(three: Workspace) -> None:
    answer = artcli("runs", "remove", "b", "-w", three.root, typed="n\n")
    assert answer.code == 1
    assert str(three.run_dir("b")) in answer.err
    assert three.run_dir("b").exists()
    with hold(lock_path(three, "b", "0"), "it"):
        answer = artcli("runs", "remove", "b", "--yes", "-w", three.root)
        assert (answer.code, "in use" in answer.err) == (1, True)
    assert artcli("runs", "remove", "b", "-w", three.root, typed="y\n").code == 0
    assert names(three) == ["a", "c"]
    assert artcli("runs", "remove", "a", "--yes", "-w", three.root).code == 0
    assert names(three) == ["c"]
    assert artcli("runs", "remove", "../ws", "--yes", "-w", three.root).code == 1


def test_a_recipe_in_short_tells_what_was_chosen_and_no_default() -> None:
    from artcli.training.recipe import Recipe

    whole = {**Recipe().model_dump(exclude_none=True), "epochs": 99}
    assert recipe_in_short(whole) == Recipe().model
    changed = {**whole, "loss": "focal:gamma=3", "seed": 4, "observers": ["tensorboard"]}
    assert (
        recipe_in_short(changed)
        == f"{Recipe().model} · focal:gamma=3 · observers=tensorboard · seed=4"
    )
    assert recipe_in_short({"model": "m:weights=/a/b.pt,x=1", "from": "a newer artcli"}) == (
        "m:weights=b.pt,x=1 · from=a newer artcli"
    )


def test_the_workspace_may_be_named_before_the_subcommand(three: Workspace) -> None:
    before = artcli("runs", "-w", three.root, "--json", "show", "b")
    assert (before.code, before.json["name"]) == (0, "b")
    assert before.out == artcli("runs", "show", "b", "-w", three.root, "--json").out


def test_removing_answers_scripts_too(three: Workspace) -> None:
    answer = artcli("runs", "remove", "b", "--yes", "-w", three.root, "--json")
    assert answer.json == {"run": "b", "removed": [str(three.run_dir("b"))]}
