"""Generated sets in runs: what does not serve is refused, what is taken is learnt and told."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from generated_sets import Made, keep_set
from painted import contest_of, paint, painted_workspace, small_recipe
from safetensors import safe_open

from artcli.contest.generated.records import GeneratedSet
from artcli.contest.images import read_image
from artcli.contest.pixels import Joined
from artcli.contest.splits import load_or_make_folds
from artcli.errors import ArtcliError, Problems
from artcli.host.discovery import load_host
from artcli.predicting.folder import read_kept
from artcli.predicting.predict import predict_fold
from artcli.predicting.predictions import Predictions
from artcli.training.generated import open_sets, refuse_other_sources, show_taken
from artcli.training.judging import open_pictures
from artcli.training.recipe import Recipe, make_recipe
from artcli.training.record import refuse_other_data, trained_on
from artcli.training.run import FoldResult, run_fold
from artcli.training.split import split_paintings
from artcli.workspace.files import read_json
from artcli.workspace.paths import Workspace

ADA, BEN, CLEO = "Ada Stone", "Ben Wood", "Cleo Iron"  # paintings 0, 3, 6 …; 1, 4, 7 …; 2, 5, 8 …


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Three artists with eight paintings each, four folds, and a set of six works."""
    made = painted_workspace(tmp_path_factory.mktemp("generated") / "w")
    keep(made, "works")
    return made


def keep(workspace: Workspace, name: str, **more: Any) -> GeneratedSet:
    """Six works of two artists, each of two paintings of one fold: two works a fold, at most."""
    contest = contest_of(workspace)
    folds = load_or_make_folds(workspace, contest, 4)
    held = {
        (fold, artist): [p.id for p in contest.train if p.artist == artist and
                         folds.fold_of[p.id] == fold]
        for fold in range(4) for artist in (ADA, BEN, CLEO)
    }  # fmt: skip
    works = [
        Made(artist, content=held[fold, BEN][0], styles=(held[fold, artist][1],))
        for fold in range(3)
        for artist in (ADA, CLEO)
    ]
    paths = {painting.id: painting.path for painting in contest.train}
    return keep_set(workspace, name, paths, works, **more)


def train(workspace: Workspace, run: str, recipe: Recipe, fold: str = "0") -> FoldResult:
    host, contest = load_host(workspace), contest_of(workspace)
    return run_fold(workspace, host, contest, recipe, run, fold, workers=0)


FROZEN = small_recipe(freeze=True, mixer="none", epochs=1, crops=2)
WITH = FROZEN.model_copy(update={"generated": ("works",)})


def kept_of(workspace: Workspace, run: str) -> tuple[Predictions, Predictions]:
    kept = read_kept(workspace, run)
    assert kept is not None
    assert kept.oof is not None
    assert kept.test is not None
    return kept.oof, kept.test


def features_kept(workspace: Workspace) -> int:
    count = 0
    for file in (workspace.cache / "features").glob("*.safetensors"):
        with safe_open(file, "pt") as kept:
            count += kept.get_slice("marks").get_shape()[0]
    return count


