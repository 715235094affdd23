"""`artcli augment-style --judge`: both arms trained on the same folds, and what is said of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from command_line import artcli
from painted import MODEL, contest_of, painted_workspace

from artcli.commands.augment_style.judging import judge
from artcli.commands.augment_style.verdict import show
from artcli.contest.f1 import Estimate
from artcli.contest.generated.records import GeneratedWork, SetFacts
from artcli.contest.generated.store import begin_set, keep_work, read_set
from artcli.contest.splits import load_or_make_folds
from artcli.errors import ArtcliError, UsageError
from artcli.host.discovery import load_host
from artcli.predicting.exam import line_up
from artcli.predicting.folder import read_kept
from artcli.predicting.set_judging import ArtistGain, Gain, JudgedSet, TakenWorks, read_judged
from artcli.training.recipe import read_recipe
from artcli.workspace.files import read_json, sha256_file, write_sealed
from artcli.workspace.paths import Workspace

FOLDS = 2
SMALL = (
    "--model", MODEL, "--freeze", "--epochs", "1", "--batch-size", "9", "--image-size", "32",
    "--crops", "1", "--folds", str(FOLDS), "--workers", "0",
)  # fmt: skip
RAREST = "Ada Stone"


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A contest with a set `styled`, one work of each of the first artist's paintings, and a run
    `plain` of both folds."""
    made = painted_workspace(tmp_path_factory.mktemp("judging") / "w", each=4)
    make_set(made, "styled")
    answer = artcli("kfold", "-w", made.root, "--name", "plain", *SMALL)
    assert answer.code == 0, answer.err
    return made


def make_set(workspace: Workspace, name: str, *, lacking: int = 0) -> None:
    mine = [one for one in contest_of(workspace).train if one.artist == RAREST]
    facts = SetFacts("style-transfer", {RAREST: len(mine)}, 0, FOLDS, None)
    found = begin_set(workspace, name, facts, {})
    for number, painting in enumerate(mine[lacking:], start=1):
        work = GeneratedWork(
            f"{number:04}", Path(), RAREST, "style-transfer", number, None, None, (painting.id,),
            False, {painting.id: sha256_file(painting.path)}, "",
        )  # fmt: skip
        picture = np.random.default_rng(number).integers(0, 255, (40, 40, 3), np.uint8)
        found = keep_work(found, work, picture, {})


def judged(workspace: Workspace, name: str, source: str | None, *, json: bool = False) -> None:
    judge(
        workspace, load_host(workspace), name, source,
        seeds=1, executor=None, device="cpu", workers=0, json=json,
    )  # fmt: skip


def steps(workspace: Workspace, run: str) -> dict[str, int]:
    files = workspace.run_dir(run).glob("fold-*/step-*/*")
    return {str(file): file.stat().st_mtime_ns for file in files}


