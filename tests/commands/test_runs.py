"""`artcli runs`: every run in its state, sorted as asked; one shown; one removed if confirmed."""

import json
from pathlib import Path

import numpy as np
import pytest
from command_line import artcli
from fake_runs import fake_fold, fake_run
from small_contests import ARTISTS, bare_contest, write_tables

from artcli import console
from artcli.commands.run_tables import recipe_in_short
from artcli.predicting.folder import keep_fold, keep_result, read_kept
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
    removed = [str(three.run_dir("b"))]
    assert answer.json == {"run": "b", "removed": removed, "made_of_it": []}


ADA, BEN, CLEO = ARTISTS


def said(guesses: dict[str, str], fold: int = 0) -> Predictions:
    """One piece of each painting, given to its guess with a probability of 0.8."""
    values = np.full((len(guesses), 3), 0.1)
    values[range(len(guesses)), [list(ARTISTS).index(name) for name in guesses.values()]] = 0.8
    return Predictions.make(list(guesses), values, tuple(ARTISTS), crops=0, folds=fold)


@pytest.fixture
def blended(workspace: Workspace) -> Workspace:
    """The runs `a` (folds 0 and 1) and `b` (fold 0), `a-tta` of `a` and `blend` of all three."""
    write_tables(workspace.data, each=2)  # 0 and 3 are Ada's, 1 and 4 Ben's, 2 and 5 Cleo's
    truth = dict(zip("012345", [ADA, BEN, CLEO] * 2, strict=True))
    contest = bare_contest(train=truth)
    fold_0 = {key: truth[key] for key in "012"}
    fold_1 = {key: truth[key] for key in "345"}

    def fold(name: str, oof: Predictions) -> None:
        keep_fold(workspace, contest, name, oof=oof, test=None, bad={}, facts={})

    def result(
        name: str, oof: Predictions, command: str, how: str, *of: str, **more: object
    ) -> None:
        made_by = {"command": command, "of": list(of), "how": how, **more}
        keep_result(workspace, contest, name, made_by=made_by, oof=oof, test=None, bad={})

    fake_run(workspace, "a", fold_0=0.6, fold_1=0.7)
    fake_run(workspace, "b", created="2026-01-02T00:00:00+00:00", fold_0=0.5)
    fold("a", said({**fold_0, "2": ADA}))
    fold("a", said({**fold_1, "5": BEN}, fold=1))
    fold("b", said({**fold_0, "0": BEN, "1": ADA}))
    result("a-tta", said(fold_0), "tta", "flips", "a")
    weights = {"a": 0.25, "b": 0.0, "a-tta": 0.75}
    measured = {"single": [{"run": "a"}]}
    line = "artcli ensemble a b a-tta --voter greedy --name blend"
    result(
        "blend",
        said(fold_0),
        "ensemble",
        "greedy",
        *weights,
        weights=weights,
        line=line,
        measured=measured,
    )
    return workspace


def test_results_are_listed_with_what_they_are_made_of(blended: Workspace) -> None:
    by_name = {run["name"]: run for run in artcli("runs", "-w", blended.root, "--json").json}
    assert {name: run["remark"] for name, run in by_name.items()} == {
        "a": "finished",
        "b": "finished",
        "a-tta": "tta of a (flips)",
        "blend": "ensemble of 3 runs (greedy)",
    }
    assert [by_name[name]["state"] for name in ("a", "blend")] == ["finished", "result"]
    assert by_name["blend"]["made_by"]["of"] == ["a", "b", "a-tta"]
    assert by_name["a"]["made_by"] is None
    assert by_name["a"]["judged_on"] == ["0", "1"]
    assert (by_name["blend"]["judged_on"], by_name["blend"]["f1"]) == (["0"], 1.0)
    # Of several folds, over their pieces at once: Ada 2 of 3 named, Ben 2 of 3, Cleo none.
    assert by_name["a"]["f1"] == pytest.approx((0.8 + 0.8 + 0.0) / 3)
    answer = artcli("runs", "-w", blended.root)
    assert "blend 1.0000 1.000–1.000 ensemble of 3 runs (greedy)" in answer.text
    assert "blend a + b + a-tta" in answer.text


def test_a_result_is_shown_with_its_parts_and_how_it_was_made(blended: Workspace) -> None:
    answer = artcli("runs", "show", "blend", "-w", blended.root)
    assert answer.code == 0, answer.err
    assert "b 0.3333 " in answer.text
    assert "a-tta 1.0000 1.000–1.000 tta of a (flips)" in answer.text
    assert "weights a 0.2500, b 0.0000, a-tta 0.7500" in answer.text
    assert "artcli ensemble a b a-tta" in answer.text
    assert "measured" not in answer.text, "which is a report of its own"
    assert str(blended.predictions_dir("blend")) in answer.text
    shown = artcli("runs", "show", "blend", "--json", "-w", blended.root).json
    assert shown["made_by"]["weights"]["a-tta"] == 0.75
    artcli("runs", "remove", "b", "--yes", "-w", blended.root)
    assert "b removed" in artcli("runs", "show", "blend", "-w", blended.root).text


