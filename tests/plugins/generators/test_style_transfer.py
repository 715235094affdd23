"""Style transfer: content kept, style reached, the same again by seed, on from where it stopped."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from artcli.contest.generated.records import Wanted
from artcli.contest.tables import Painting
from artcli.errors import ArtcliError, Interrupted
from artcli.generating.request import NewWork, Request
from artcli_plugins.generators.canvases import Canvases
from artcli_plugins.generators.colours import recoloured
from artcli_plugins.generators.style_transfer import style_transfer

SMALL = {
    "size": 32,
    "steps": 8,
    "scales": 2,
    "content_layers": ("4",),
    "style_layers": ("pixels", "1", "4"),
}


class Told:
    """Who is told, and keeps it."""

    def __init__(self) -> None:
        self.losses: list[dict[str, float]] = []
        self.preview: Any = None

    def step(self, what: str, step: int, steps: int, losses: Any, preview: Any = None) -> None:
        self.losses.append(dict(losses))
        self.preview = preview


@pytest.fixture(scope="module")
def paintings(tmp_path_factory: pytest.TempPathFactory) -> tuple[Painting, ...]:
    """Stripes by Ada, blots by Ben, four of each, 60 x 48 pixels."""
    folder, made = tmp_path_factory.mktemp("pictures"), []
    rng = np.random.default_rng(0)
    for number in range(8):
        artist = "Ada" if number % 2 else "Ben"
        coarse = rng.integers(0, 256, (1, 12, 3) if artist == "Ada" else (4, 5, 3), np.uint8)
        path = folder / f"{number}.png"
        Image.fromarray(coarse).resize((60, 48), Image.Resampling.BICUBIC).save(path)
        made.append(Painting(str(number), path, artist, number, "train"))
    return tuple(made)


@pytest.fixture
def request_for(paintings: tuple[Painting, ...], tmp_path: Path) -> Callable[..., Request]:
    def make(works: int = 2, made: Sequence[str] = (), folder: str = "folder") -> Request:
        return Request(
            wanted=tuple(Wanted(f"{n:04}", "Ada", 40 + n) for n in range(works)),
            paintings=paintings,
            artists=("Ada", "Ben"),
            fold_of={painting.id: n // 4 for n, painting in enumerate(paintings)},
            folder=tmp_path / folder,
            seed=3,
            device=torch.device("cpu"),
            watch=Told(),
            made=frozenset(made),
        )

    return make


class Network:
    """Two convolutions, a few features wide, as a model's plugin gives a network."""

    image_size = 32
    mean = std = (0.5, 0.5, 0.5)

    def __init__(self) -> None:
        torch.manual_seed(0)
        first, second = nn.Conv2d(3, 12, 3, padding=1), nn.Conv2d(12, 16, 3, padding=1)
        self.net = nn.Sequential(first, nn.ReLU(), nn.AvgPool2d(2), second, nn.ReLU())


def painted(request: Request, **options: Any) -> list[NewWork]:
    return list(style_transfer(request, **{"network": Network, **SMALL, **options}))


def pictures(works: Sequence[NewWork]) -> NDArray[np.uint8]:
    return np.stack([work.picture for work in works])


def test_a_work_says_what_it_was_made_of(request_for: Callable[..., Request]) -> None:
    request = request_for()
    works = painted(request, styles=2)
    for work, wanted in zip(works, request.wanted, strict=True):
        assert work.wanted == wanted
        assert work.picture.shape == (32, 32, 3)
        assert work.picture.dtype == np.uint8
        assert work.content is not None
        assert work.content.artist == "Ben"
        assert [style.artist for style in work.styles] == ["Ada", "Ada"]
        assert {name: len(curve) for name, curve in work.losses.items()} == dict.fromkeys(
            ("content", "style", "tv", "total"), 8
        )
    assert not any(request.folder.iterdir())  # no checkpoint is left
    assert isinstance(request.watch, Told)
    assert request.watch.preview().shape == (32, 64, 3)
    assert set(request.watch.losses[-1]) == {"content", "style", "tv", "total"}


def test_the_content_is_kept_where_style_counts_nothing(
    request_for: Callable[..., Request],
) -> None:
    request = request_for()
    for work in painted(request, beta=0, tv=0, recolour=False, scales=1):
        assert work.content is not None
        assert np.array_equal(work.picture, request.square(work.content, 32))
    for work in painted(request, beta=0, tv=0, start="noise", steps=60, scales=1, alpha=2):
        curve = work.losses["content"]
        assert curve[-1] < 0.02 < 0.2 < curve[0]
        np.testing.assert_allclose(work.losses["total"], np.multiply(curve, 2), rtol=1e-6)


def test_the_statistics_of_the_style_are_reached_where_content_counts_nothing(
    request_for: Callable[..., Request],
) -> None:
    for work in painted(request_for(), alpha=0, tv=0, start="noise", steps=100, scales=1):
        curve = work.losses["style"]
        assert curve[-1] < 0.01 < 0.05 < curve[0]


def test_the_total_of_a_work_never_rises_at_one_size(request_for: Callable[..., Request]) -> None:
    for work in painted(request_for(), steps=30, scales=1):
        curve = np.array(work.losses["total"])
        assert (np.diff(curve) <= 0).all()
        assert curve[-1] < 0.7 * curve[0]