def test_a_fold_learns_from_works_and_is_judged_without_them(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    contest, found = contest_of(workspace), open_sets(workspace, contest_of(workspace), ["works"])
    train(workspace, "plain", FROZEN)
    predict_fold(workspace, load_host(), contest, "plain", "0")
    before = {path: path.read_bytes() for path in workspace.cache.glob("pixels/[!g]*.json")}
    before |= {path: path.read_bytes() for path in workspace.root.glob("folds-*.csv")}
    kept = features_kept(workspace)
    train(workspace, "with", WITH)
    predict_fold(workspace, load_host(), contest, "with", "0")
    assert before == {path: path.read_bytes() for path in before}
    assert features_kept(workspace) == kept + 2 * 4, "two crops of each work, and nothing else"
    assert "fold 0 learns from 4 of the 6 works of works; the others were made of" in (
        capsys.readouterr().err.replace("\n", " ")
    )
    split = read_json(workspace.run_dir("with") / "fold-0/split.json")
    plain = read_json(workspace.run_dir("plain") / "fold-0/split.json")
    assert {side: split[side] for side in plain} == plain
    assert split["generated"] == {
        "works": {work.id: work.sha256 for work in found[0].works if work.id > "0002"}
    }
    assert trained_on(workspace.run_dir("with") / "fold-0") == set(plain["training"])
    about = read_json(workspace.run_dir("with") / "run.json")
    assert about["classes"]["counts"] == [6 + 2, 6, 6 + 2]
    of_plain, of_with = kept_of(workspace, "plain"), kept_of(workspace, "with")
    for one, other in zip(of_plain, of_with, strict=True):
        assert one.ids.tolist() == other.ids.tolist()
        assert (one.probabilities != other.probabilities).any()


def test_of_a_set_in_parts_a_fold_takes_its_own(workspace: Workspace) -> None:
    contest = contest_of(workspace)
    folds = load_or_make_folds(workspace, contest, 4)
    learnt = {part: sorted(folds.training(part)) for part in range(4)}
    paths = {painting.id: painting.path for painting in contest.train}
    works = [Made(BEN, part=part) for part in range(4) for _ in range(2)]
    keep_set(workspace, "parts", paths, works, learnt=learnt)
    both = FROZEN.model_copy(update={"generated": ("works", "parts")})
    train(workspace, "both", both, "2")
    taken = read_json(workspace.run_dir("both") / "fold-2/split.json")["generated"]
    assert {name: list(works) for name, works in taken.items()} == {
        "works": ["0001", "0002", "0003", "0004"],
        "parts": ["0005", "0006"],
    }
    train(workspace, "both", both, "all")
    taken = read_json(workspace.run_dir("both") / "fold-all/split.json")["generated"]
    assert {name: len(works) for name, works in taken.items()} == {"works": 6, "parts": 2}


def test_a_whole_model_learns_from_the_very_works(workspace: Workspace) -> None:
    keep(workspace, "others", seed=1)
    recipe = small_recipe(epochs=1)
    scores = [
        train(workspace, run, recipe.model_copy(update={"generated": sets})).metrics["train_loss"]
        for run, sets in (("first", ("works",)), ("again", ("works",)), ("other", ("others",)))
    ]
    assert scores[0] == scores[1] != scores[2]


def test_the_rows_that_are_trained_on_are_the_paintings_and_then_the_works(
    workspace: Workspace,
) -> None:
    contest = contest_of(workspace)
    folds = load_or_make_folds(workspace, contest, 4)
    sets = open_sets(workspace, contest, ["works"])
    split = split_paintings(contest, folds, "1", sets)
    pixels, judge = open_pictures(workspace, contest, folds, split, "1", 20, sets)
    assert isinstance(pixels, Joined)
    assert judge is not None
    assert len(judge.wholes) == len(split.held) == 6
    assert pixels.sizes[split.training].tolist() == [[64, 48]] * 18 + [[56, 40]] * 4
    pixels = deepcopy(pixels)  # what a loader's process is given
    shown = [pixels.square(int(row)).mean() for row in split.training]
    true = [read_image(one.path).mean() for one in split.members(contest)]
    assert np.abs(np.subtract(shown, true)).max() < 3
    assert np.ptp(true) > 30


def test_a_run_does_not_go_on_with_other_works(workspace: Workspace) -> None:
    contest = contest_of(workspace)
    folds = load_or_make_folds(workspace, contest, 4)
    train(workspace, "begun", WITH)
    folder = workspace.run_dir("begun") / "fold-0"
    (found,) = open_sets(workspace, contest, ["works"])
    refuse_other_data(folder, contest.artists, split_paintings(contest, folds, "0", (found,)).facts)
    last = replace(found.works[-1], sha256="another")
    for works in ((*found.works[:-1], last), found.works[:-1]):
        other = split_paintings(contest, folds, "0", (replace(found, works=works),))
        with pytest.raises(ArtcliError, match="the generated works have changed since fold 0 of"):
            refuse_other_data(folder, contest.artists, other.facts)


def test_a_set_that_is_not_there_or_half_made_is_refused_with_the_way_on(
    workspace: Workspace,
) -> None:
    for name, said in (("none", "there is no generated set none"), ("half", "only 6 of 7 works")):
        if name == "half":
            keep(workspace, "half", lacking=1)
        with pytest.raises(ArtcliError, match=said) as caught:
            train(workspace, "never", WITH.model_copy(update={"generated": (name,)}))
        assert f"artcli augment-style --name {name}" in str(caught.value.hint)
    assert not (workspace.run_dir("never") / "recipe.toml").exists()


def test_a_set_of_another_contest_is_refused(workspace: Workspace) -> None:
    contest = contest_of(workspace)
    moved = tuple(
        replace(painting, artist=BEN if painting.artist == CLEO else painting.artist)
        for painting in contest.train
    )
    renamed = replace(contest, artists=(ADA, BEN, "Cleo"))
    for other, said in (
        (renamed, [f"works of {CLEO}, of whom train.csv has none"]),
        (replace(contest, train=moved), ["that gave their style to works of another artist"]),
    ):
        with pytest.raises(Problems, match="has changed since the generated set works") as caught:
            open_sets(workspace, other, ["works"])
        assert len(caught.value.problems) == 1
        assert said[0] in caught.value.problems[0]


def test_works_of_paintings_that_are_gone_or_others_now_are_refused(tmp_path: Path) -> None:
    workspace = painted_workspace(tmp_path / "w")
    keep(workspace, "works")
    contest = contest_of(workspace)
    (found,) = open_sets(workspace, contest, ["works"])
    source = found.works[0].styles[0]
    (painting,) = [one for one in contest.train if one.id == source]
    paint(painting.path, 99, 0)
    with pytest.raises(Problems, match="has changed since the generated set works") as caught:
        train(workspace, "never", WITH)
    assert caught.value.problems == (
        f"1 painting ({source}) that works were made of, with other files since",
    )
    assert "make it anew" in str(caught.value.hint)
    sums = dict(next(iter(found.works)).sources)
    with pytest.raises(Problems) as caught:
        refuse_other_sources((found,), {source: sums[source]})
    assert "not in train.csv any more" in caught.value.problems[0]


def test_a_set_that_gives_nothing_is_warned_of(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    contest = contest_of(workspace)
    folds = load_or_make_folds(workspace, contest, 4)
    (found,) = open_sets(workspace, contest, ["works"])
    alone = replace(found, works=found.works[:2])
    split = split_paintings(contest, folds, "0", (alone,))
    show_taken("0", (alone,), split)
    said = " ".join(capsys.readouterr().err.split())
    assert said.startswith("warning: fold 0 learns from 0 of the 2 works of works; the others")


def test_sets_travel_in_recipes() -> None:
    recipe = make_recipe({"generated": ["b", "a"]})
    assert recipe.generated == ("b", "a")
    assert make_recipe(recipe.model_dump(exclude_none=True, mode="json")) == recipe
    assert Recipe().changes_from(recipe) == ["generated was b,a, not none"]
    with pytest.raises(Problems) as caught:
        make_recipe({"generated": ["a", "b", "a"]})
    assert caught.value.problems == ("--with: a is named twice",)
