"""Whole folds, really trained on a small contest: what they write; nothing depends on luck."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import safetensors.torch
import timm
import torch
import torch._dynamo  # imported before any fork: it starts threads
from painted import MODEL, PLAIN_MODEL, contest_of, painted_workspace, small_recipe

from artcli.console import Advance
from artcli.contest.splits import load_or_make_folds
from artcli.errors import ArtcliError, Interrupted, Problems, UsageError
from artcli.host.discovery import load_host
from artcli.predicting.folder import read_kept
from artcli.predicting.predict import predict_fold
from artcli.predicting.scores import oof_scores
from artcli.testing.learning import CLASSES
from artcli.training.checkpoint import find_checkpoint
from artcli.training.components import bind_recipe
from artcli.training.display import Display
from artcli.training.keys import key
from artcli.training.loop import Cursor, NonFiniteLoss
from artcli.training.model import PaintingModel
from artcli.training.recipe import Recipe
from artcli.training.record import append_history, cut_history, refuse_other_data
from artcli.training.run import FoldResult, features_of, run_fold
from artcli.training.trained import build_model, load_trained
from artcli.workspace.files import read_json, sha256_file
from artcli.workspace.paths import Workspace
from artcli.workspace.runs import read_history, read_run

RECIPE = small_recipe()


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # forked children cannot use the threads of their parent
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return painted_workspace(tmp_path_factory.mktemp("runs") / "w")


def train(
    workspace: Workspace, run: str, recipe: Recipe = RECIPE, *, fold: str = "0", workers: int = 0
) -> FoldResult:
    contest = contest_of(workspace)
    return run_fold(workspace, load_host(workspace), contest, recipe, run, fold, workers=workers)


@pytest.fixture(scope="module")
def whole(workspace: Workspace) -> FoldResult:
    """The run that all others are compared with."""
    return train(workspace, "whole")


def state_of(result_or_folder: FoldResult | Path) -> dict[str, str]:
    """The sha256 of all that the last checkpoint holds."""
    folder = result_or_folder if isinstance(result_or_folder, Path) else result_or_folder.folder
    place = find_checkpoint(folder)
    assert place is not None
    sums = {file.name: sha256_file(file) for file in place.glob("*.safetensors")}
    assert set(sums) == {
        "model.safetensors", "average.safetensors", "optimizer.safetensors",
    }  # fmt: skip
    return sums


def scores_of(folder: Path) -> list[tuple[Any, ...]]:
    names = ("epoch", "step", "train_loss", "validation_loss", "f1", "whole_f1", "best")
    return [tuple(line[name] for name in names) for line in read_history(folder)]


def test_a_run_writes_what_it_was_and_how_it_went(workspace: Workspace, whole: FoldResult) -> None:
    folder = workspace.run_dir("whole")
    about = read_json(folder / "run.json")
    assert about["classes"]["names"] == ["Ada Stone", "Ben Wood", "Cleo Iron"]
    assert about["classes"]["counts"] == [6, 6, 6]
    assert about["image_size"] == 32
    assert {"kind": "loss", "name": "cross-entropy"}.items() <= {
        name: value for plugin in about["plugins"] if plugin["kind"] == "loss"
        for name, value in plugin.items()
    }.items()  # fmt: skip
    assert about["versions"]["torch"] == torch.__version__.partition("+")[0]
    history = read_history(whole.folder)
    assert [line["epoch"] for line in history] == [1, 2]
    assert [line["step"] for line in history] == [3, 6]
    result = read_json(whole.folder / "result.json")
    best = next(line for line in history if line["epoch"] == result["best_epoch"])
    assert best["f1"] == max(line["f1"] for line in history) == result["f1"]
    assert result["f1_low"] <= result["f1"] <= result["f1_high"]
    assert not result["stopped_early"]


def test_a_trained_model_is_rebuilt_without_its_first_weights(
    workspace: Workspace, whole: FoldResult
) -> None:
    trained = load_trained(workspace, load_host(workspace), "whole", "0")
    assert (trained.image_size, trained.recipe) == (32, RECIPE)
    images = torch.zeros((2, 3, 32, 32), dtype=torch.uint8)
    assert trained.model(images).logits.shape == (2, 3)
    assert not trained.model.training
    assert whole.leader


@pytest.mark.usefixtures("whole")
def test_another_run_decodes_nothing_and_learns_the_same_with_workers(
    workspace: Workspace, whole: FoldResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_decoding(*_arguments: Any) -> None:
        raise AssertionError("a picture was decoded again")

    monkeypatch.setattr("artcli.contest.images._decode", no_decoding)
    again = train(workspace, "with-worker", workers=1)
    assert state_of(again) == state_of(whole)
    assert scores_of(again.folder) == scores_of(whole.folder)


def test_another_seed_learns_something_else(workspace: Workspace, whole: FoldResult) -> None:
    other = train(workspace, "seed", RECIPE.model_copy(update={"seed": 1}))
    assert state_of(other) != state_of(whole)


def in_a_child(work: Callable[[], object]) -> int:
    """The exit status of a forked process that does `work`; negative: the signal it died of."""
    sys.stdout.flush()
    process = os.fork()
    if process == 0:
        try:
            work()
        finally:
            os._exit(7)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


@pytest.mark.parametrize("step", [1, 4, 6])
def test_a_killed_run_goes_on_to_the_very_same_weights(
    workspace: Workspace, whole: FoldResult, step: int
) -> None:
    run = f"killed-{step}"

    def die_at_step() -> None:
        def step_or_die(_self: Display, cursor: Cursor, _loss: float, _lr: float) -> None:
            if cursor.step == step:
                os.kill(os.getpid(), signal.SIGKILL)

        Display.step = step_or_die  # type: ignore[method-assign]
        train(workspace, run)

    assert in_a_child(die_at_step) == -signal.SIGKILL
    resumed = train(workspace, run)
    assert state_of(resumed) == state_of(whole)
    assert scores_of(resumed.folder) == scores_of(whole.folder)


@pytest.mark.parametrize(
    ("step", "number", "name"),
    [(2, signal.SIGINT, "step-2"), (3, signal.SIGTERM, "step-3-unjudged")],
)
def test_a_signal_saves_and_says_how_to_go_on(
    workspace: Workspace,
    whole: FoldResult,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
    number: signal.Signals,
    name: str,
) -> None:
    def send(_self: Display, cursor: Cursor, _loss: float, _lr: float) -> None:
        if cursor.step == step:
            os.kill(os.getpid(), number)

    run = f"stopped-{step}"
    with monkeypatch.context() as patch:
        patch.setattr(Display, "step", send)
        with pytest.raises(Interrupted) as caught:
            train(workspace, run)
    assert caught.value.exit_code == 128 + number
    assert caught.value.hint is not None
    assert f"artcli train --resume {run} --fold 0" in caught.value.hint
    saved = find_checkpoint(workspace.run_dir(run) / "fold-0")
    assert saved is not None
    assert saved.name == name
    resumed = train(workspace, run)
    assert state_of(resumed) == state_of(whole)
    assert scores_of(resumed.folder) == scores_of(whole.folder)


def test_a_signal_in_a_validation_saves_and_all_of_it_is_done_again(
    workspace: Workspace, whole: FoldResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = iter([True, False, True, False])  # in the first epoch, and the second

    def send(_self: Display, _pictures: int) -> Advance:
        if next(told):
            os.kill(os.getpid(), signal.SIGTERM)
        return lambda _number=1: None

    monkeypatch.setattr(Display, "judging", send)
    for step in (3, 6):
        with pytest.raises(Interrupted) as caught:
            train(workspace, "unjudged")
        assert caught.value.hint is not None
        assert f"saved after {step} steps" in caught.value.hint
        saved = find_checkpoint(workspace.run_dir("unjudged") / "fold-0")
        assert saved is not None
        assert saved.name == f"step-{step}-unjudged"
    resumed = train(workspace, "unjudged")
    assert state_of(resumed) == state_of(whole)
    assert scores_of(resumed.folder) == scores_of(whole.folder)


def test_an_epoch_that_was_told_before_a_kill_and_not_saved_is_told_once(tmp_path: Path) -> None:
    for epoch in (1, 2):
        append_history(tmp_path, {"epoch": epoch, "step": 3 * epoch})
    cut_history(tmp_path, 1)  # the second is judged anew, from what was saved at its last step
    assert [line["epoch"] for line in read_history(tmp_path)] == [1]


def test_a_fold_of_all_paintings_has_nothing_to_validate_on(workspace: Workspace) -> None:
    result = train(workspace, "all", RECIPE.model_copy(update={"epochs": 1}), fold="all")
    (line,) = read_history(result.folder)
    assert "f1" not in line
    assert read_json(workspace.run_dir("all") / "run.json")["classes"]["counts"] == [8, 8, 8]
    assert find_checkpoint(result.folder, "best") == find_checkpoint(result.folder, "last")


def test_all_bad_pictures_are_named_before_training(tmp_path: Path) -> None:
    workspace = painted_workspace(tmp_path / "w", each=4)
    bad = [workspace.data / "train" / f"000{number}.jpg" for number in (2, 5)]
    bad.append(workspace.data / "test" / "TEST_00001.jpg")
    for path in bad:
        path.write_text("<html>not found</html>")
    with pytest.raises(Problems) as caught:
        train(workspace, "never")
    assert len(caught.value.problems) == 3
    assert all(path.name in str(caught.value) for path in bad)
    assert not (workspace.run_dir("never") / "fold-0").exists()


PLAIN = {
    "model": PLAIN_MODEL, "image_size": 64, "head": "layernorm:dropout=0", "mixer": "none",
    "ema": 0.9,
}  # fmt: skip


def test_two_ranks_learn_what_one_learns(tmp_path: Path) -> None:
    """The same pictures, shared out; for a model without batch norm, dropout or mixing the losses
    agree to 1e-4 (sums in another order)."""
    workspace = painted_workspace(tmp_path / "w", each=5)
    recipe = small_recipe(**PLAIN, batch_size=5, accumulate=2)
    alone = train(workspace, "alone", recipe)
    recipe.save(tmp_path / "recipe.toml")
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
        "-m", "artcli", "train", "-w", str(workspace.root), "--workers", "0",
        "--recipe", str(tmp_path / "recipe.toml"), "--name", "ranks",
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("Next: artcli submit ranks") == 1  # one rank alone speaks
    assert (workspace.predictions_dir("ranks") / "test.npz").exists()
    together = workspace.run_dir("ranks") / "fold-0"
    assert len(read_history(together)) == 2
    for one, two in zip(read_history(alone.folder), read_history(together), strict=True):
        assert two["train_loss"] == pytest.approx(one["train_loss"], abs=1e-4)
        assert two["validation_loss"] == pytest.approx(one["validation_loss"], abs=1e-4)
        assert two["step"] == one["step"]
    assert json.loads((together / "result.json").read_text())["epochs"] == 2


def test_the_head_is_fitted_first_when_the_model_is_pretrained_and_fresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = painted_workspace(tmp_path / "w", each=4)
    fitted: list[int] = []
    monkeypatch.setattr(
        "artcli.training.run.fit_head",
        lambda _head, features, _labels, _criterion, _seed, _device: fitted.append(len(features)),
    )
    short = small_recipe(epochs=1, probe=3)
    train(workspace, "random", short)
    train(
        workspace,
        "plain",
        short.model_copy(update={"model": "vit:patch=8,width=8,depth=1,heads=1"}),
    )
    assert fitted == []
    weights = tmp_path / "weights.safetensors"
    safetensors.torch.save_file(timm.create_model("test_efficientnet").state_dict(), weights)
    given = short.model_copy(update={"model": f"{MODEL},weights={weights}"})
    train(workspace, "given", given)
    assert fitted == [3 * 9]
    train(workspace, "given", given.model_copy(update={"epochs": 2}))  # resumed: it has learnt
    assert fitted == [3 * 9]
    train(workspace, "off", given.model_copy(update={"probe": 0}))
    assert fitted == [3 * 9]


def test_a_frozen_run_trains_the_head_alone_on_features_computed_once(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = small_recipe(freeze=True, crops=3, epochs=2, seed=11, mixer="none")
    result = train(workspace, "frozen", recipe)
    torch.manual_seed(key(recipe.seed, "weights"))
    untrained = timm.create_model("test_efficientnet", num_classes=0)
    trained = load_trained(workspace, load_host(), "frozen", "0").model
    for name, value in untrained.state_dict().items():
        assert torch.equal(trained.backbone.net.state_dict()[name], value), name
    lines = read_history(result.folder)
    assert lines[1]["train_loss"] < lines[0]["train_loss"]
    assert "has random weights" in capsys.readouterr().err
    assert [line["step"] for line in lines] == [9, 18]  # 18 paintings x 3 crops in batches of 6


def test_features_are_kept_apart_by_precision_and_device(workspace: Workspace) -> None:
    recipe = small_recipe()
    components = bind_recipe(load_host(), recipe)
    model = build_model(components, recipe, CLASSES)
    files = set()
    for precision, device in (("bf16-mixed", "cuda"), ("16-mixed", "cuda"), ("16-mixed", "cpu")):
        strategy = SimpleNamespace(precision=SimpleNamespace(precision=precision))
        fabric: Any = SimpleNamespace(strategy=strategy, device=torch.device(device))
        files.add(features_of(workspace, fabric, components, model).file)
    assert len(files) == 3


def test_a_frozen_run_says_what_its_model_says_of_the_pictures(workspace: Workspace) -> None:
    recipe = small_recipe(freeze=True, epochs=3, seed=12, mixer="none")
    result = train(workspace, "frozen-judged", recipe)
    contest = contest_of(workspace)
    predict_fold(workspace, load_host(), contest, "frozen-judged", "0", test=False)
    kept = read_kept(workspace, "frozen-judged")
    assert kept is not None
    assert oof_scores(kept.oof, contest)["f1"] == pytest.approx(result.metrics["f1"])


def test_a_mixer_of_pictures_is_refused_where_features_are_trained_on(
    workspace: Workspace,
) -> None:
    with pytest.raises(UsageError, match="--freeze trains on features, and --mixer cutmix mixes"):
        train(workspace, "mixed", small_recipe(freeze=True, mixer="cutmix"))


def test_layers_that_are_frozen_cannot_be_slowed(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="--freeze trains no layer of the body"):
        train(workspace, "slow", small_recipe(freeze=True, mixer="none", layer_decay=0.8))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"optimizer": "sam:base=sam"}, "sam: base=sam makes several passes itself"),
        ({"crop": "quarter:sides=(0.6,0.4)"}, "runs backwards"),
        ({"layer_decay": 0.8}, "does not tell its layers apart"),
    ],
)
def test_what_does_not_go_together_is_told_before_pictures_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], said: str
) -> None:
    monkeypatch.delattr("artcli_plugins.models.backbone.Backbone.depths")
    workspace = painted_workspace(tmp_path / "w")
    with pytest.raises(UsageError, match=said):
        train(workspace, "mistaken", small_recipe(**changes))
    assert not (workspace.cache / "pixels").exists()


def turn_folds(workspace: Workspace, k: int, *, to: int | None = None) -> None:
    """Every painting into the next fold, or all of them into fold `to`."""
    path = workspace.folds_file(k)
    head, *rows = path.read_text().splitlines()
    ids, folds = zip(*(row.split(",") for row in rows), strict=True)
    turned = [(int(fold) + 1) % k if to is None else to for fold in folds]
    lines = [f"{key},{fold}" for key, fold in zip(ids, turned, strict=True)]
    path.write_text("\n".join([head, *lines, ""]))


def test_a_run_does_not_go_on_with_other_folds_or_artists(tmp_path: Path) -> None:
    workspace = painted_workspace(tmp_path / "w", each=4)
    short = small_recipe(epochs=1)
    train(workspace, "first", short)
    renamed = dataclasses.replace(contest_of(workspace), artists=("Ada", "Ben", "Cleo"))
    with pytest.raises(ArtcliError, match="begun with other artists"):
        refuse_other_data(workspace.run_dir("first") / "fold-1", renamed.artists, {})
    turn_folds(workspace, 4)
    with pytest.raises(ArtcliError, match="have changed since fold 0 of the run first"):
        train(workspace, "first", short)
    with pytest.raises(ArtcliError, match="folds have changed since fold 0 of the run first"):
        train(workspace, "first", short, fold="1")  # it may learn what fold 0 holds out, or both


def test_a_checkpoint_of_another_model_is_told_in_a_line(tmp_path: Path) -> None:
    workspace = painted_workspace(tmp_path / "w", each=4)
    short = small_recipe(epochs=1)
    train(workspace, "first", short)
    other = short.model_copy(update={"head": "linear"})
    with pytest.raises(ArtcliError, match="does not fit the run's recipe"):
        train(workspace, "first", other)


def test_what_a_kill_after_the_last_save_left_half_made_goes(tmp_path: Path) -> None:
    workspace = painted_workspace(tmp_path / "w", each=4)
    short = small_recipe(epochs=1)
    folder = train(workspace, "first", short).folder
    (left := folder / ".result.json.0.part").touch()
    (folder / "result.json").unlink()
    train(workspace, "first", short)
    assert (folder / "result.json").exists()
    assert not left.exists()


def test_no_more_are_looked_at_than_memory_has_room_for(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    plain = PaintingModel.forward

    def counted(model: PaintingModel, images: torch.Tensor, *rest: Any) -> Any:
        if not model.training:
            looked.append(len(images))
        return plain(model, images, *rest)

    monkeypatch.setattr(PaintingModel, "forward", counted)
    recipe = RECIPE.model_copy(update={"batch_size": 2, "epochs": 1})
    train(workspace, "few", recipe)
    assert max(looked) == 8, "four times as many as are learnt from at once"
    looked.clear()
    predict_fold(workspace, load_host(workspace), contest_of(workspace), "few", "0")
    assert max(looked) == 8


def test_each_fold_has_curves_of_its_own(tmp_path: Path) -> None:
    workspace = painted_workspace(tmp_path / "w", each=4)
    result = train(workspace, "first", small_recipe(epochs=1, observers=("tensorboard",)))
    assert len(list((result.folder / "tensorboard").iterdir())) == 1


def test_a_fold_with_nothing_to_learn_or_to_judge_is_refused(tmp_path: Path) -> None:
    workspace = painted_workspace(tmp_path / "w", each=4)
    load_or_make_folds(workspace, contest_of(workspace), 4)
    turn_folds(workspace, 4, to=1)
    for fold, lack in (("0", "validate on"), ("1", "train on")):
        with pytest.raises(ArtcliError, match=f"fold {fold} of 4 leaves no painting to {lack}"):
            train(workspace, "never", fold=fold)


def test_a_run_killed_before_its_first_checkpoint_still_knows_its_fold(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any) -> None:
        raise NonFiniteLoss("the loss is nan")

    with monkeypatch.context() as patch:
        patch.setattr(Display, "step", fail)
        with pytest.raises(NonFiniteLoss):
            train(workspace, "early", fold="3")
    assert [fold.label for fold in read_run(workspace, "early").folds] == ["3"]


def test_a_signal_in_the_last_validation_is_obeyed(
    workspace: Workspace, whole: FoldResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send(_self: Display, step: int, _metrics: dict[str, Any]) -> None:
        if step == 6:
            os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patch:
        patch.setattr(Display, "epoch", send)
        with pytest.raises(Interrupted) as caught:
            train(workspace, "late")
    assert caught.value.exit_code == 143
    assert "artcli predict late" in str(caught.value.hint)
    folder = workspace.run_dir("late") / "fold-0"
    assert (folder / "result.json").exists()
    assert state_of(folder) == state_of(whole)