def test_the_same_seed_gives_the_same_works(request_for: Callable[..., Request]) -> None:
    options = {"start": "noise", "beta": 1}
    works = painted(request_for(), **options)
    assert np.array_equal(pictures(works), pictures(painted(request_for(folder="b"), **options)))
    request = request_for(folder="c")
    others = tuple(replace(wanted, seed=wanted.seed + 1) for wanted in request.wanted)
    other = painted(replace(request, wanted=others), **options)
    assert [work.styles for work in other] == [work.styles for work in works]
    assert not np.array_equal(pictures(other), pictures(works))


@pytest.mark.parametrize(
    ("optimizer", "last"),  # in the first size, at its end, in the second
    [("lbfgs", 2), ("lbfgs", 3), ("lbfgs", 6), ("adam", 6)],
)
def test_it_goes_on_bit_for_bit_where_it_was_interrupted(
    request_for: Callable[..., Request],
    monkeypatch: pytest.MonkeyPatch,
    optimizer: str,
    last: int,
) -> None:
    whole = painted(request_for(), optimizer=optimizer)
    step = Canvases.step

    def interrupted(self: Canvases, number: int, rng: np.random.Generator) -> Any:
        if number == last:
            os.kill(os.getpid(), signal.SIGINT)
        return step(self, number, rng)

    with monkeypatch.context() as patched:
        patched.setattr(Canvases, "step", interrupted)
        with pytest.raises(Interrupted):
            painted(request_for(folder="again"), optimizer=optimizer)
    numbers: list[int] = []

    def counted(self: Canvases, number: int, rng: np.random.Generator) -> Any:
        numbers.append(number)
        return step(self, number, rng)

    monkeypatch.setattr(Canvases, "step", counted)
    rest = painted(request_for(folder="again"), optimizer=optimizer)
    assert numbers == list(range(last + 1, 8))
    assert np.array_equal(pictures(rest), pictures(whole))
    assert [work.losses for work in rest] == [work.losses for work in whole]


def test_random_weights_that_are_asked_for_are_keyed_too(
    request_for: Callable[..., Request],
) -> None:
    class Random(Network):
        def __init__(self) -> None:
            with torch.random.fork_rng():
                super().__init__()
            self.net[0].reset_parameters()

    torch.manual_seed(1)
    works = painted(request_for(1), network=Random)
    torch.manual_seed(2)
    again = painted(request_for(1, folder="b"), network=Random)
    assert np.array_equal(pictures(works), pictures(again))


def test_a_batch_that_is_half_there_gives_what_is_missing_and_the_same(
    request_for: Callable[..., Request],
) -> None:
    works = painted(request_for(3), batch=2)
    rest = painted(request_for(3, ["0000"], "b"), batch=2)
    assert [work.wanted.id for work in rest] == ["0001", "0002"]
    assert np.array_equal(pictures(rest), pictures(works[1:]))


def test_random_filters_and_adam_lower_the_losses_too(
    request_for: Callable[..., Request],
) -> None:
    def unasked() -> Any:
        raise AssertionError("no network is made where random filters are asked for")

    filters = {"pretrained": False, "network": unasked, "content_layers": (), "style_layers": ()}
    for options in (filters, {"optimizer": "adam"}):
        for work in painted(request_for(1), steps=25, scales=1, **options):
            curve = work.losses["total"]
            assert curve[-1] < 0.8 * curve[0]


def test_where_there_are_no_weights_the_error_names_the_ways_out(
    request_for: Callable[..., Request],
) -> None:
    def missing() -> Any:
        raise ArtcliError("the weights cannot be downloaded", "of no use here")

    with pytest.raises(ArtcliError, match="style-transfer: the weights cannot") as caught:
        painted(request_for(), network=missing)
    for way in ("weights=FILE", "local-dir:FOLDER", "pretrained=false"):
        assert way in str(caught.value.hint)


def test_a_picture_takes_the_mean_and_covariance_of_others_colours() -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(90, 150, (40, 50, 3), dtype=np.uint8)
    other = np.clip(rng.normal((60, 120, 180), (10, 20, 30), (30, 30, 3)), 0, 255)
    other[..., 0] = 0.5 * other[..., 1]  # two colours that go together
    found = recoloured(picture, [other.astype(np.uint8)]).reshape(-1, 3)
    wanted = other.astype(np.uint8).reshape(-1, 3)
    np.testing.assert_allclose(found.mean(0), wanted.mean(0), atol=1)
    np.testing.assert_allclose(np.cov(found.T), np.cov(wanted.T), rtol=0.08, atol=8)
    grey = np.full((8, 8, 3), 77, np.uint8)
    flat = recoloured(grey, [other.astype(np.uint8)]).reshape(-1, 3)
    np.testing.assert_allclose(flat.mean(0), wanted.mean(0), atol=1)


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({"start": "noise", "steps": 9, "scales": None}, (16, 32, 64)),
        ({"start": "content", "steps": 9, "scales": None}, (64,)),
        ({"start": "noise", "steps": 2, "scales": 3}, (32, 64)),  # each takes a step at least
    ],
)
def test_it_is_painted_at_the_sizes_that_its_start_needs(
    request_for: Callable[..., Request],
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    sizes: tuple[int, ...],
) -> None:
    seen: list[tuple[int, ...]] = []
    begun = Canvases.__init__

    def noted(canvases: Any, features: Any, scales: Any, *rest: Any) -> None:
        seen.append(tuple(scale.size for scale in scales))
        begun(canvases, features, scales, *rest)

    monkeypatch.setattr(Canvases, "__init__", noted)
    (work,) = painted(request_for(1), size=64, **options)
    assert seen == [sizes]
    assert work.picture.shape == (64, 64, 3)
