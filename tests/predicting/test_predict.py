"""Probabilities are the model's own, row by row, and a fold's are kept under the right ids."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from fake_runs import untrained_run
from small_contests import write_pictures, write_tables
from torch import Tensor, nn

from artcli.contest.crops import cut, piece_boxes
from artcli.contest.images import read_image, resize
from artcli.contest.pixels import as_test_piece
from artcli.contest.splits import load_or_make_folds
from artcli.contest.tables import Contest, read_contest
from artcli.errors import ArtcliError
from artcli.host.discovery import Host, load_host
from artcli.host.records import HeadOutput
from artcli.predicting.folder import Kept, read_kept
from artcli.predicting.looking import probabilities
from artcli.predicting.predict import predict_fold, predict_run
from artcli.training.features import Features
from artcli.training.recipe import make_recipe
from artcli.training.record import describe_split
from artcli.training.trained import load_trained
from artcli.workspace.paths import Workspace
from artcli.workspace.settings import Settings, write_settings

SIDE = 32
RECIPE = make_recipe(
    {
        "model": "timm:arch=test_efficientnet,pretrained=false",
        "image_size": SIDE,
        "folds": 3,
        "ema": 0.9,
    }
)


pytestmark = pytest.mark.usefixtures("one_thread")


class Colours(nn.Module):
    """The mean colour of a picture as logits; shaken in training, and never in evaluation."""

    def __init__(self) -> None:
        super().__init__()
        self.shake = nn.Sequential(nn.BatchNorm1d(3, affine=False), nn.Dropout(0.5))

    def forward(self, images: Tensor, targets: Tensor | None = None) -> HeadOutput:
        assert images.dtype == torch.uint8
        assert targets is None
        return HeadOutput(self.shake(images.float().mean((2, 3)) / 255))


@pytest.mark.parametrize("batch_size", [1, 4, 64])
def test_each_picture_has_its_own_row_whatever_the_batch(tmp_path: Path, batch_size: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (9, 5, 5, 3), np.uint8)
    np.save(tmp_path / "pixels.npy", images)
    mapped = np.load(tmp_path / "pixels.npy", mmap_mode="r")
    model = Colours().train()
    found = probabilities(model, mapped, batch_size=batch_size, device="cpu")
    powers = np.exp(images.mean((1, 2)) / 255 / np.sqrt(1 + 1e-5))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, powers / powers.sum(1, keepdims=True), rtol=1e-5)
    assert model.shake[0].num_batches_tracked == 0  # it was not trained on what it was shown


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path / "ws")
    write_tables(workspace.data, each=3, pieces=4)
    write_pictures(workspace.data, size=(50, 40))
    write_settings(workspace, Settings())
    return workspace


@pytest.fixture
def contest(workspace: Workspace) -> Contest:
    return read_contest(workspace)


@pytest.fixture
def host(workspace: Workspace) -> Host:
    return load_host(workspace)


def kept_of(workspace: Workspace) -> Kept:
    kept = read_kept(workspace, "first")
    assert kept is not None
    return kept


def by_hand(workspace: Workspace, host: Host, fold: str, picture: np.ndarray) -> np.ndarray:
    model = load_trained(workspace, host, "first", fold).model
    batch = torch.from_numpy(resize(picture, SIDE, SIDE).copy()).permute(2, 0, 1)[None]
    with torch.inference_mode():
        return model(batch).logits.softmax(1).numpy()[0]


def test_a_fold_speaks_of_its_validation_paintings_and_of_the_test(
    workspace: Workspace, contest: Contest, host: Host
) -> None:
    untrained_run(workspace, contest, RECIPE, "first", ["0", "1"])
    predict_fold(workspace, host, contest, "first", "1")
    kept = kept_of(workspace)
    assert kept.oof is not None
    assert kept.test is not None
    assert kept.folds["1"] == {
        "checkpoint": "step-1",
        "image_size": SIDE,
        "parts": ["oof", "test"],
    }
    assert kept.oof.fold_numbers == kept.test.fold_numbers == (1,)
    assert kept.test.ids.tolist() == [painting.id for painting in contest.test]
    pieces, whole = kept.oof.pieces(), kept.oof.whole()
    assert pieces.crops.tolist() == [0, 1, 2, 3, 4] * len(whole)
    assert pieces.ids.tolist() == [key for key in whole.ids.tolist() for _ in range(5)]
    lines = (workspace.root / "folds-3.csv").read_text().split()
    assert [f"{key},1" for key in whole.ids.tolist()] == [row for row in lines if row[-2:] == ",1"]

    last = contest.test[-1]
    expected = by_hand(workspace, host, "1", read_image(last.path))
    np.testing.assert_allclose(kept.test.probabilities[-1], expected, atol=1e-5)
    painting = next(one for one in contest.train if one.id == pieces.ids[-1])
    box = piece_boxes(painting.id)[4]
    expected = by_hand(workspace, host, "1", as_test_piece(cut(read_image(painting.path), box)))
    np.testing.assert_allclose(pieces.probabilities[-1], expected, atol=1e-5)


def test_a_frozen_body_looks_at_each_picture_once(
    workspace: Workspace, contest: Contest, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = RECIPE.model_copy(update={"freeze": True})
    untrained_run(workspace, contest, frozen, "first", ["1"])
    predict_fold(workspace, host, contest, "first", "1", device="cpu")
    before = kept_of(workspace)
    assert before.test is not None
    expected = by_hand(workspace, host, "1", read_image(contest.test[-1].path))
    np.testing.assert_allclose(before.test.probabilities[-1], expected, atol=1e-5)

    def looked(*_: object) -> None:
        raise AssertionError("its features are kept")

    monkeypatch.setattr(Features, "_compute", looked)
    predict_fold(workspace, host, contest, "first", "1", device="cpu")
    after = kept_of(workspace)
    assert before.oof is not None
    assert after.oof is not None
    np.testing.assert_array_equal(before.oof.probabilities, after.oof.probabilities)


def test_all_folds_are_predicted_again_and_one_trained_on_everything_has_no_oof(
    workspace: Workspace, contest: Contest, host: Host
) -> None:
    untrained_run(workspace, contest, RECIPE, "first", ["0", "all"])
    predict_run(workspace, host, contest, "first")
    kept = kept_of(workspace)
    assert kept.oof is not None
    assert kept.test is not None
    assert kept.oof.fold_numbers == (0,)
    assert kept.test.fold_numbers == (-1, 0)
    first, second = (kept.test.rows(kept.test.folds == fold) for fold in (-1, 0))
    assert not np.allclose(first.probabilities, second.probabilities)


def test_nothing_out_of_fold_is_said_of_paintings_that_were_learnt(
    workspace: Workspace, contest: Contest, host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    untrained_run(workspace, contest, RECIPE, "first")
    held = load_or_make_folds(workspace, contest, 3).validation(0)
    learnt = [painting.id for painting in contest.train if painting.id not in held]
    place = workspace.run_dir("first") / "fold-0"
    describe_split(place, {"training": [*learnt, min(held)], "held": sorted(held)})
    predict_fold(workspace, host, contest, "first", "0")
    kept = kept_of(workspace)
    assert kept.test is not None
    assert kept.oof is None
    assert "the folds have changed since fold 0 was trained" in capsys.readouterr().err


def test_a_bad_test_picture_is_noted_and_the_others_are_predicted(
    workspace: Workspace, contest: Contest, host: Host
) -> None:
    untrained_run(workspace, contest, RECIPE, "first")
    contest.test[1].path.write_text("<html>not found</html>")
    predict_fold(workspace, host, contest, "first", "0", oof=False)
    kept = kept_of(workspace)
    assert kept.oof is None
    assert kept.test is not None
    assert kept.test.ids.tolist() == ["TEST_00000", "TEST_00002", "TEST_00003"]
    assert list(kept.bad) == ["TEST_00001"]
    assert "is a web page" in kept.bad["TEST_00001"]


def test_a_run_of_other_artists_or_without_a_model_is_refused(
    workspace: Workspace, contest: Contest, host: Host
) -> None:
    untrained_run(workspace, contest, RECIPE, "first")
    other = replace(contest, artists=("Ada Stone", "Ben Wood", "Somebody Else"))
    with pytest.raises(ArtcliError, match="trained on other artists"):
        predict_fold(workspace, host, other, "first", "0")
    (workspace.run_dir("first") / "fold-0" / "best.json").unlink()
    with pytest.raises(ArtcliError, match="no checkpoint yet") as caught:
        predict_run(workspace, host, contest, "first")
    assert caught.value.hint == f"go on with it: artcli train --resume first{workspace.flag}"
