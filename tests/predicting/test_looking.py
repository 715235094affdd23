"""Pictures are read once, and every model sees every view of them."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from artcli.errors import ArtcliError
from artcli.host.records import HeadOutput, View
from artcli.predicting.looking import PLAIN, look, mean_probabilities, probabilities
from artcli.training.model import PaintingModel

pytestmark = pytest.mark.usefixtures("one_thread")

MIRROR = View("mirror", lambda pieces, _size: pieces.flip(3))


class Corner(nn.Module):
    """The first pixel's colour, weighed, as logits: mirrored pictures look different to it."""

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__()
        self.weight = weight

    def forward(self, images: Tensor, targets: Tensor | None = None) -> HeadOutput:
        return HeadOutput(images[:, :, 0, 0].float() / 255 * self.weight)


class Counted:
    """Pictures that note each time one of them is read."""

    def __init__(self, images: np.ndarray) -> None:
        self.images = images
        self.read: list[int] = []

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, chosen: np.ndarray, /) -> np.ndarray:
        self.read += chosen.tolist()
        return self.images[chosen]


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (7, 4, 4, 3), np.uint8)


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits)
    return powers / powers.sum(1, keepdims=True)


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_each_model_sees_each_view_of_each_picture(images: np.ndarray, batch_size: int) -> None:
    models = [Corner(), Corner(5.0)]
    said = look(models, images, [PLAIN, MIRROR], batch_size=batch_size, device="cpu")
    assert said.shape == (2, 2, 7, 3)
    assert said.dtype == np.float32
    left, right = images[:, 0, 0] / 255, images[:, 0, -1] / 255
    for model, weight in enumerate((1.0, 5.0)):
        for view, corner in enumerate((left, right)):
            np.testing.assert_allclose(said[model, view], softmax(corner * weight), rtol=1e-5)


def test_a_picture_is_read_once_however_often_it_is_looked_at(images: np.ndarray) -> None:
    counted = Counted(images)
    made = []

    def noted(pieces: Tensor, _size: int) -> Tensor:
        made.append(len(pieces))
        return pieces.flip(2)

    look([Corner()] * 5, counted, [PLAIN, MIRROR, View("up", noted)], batch_size=3, device="cpu")
    assert counted.read == list(range(7))
    assert made == [3, 3, 1]  # a view is made once for all models


def test_the_plain_view_and_the_mean_are_what_a_model_says(images: np.ndarray) -> None:
    models = [Corner(), Corner(3.0)]
    said = look(models, images, [MIRROR, PLAIN], device="cpu")
    np.testing.assert_array_equal(said[0, 1], probabilities(models[0], images, device="cpu"))
    mean = mean_probabilities(models, images, device="cpu")
    np.testing.assert_allclose(mean, (said[0, 1] + said[1, 1]) / 2, rtol=1e-6)


@pytest.mark.parametrize(
    "broken", [lambda pieces, _: pieces[..., :2], lambda pieces, _: pieces.float()]
)
def test_a_view_of_another_size_or_type_is_told(images: np.ndarray, broken) -> None:
    with pytest.raises(ArtcliError, match="the view odd gives"):
        look([Corner()], images, [View("odd", broken)], device="cpu")


def test_progress_counts_pictures_and_ends_with_all_of_them(
    images: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("artcli.console.PLAIN_LINE_EVERY_SECONDS", 0.0)
    lines: list[str] = []
    monkeypatch.setattr("artcli.console.err", lambda: Told(lines))
    look([Corner()] * 3, images, [PLAIN, MIRROR], batch_size=5, device="cpu", description="Seen")
    counts = [int(line.split()[1]) for line in lines]
    assert counts == sorted(counts)
    assert counts[-1] == 7
    assert len(counts) == 2 * 6  # it moves with every model's every look


class Told:
    """A console that is no terminal, and keeps its lines."""

    is_terminal = False

    def __init__(self, lines: list[str]) -> None:
        self.print = lambda line, **_: lines.append(line)


class Body(nn.Module):
    """Four cells of a picture as its features; how often it looked is counted."""

    mean, std = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
    looks = 0

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight))

    def forward(self, images: Tensor) -> Tensor:
        type(self).looks += 1
        return images[:, 0, :2, :2].flatten(1) * self.weight


class Head(nn.Module):
    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.linear = nn.Linear(4, 3)

    def forward(self, features: Tensor, targets: Tensor | None = None) -> HeadOutput:
        return HeadOutput(self.linear(features))


def test_a_body_that_models_share_sees_each_view_once(images: np.ndarray) -> None:
    models = [PaintingModel(Body(weight), Head(n)) for n, weight in enumerate((1.0, 2.0, 1.0))]
    alone = [look([model], images, [PLAIN, MIRROR], device="cpu")[0] for model in models]
    Body.looks = 0
    together = look(models, images, [PLAIN, MIRROR], device="cpu")
    assert Body.looks == 4  # two bodies, two views, one batch
    np.testing.assert_allclose(together, np.stack(alone), rtol=1e-6)