def test_removing_says_which_results_are_made_of_it(blended: Workspace) -> None:
    answer = artcli("runs", "remove", "a", "-w", blended.root, typed="n\n")
    assert answer.code == 1
    assert "a-tta and blend, made of a, stay, but cannot be made anew without it" in answer.text
    answer = artcli("runs", "remove", "a", "--yes", "--json", "-w", blended.root)
    assert answer.json["made_of_it"] == ["a-tta", "blend"]
    assert names(blended, "--sort", "name") == ["a-tta", "b", "blend"]
    answer = artcli("runs", "remove", "blend", "-w", blended.root, typed="y\n")
    assert (answer.code, "This removes the result blend" in answer.err) == (0, True)
    assert "made of" not in answer.text
    assert not blended.predictions_dir("blend").exists()


@pytest.mark.parametrize("width", [80, 200])
def test_two_are_compared_by_artist_and_painting(
    blended: Workspace, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.out(), "width", width)
    answer = artcli("runs", "--compare", "b", "blend", "-w", blended.root)
    assert answer.code == 0, answer.err
    assert "3 pieces of fold 0" in answer.text
    assert "b 0.3333 " in answer.text
    assert " less " in answer.text
    assert "−0.667" in answer.text
    assert "The difference is " in answer.text
    assert "Artists that differ most, of 3" in answer.text
    assert f"{ADA} 0.000 1.000 −1.000 1" in answer.text
    assert "Paintings that differ most, of 2" in answer.text
    assert f"0 {ADA} {BEN} 1 {ADA} 1" in answer.text
    assert max(len(line.rstrip()) for line in answer.out.splitlines()) <= width


def test_a_comparison_as_json_says_all(blended: Workspace) -> None:
    found = artcli("runs", "--compare", "blend", "b", "--json", "-w", blended.root).json
    assert found["runs"] == ["blend", "b"]
    assert found["difference"]["value"] == pytest.approx(2 / 3)
    assert found["pieces"] == {"all": 3, "both": 1, "only_first": 2, "only_second": 0, "neither": 0}
    assert found["artists"][0] == {
        "artist": ADA, "first": 1.0, "second": 0.0, "difference": 1.0, "pieces": 1,
    }  # fmt: skip
    assert [one["artist"] for one in found["artists"]] == [ADA, BEN, CLEO]
    assert found["paintings"][0] == {
        "id": "0", "artist": ADA, "pieces": 1, "differing": 1, "first": {ADA: 1},
        "second": {BEN: 1},
    }  # fmt: skip
    assert found["more_than_noise"] is (found["difference"]["low"] > 0)


def test_runs_named_as_entries_of_the_comparison_overwrite_none(blended: Workspace) -> None:
    for name, source in (("artist", "b"), ("pieces", "blend")):
        kept = read_kept(blended, source)
        assert kept is not None
        keep_fold(blended, bare_contest(), name, oof=kept.oof, test=None, bad={}, facts={})
    found = artcli("runs", "--compare", "artist", "pieces", "--json", "-w", blended.root).json
    assert {one["artist"] for one in found["artists"]} == {ADA, BEN, CLEO}
    assert {one["pieces"] for one in found["paintings"]} == {1}


def test_a_run_of_more_folds_is_compared_on_those_of_the_other_and_says_so(
    blended: Workspace,
) -> None:
    answer = artcli("runs", "--compare", "a", "blend", "-w", blended.root)
    assert answer.code == 0, answer.err
    assert "a has fold 1, too, which the other one has not" in answer.text
    assert "3 pieces of fold 0" in answer.text
    found = artcli("runs", "--compare", "a", "blend", "--json", "-w", blended.root).json
    assert (found["folds"], found["folds_left_out"]) == (["0"], {"first": ["1"], "second": []})


def test_what_cannot_be_compared_is_refused_with_the_reason(blended: Workspace) -> None:
    def refusal(*words: str) -> tuple[int, str]:
        answer = artcli("runs", "--compare", *words, "-w", blended.root)
        return answer.code, answer.text

    assert refusal("a", "a") == (2, "error: --compare a a: that is one run hint: name two")
    code, text = refusal("a", "blnd")
    assert (code, "there is no run 'blnd'" in text, "blend" in text) == (1, True, True)
    fake_run(blended, "silent", fold_0=0.6)
    code, text = refusal("a", "silent")
    assert (code, "silent has no predictions yet (finished)" in text) == (1, True)
    assert f"artcli predict silent -w {blended.root}" in text
    fold = said({"3": ADA}, fold=2)
    keep_fold(blended, bare_contest(), "silent", oof=fold, test=None, bad={}, facts={})
    code, text = refusal("b", "silent")
    assert (code, "silent: it has fold 2, not 0 as b" in text) == (1, True)
