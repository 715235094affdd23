"""`artcli tta`: views are measured before they are believed, and what hurts is said to hurt."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from command_line import Answer, artcli
from fake_runs import fake_run, untrained_run
from painted import MODEL, contest_of, painted_workspace

from artcli.contest.splits import load_or_make_folds
from artcli.predicting.folder import Kept, keep_result, read_facts, read_kept, read_part
from artcli.predicting.predictions import Predictions
from artcli.training.recipe import make_recipe
from artcli.training.record import describe_split
from artcli.workspace.files import read_json
from artcli.workspace.locks import hold
from artcli.workspace.paths import Workspace
from artcli.workspace.runs import lock_path

pytestmark = pytest.mark.usefixtures("one_thread")

RECIPE = make_recipe({"model": MODEL, "image_size": 32, "folds": 3})


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = painted_workspace(tmp_path / "w", each=3, pieces=5)
    untrained_run(made, contest_of(made), RECIPE, "first", ["0", "1"])
    return made


def tta(workspace: Workspace, *words: object) -> Answer:
    return artcli("tta", "-w", workspace.root, *words)


def kept_of(workspace: Workspace, name: str) -> Kept:
    kept = read_kept(workspace, name)
    assert kept is not None
    return kept


def view_of(workspace: Workspace, name: str, which: str) -> Predictions:
    facts = read_facts(workspace, name)
    assert facts is not None
    part = read_part(workspace, name, facts, which)
    assert part is not None
    return part


def both(kept: Kept) -> tuple[Predictions, Predictions]:
    assert kept.oof is not None
    assert kept.test is not None
    return kept.oof, kept.test


def test_one_plain_look_is_exactly_what_the_run_says(workspace: Workspace) -> None:
    assert artcli("predict", "first", "-w", workspace.root).code == 0
    answer = tta(workspace, "first", "--views", "none")
    assert answer.code == 0, answer.err
    (run_oof, run_test), (oof, test) = (
        both(kept_of(workspace, name)) for name in ("first", "first-tta")
    )
    for ours, theirs in ((oof, run_oof.pieces()), (test, run_test.mean_over_folds())):
        assert ours.ids.tolist() == theirs.ids.tolist()
        np.testing.assert_array_equal(ours.crops, theirs.crops)
        np.testing.assert_array_equal(ours.folds, theirs.folds)
        np.testing.assert_array_equal(ours.probabilities, theirs.probabilities)


def test_the_result_is_the_mean_of_the_views_which_are_kept_beside_it(
    workspace: Workspace,
) -> None:
    answer = tta(workspace, "first", "--views", "flips:vertical=true", "--json")
    assert answer.code == 0, answer.err
    (document,) = answer.json["results"]
    views = ["plain", "mirror", "upside-down"]
    assert document["result"] == "first-tta"
    assert document["seen"] == document["averaged"] == views
    assert document["measured"]["views"].keys() == {"mirror", "upside-down"}
    assert document["looked"] == {"0": {"checkpoint": "step-1"}, "1": {"checkpoint": "step-1"}}
    kept = kept_of(workspace, "first-tta")
    assert kept.made_by["of"] == ["first"]
    assert kept.made_by["measured"] == document["measured"]
    for which, together in zip(("oof", "test"), both(kept), strict=True):
        single = [view_of(workspace, "first-tta", f"{which}-{view}") for view in views]
        assert not np.allclose(single[0].probabilities, single[1].probabilities)
        expected = np.mean([one.probabilities for one in single], axis=0)
        np.testing.assert_allclose(together.probabilities, expected, rtol=1e-6)
        assert {one.ids.tolist() == together.ids.tolist() for one in single} == {True}
    oof, test = both(kept)
    folds = load_or_make_folds(workspace, contest_of(workspace), 3)
    assert [folds.fold_of[key] for key in oof.ids.tolist()] == oof.folds.tolist()
    assert test.fold_numbers == (-1,)
    assert test.ids.tolist() == [painting.id for painting in contest_of(workspace).test]
    assert artcli("submit", "first-tta", "-w", workspace.root).code == 0


def test_views_can_be_left_out_of_a_result_without_another_look(workspace: Workspace) -> None:
    assert tta(workspace, "first", "--views", "flips:vertical=true").code == 0
    (workspace.run_dir("first") / "fold-0" / "best.json").unlink()  # nothing can look any more
    answer = tta(workspace, "first-tta", "--without", "upside-down", "--json")
    assert answer.code == 0, answer.err
    (document,) = answer.json["results"]
    assert (document["result"], document["averaged"]) == ("first-tta-2", ["plain", "mirror"])
    assert document["how"] == "2 views of flips:vertical=true"
    expected = np.mean(
        [
            view_of(workspace, "first-tta", f"test-{view}").probabilities
            for view in ("plain", "mirror")
        ],
        axis=0,
    )
    _, test = both(kept_of(workspace, "first-tta-2"))
    np.testing.assert_allclose(test.probabilities, expected, rtol=1e-6)
    again = tta(workspace, "first-tta-2", "--without", "mirror", "--json")
    assert again.json["results"][0]["averaged"] == ["plain"]


def test_what_is_left_out_of_a_run_is_not_looked_at(workspace: Workspace) -> None:
    answer = tta(workspace, "first", "--views", "crops", "--without", "centre-0.875", "--json")
    assert answer.code == 0, answer.err
    (document,) = answer.json["results"]
    assert len(document["seen"]) == 5
    assert "centre-0.875" not in document["seen"]
    only = tta(workspace, "first", "--without", "plain", "--name", "mirrored", "--json")
    (document,) = only.json["results"]
    assert document["averaged"] == ["mirror"]
    assert document["seen"] == ["plain", "mirror"]  # which it is compared with
    mirrored, _ = both(kept_of(workspace, "mirrored"))
    alone = view_of(workspace, "mirrored", "oof-mirror")
    np.testing.assert_array_equal(mirrored.probabilities, alone.probabilities)


def made_up(workspace: Workspace, **views: tuple[float, float]) -> None:
    """A result `first-tta` of views that are right in a share of the paintings, and so sure."""
    contest = contest_of(workspace)
    number = {artist: n for n, artist in enumerate(contest.artists)}
    truth = np.array([number[str(painting.artist)] for painting in contest.train])
    ids = [painting.id for painting in contest.train]
    tests = [painting.id for painting in contest.test]
    even = Predictions.make(tests, np.full((len(tests), 3), 1 / 3), contest.artists)
    parts: dict[str, Predictions] = {}
    for view, (right, trust) in views.items():
        guess = np.where(np.arange(len(ids)) < right * len(ids), truth, (truth + 1) % 3)
        values = np.where(np.eye(3)[guess] == 1, trust, (1 - trust) / 2)
        name = view.replace("_", "-")
        made = Predictions.make(ids, values, contest.artists, crops=0, folds=0)
        parts |= {f"oof-{name}": made, f"test-{name}": even}
    names = [view.replace("_", "-") for view in views]
    made_by = {
        "command": "tta", "of": ["first"], "run": "first", "views": "made:up", "how": "made:up",
        "seen": names, "averaged": names, "looked": {},
    }  # fmt: skip
    keep_result(
        workspace, contest, "first-tta",
        made_by=made_by, oof=parts["oof-plain"], test=even, bad={}, beside=parts,
    )  # fmt: skip


def test_a_view_that_hurts_is_said_to_hurt_with_the_command_that_leaves_it_out(
    tmp_path: Path,
) -> None:
    workspace = painted_workspace(tmp_path / "w", each=30, pieces=2)
    made_up(workspace, plain=(0.6, 0.5), good=(0.9, 0.9), turned=(0.1, 0.9))
    answer = tta(workspace, "first-tta")
    assert answer.code == 0, answer.err
    rows = {line.split()[0]: line for line in answer.out.splitlines() if line.strip()}
    assert rows["good"].endswith("helps") or "helps" in rows["good"]
    assert "hurts" in rows["turned"]
    assert "averaged with turned (hurts)" in answer.text
    command = f"artcli tta first-tta-2 --without turned -w {workspace.root}"
    assert f"without: {command}" in answer.text
    better = artcli(*command.split()[1:])
    assert better.code == 0, better.err
    assert "hurts" not in better.err
    assert "a little kind" in better.err  # chosen on the pieces that score it
    assert "a little kind" not in answer.err
    f1 = {name: kept_score(workspace, name) for name in ("first-tta-2", "first-tta-3")}
    assert f1["first-tta-3"] > f1["first-tta-2"]


def kept_score(workspace: Workspace, name: str) -> float:
    facts = read_facts(workspace, name)
    assert facts is not None
    return float(facts["scores"]["f1"])


def test_where_nothing_helps_the_run_itself_is_proposed(tmp_path: Path) -> None:
    workspace = painted_workspace(tmp_path / "w", each=30, pieces=2)
    made_up(workspace, plain=(0.6, 0.5), turned=(0.1, 0.9))
    answer = tta(workspace, "first-tta")
    assert "without: artcli submit first -w" in answer.text
    assert "Next: artcli submit first -w" in answer.text


def test_a_run_that_held_nothing_out_is_predicted_with_a_warning(workspace: Workspace) -> None:
    untrained_run(workspace, contest_of(workspace), RECIPE, "whole", ["all"])
    answer = tta(workspace, "whole")
    assert answer.code == 0, answer.err
    assert "whether views help is not known" in answer.text
    kept = kept_of(workspace, "whole-tta")
    assert kept.oof is None
    assert kept.made_by["measured"] is None
    assert kept.test is not None
    assert len(kept.test) == 5
    assert "Next: artcli submit whole-tta" in answer.out


def test_nothing_is_measured_on_paintings_that_were_learnt(workspace: Workspace) -> None:
    folds = load_or_make_folds(workspace, contest_of(workspace), 3)
    learnt = [painting.id for painting in contest_of(workspace).train]
    for fold in (0, 1):
        place = workspace.run_dir("first") / f"fold-{fold}"
        split = {"training": learnt, "held": sorted(folds.validation(fold))}
        describe_split(place, split)
    answer = tta(workspace, "first")
    assert "the folds have changed since fold 0 was trained" in answer.err
    assert kept_of(workspace, "first-tta").oof is None


def test_bad_test_pictures_are_named_and_kept_for_submit(workspace: Workspace) -> None:
    contest_of(workspace).test[1].path.write_text("<html>not found</html>")
    answer = tta(workspace, "first")
    assert answer.code == 0, answer.err
    assert "1 test images cannot be read" in answer.text
    kept = kept_of(workspace, "first-tta")
    assert list(kept.bad) == ["TEST_00001"]
    assert kept.test is not None
    assert len(kept.test) == 4
    assert artcli("submit", "first-tta", "-w", workspace.root).code == 1


def test_several_runs_have_a_result_each_and_are_offered_to_ensemble(workspace: Workspace) -> None:
    untrained_run(workspace, contest_of(workspace), RECIPE, "second", ["0"])
    answer = tta(workspace, "first", "second", "first")
    assert answer.code == 0, answer.err
    assert "Next: artcli ensemble first-tta second-tta" in answer.out
    names = [one["name"] for one in artcli("runs", "--json", "-w", workspace.root).json]
    assert {"first-tta", "second-tta"} <= set(names)


def test_a_damaged_view_is_noticed(workspace: Workspace) -> None:
    assert tta(workspace, "first").code == 0
    path = workspace.predictions_dir("first-tta") / "test-mirror.npz"
    plain = workspace.predictions_dir("first-tta") / "test-plain.npz"
    path.write_bytes(plain.read_bytes())
    answer = tta(workspace, "first-tta", "--without", "plain")
    assert (answer.code, "test-mirror.npz is not the file that was written" in answer.err) == (
        1,
        True,
    )
    assert "artcli tta first --views flips" in answer.err


def unknown(_: Workspace) -> tuple[str, ...]:
    return ("frist",)


def begun(workspace: Workspace) -> tuple[str, ...]:
    fake_run(workspace, "begun")
    return ("begun",)


def imported(workspace: Workspace) -> tuple[str, ...]:
    contest = contest_of(workspace)
    ids = [painting.id for painting in contest.test]
    file = workspace.root / "theirs.npz"
    Predictions.make(ids, np.full((len(ids), 3), 1 / 3), contest.artists).save(file)
    words = ("predict", "theirs", "--import", file, "-w", workspace.root)
    assert artcli(*words).code == 0
    return ("theirs",)


def blended(workspace: Workspace) -> tuple[str, ...]:
    contest = contest_of(workspace)
    ids = [painting.id for painting in contest.test]
    test = Predictions.make(ids, np.full((len(ids), 3), 1 / 3), contest.artists)
    made_by = {"command": "ensemble", "of": ["first", "second"]}
    keep_result(workspace, contest, "blend", made_by=made_by, oof=None, test=test, bad={})
    return ("blend",)


def forgotten(workspace: Workspace) -> tuple[str, ...]:
    blended(workspace)
    path = workspace.predictions_dir("blend") / "predictions.json"
    facts = read_json(path)
    facts["made_by"]["command"] = "tta"
    path.write_text(json.dumps(facts))
    return ("blend",)


def again(workspace: Workspace) -> tuple[str, ...]:
    assert tta(workspace, "first").code == 0
    return ("first-tta", "--views", "crops")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (unknown, 1, "there is no run 'frist'"),
        (begun, 1, "the run begun has no checkpoint yet"),
        (imported, 1, "theirs has predictions, but no model"),
        (blended, 1, "artcli tta first second"),
        (forgotten, 1, "blend does not say which views it is the mean of"),
        (again, 2, "first-tta is a result of tta, whose views are known: plain, mirror"),
        (lambda _: ("first", "--views", "flipz"), 2, "there is no view 'flipz'"),
        (lambda _: ("first", "--without", "upside-down"), 2, "the views are: plain, mirror"),
        (lambda _: ("first", "--views", "none", "--without", "plain"), 2, "no view is left"),
        (lambda _: ("first", "second", "--name", "both"), 2, "--name names the result of one run"),
        (lambda _: ("first", "--name", "first"), 1, "there is a run first already"),
    ],
)
def test_mistakes_are_told_before_any_work(
    workspace: Workspace, words: Callable[[Workspace], tuple[str, ...]], code: int, said: str
) -> None:
    answer = tta(workspace, *words(workspace))
    assert (answer.code, said in answer.text) == (code, True), answer.err
    assert "Traceback" not in answer.err


def test_a_run_in_use_is_not_looked_with(workspace: Workspace) -> None:
    with hold(lock_path(workspace, "first", "0"), "it"):
        answer = tta(workspace, "first")
    assert (answer.code, "in use" in answer.err) == (1, True)
    assert not workspace.predictions_dir("first-tta").exists()