def test_the_run_is_not_trained_again_and_the_other_arm_learns_from_the_set(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    before = steps(workspace, "plain")
    judged(workspace, "styled", "plain", json=True)
    told = json.loads(capsys.readouterr().out)
    assert before
    assert steps(workspace, "plain") == before
    recipe = read_recipe(workspace.run_dir("plain+styled") / "recipe.toml")
    plain = read_recipe(workspace.run_dir("plain") / "recipe.toml")
    assert recipe == plain.model_copy(update={"generated": ("styled",)})
    contest = contest_of(workspace)
    folds = load_or_make_folds(workspace, contest, FOLDS)
    works = read_set(workspace, "styled").works
    for fold in range(FOLDS):
        learnt = {
            work.id: work.sha256 for work in works if not set(work.sources) & folds.validation(fold)
        }
        split = read_json(workspace.run_dir("plain+styled") / f"fold-{fold}" / "split.json")
        assert 0 < len(learnt) < len(works)
        assert split["generated"] == {"styled": learnt}
        assert told["taken"][fold] == {"fold": fold, "of_artist": {RAREST: len(learnt)}}
    kept = [read_kept(workspace, run) for run in ("plain", "plain+styled")]
    lineup = line_up(contest, [run for run in kept if run])
    guesses = lineup.oof.argmax(2)
    difference = lineup.exam.difference(guesses[1], guesses[0])
    found = told["all_artists"]["difference"]
    assert (found["value"], found["low"], found["high"]) == pytest.approx(
        (difference.value, difference.low, difference.high)
    )
    assert (told["without"], told["with_set"]) == (["plain"], ["plain+styled"])
    assert told["artists"][0]["artist"] == RAREST
    assert told["artists"][0]["paintings"] == 4
    (again,) = read_judged(workspace, read_set(workspace, "styled"))
    assert Path(told["kept"]).name == "judge-plain.json"
    assert again.verdict in Path(told["sheet"][0]).read_text("utf-8"), "the sheet tells of it, too"
    assert again.document() == {key: told[key] for key in again.document()} | {
        key: again.document()[key] for key in ("seeds", "without", "with_set", "taken",
                                               "by_seed", "artists")
    }  # fmt: skip  # tuples, which JSON has not

    with_set = steps(workspace, "plain+styled")
    judged(workspace, "styled", "plain")
    said = capsys.readouterr()
    assert steps(workspace, "plain+styled") == with_set, "nor is the other arm, once finished"
    assert "plain+styled: fold 0, 1 is there already" in said.err
    assert again.verdict in " ".join(said.out.split())


def test_a_run_that_learnt_from_other_works_of_the_set_is_refused(workspace: Workspace) -> None:
    """Also when its predictions would be at hand: they are of a set that is no more."""
    shutil.copytree(workspace.run_dir("plain+styled"), workspace.run_dir("plain+changed"))
    make_set(workspace, "changed")
    recipe = workspace.run_dir("plain+changed") / "recipe.toml"
    read_recipe(recipe).model_copy(update={"generated": ("changed",)}).save(recipe)
    for path in workspace.run_dir("plain+changed").glob("fold-*/split.json"):
        split = json.loads(json.dumps(read_json(path)).replace("styled", "changed"))
        if path.parent.name == "fold-1":
            works = split["generated"]["changed"]
            works[next(iter(works))] = "0" * 64
        write_sealed(path, split)
    with pytest.raises(ArtcliError, match="the generated works have changed since fold 1") as told:
        judged(workspace, "changed", "plain")
    assert "artcli runs remove plain+changed" in str(told.value.hint)


def test_mistakes_are_told_before_anything_is_trained(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="needs a recipe"):
        judged(workspace, "styled", None)
    with pytest.raises(ArtcliError, match="there is no recipe nothing"):
        judged(workspace, "styled", "nothing")
    with pytest.raises(ArtcliError, match=r"there is no generated set unmade; there are .*styled"):
        judged(workspace, "unmade", "plain")
    with pytest.raises(UsageError, match=r"--recipe plain\+styled learns from styled already"):
        judged(workspace, "styled", "plain+styled")
    make_set(workspace, "half", lacking=1)
    with pytest.raises(ArtcliError, match="only 3 of 4 works are made"):
        judged(workspace, "half", "plain")
    assert not workspace.run_dir("plain+half").exists()


def test_a_set_of_which_no_fold_may_learn_is_refused(workspace: Workspace) -> None:
    contest = contest_of(workspace)
    facts = SetFacts("style-transfer", {RAREST: 1}, 0, 5, None)
    sources = {one.id: sha256_file(one.path) for one in contest.train}
    mine = [one.id for one in contest.train if one.artist == RAREST]
    work = GeneratedWork(
        "0001", Path(), RAREST, "style-transfer", 0, None, None, tuple(mine), False,
        {key: sources[key] for key in mine}, "",
    )  # fmt: skip
    keep_work(begin_set(workspace, "all-of-it", facts, {}), work, np.zeros((8, 8, 3), np.uint8), {})
    with pytest.raises(ArtcliError, match="none of the 2 folds may learn from any work") as told:
        judged(workspace, "all-of-it", "plain")
    assert told.value.hint == "the set was made for 5 folds: name a recipe that has as many"


def _of(difference: float, width: float) -> Gain:
    return Gain(0.5, 0.5 + difference, Estimate(difference, difference - width, difference + width))


@pytest.mark.parametrize(
    ("gain", "verdict", "advice"),
    [
        (_of(0.02, 0.01), "styled helps plain: the difference is more than noise (+0.020, "
         "+0.010…+0.030).", "Train with it: artcli train --with styled"),
        (_of(-0.02, 0.01), "styled harms plain: the difference is more than noise (−0.020, "
         "−0.030…−0.010).", "Train without it."),
        (_of(0.02, 0.03), "styled does not help plain by more than noise: the interval of the "
         "difference holds 0 (+0.020, −0.010…+0.050).", "more seeds (--seeds 4) lessen the noise"),
    ],
)  # fmt: skip
def test_the_verdict_says_what_to_do(
    gain: Gain, verdict: str, advice: str, workspace: Workspace,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    artists = (
        ArtistGain("Ada [bold]", _of(0.2, 0.1), 4, 5, 3.5),
        ArtistGain("Ben", _of(0.1, 0.2), 9, 0, 0.0),
        ArtistGain("Cleo", _of(-0.1, 0.05), 9, 0, 0.0),
    )
    taken = (TakenWorks(0, {"Ada [bold]": 3}), TakenWorks(1, {"Ada [bold]": 4}))
    found = JudgedSet(
        "styled", "0" * 64, "2026-01-01T00:00:00+00:00", "plain", (0, 1), ("plain", "plain-s1"),
        ("with", "with-s1"), 5, taken, 90, gain, _of(0.2, 0.1), None, (0.03, 0.01), artists,
    )  # fmt: skip
    show(found, workspace)
    text = " ".join(capsys.readouterr().out.split())
    assert verdict in text
    assert advice in text
    assert "Each fold learnt from 3 to 4 of the 5 works" in text
    assert "Ada [bold] 4 + 5 0.5000 0.7000 +0.200 +0.100…+0.300 helps" in text
    assert "Cleo 9 0.5000 0.4000 −0.100 −0.150…−0.050 harms" in text
    assert "Ben" not in text, "given nothing, and moved by no more than noise"
    assert "the other" not in text
    assert "with each seed: +0.030 (seed 0), +0.010 (seed 1)" in text
    assert "Of the artists given works (1) it helps 1 and harms 0." in text
