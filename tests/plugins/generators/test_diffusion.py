"""Paintings redone by a pipeline: what it is given and asked, and what it says when it cannot."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_pipeline import write_tiny_pipeline
from two_painters import two_painters

from artcli.errors import ArtcliError, UsageError
from artcli.generating.request import NewWork, Request
from artcli_plugins.generators.diffusion import _lasting, diffusion, fitting, load_pipeline, redo

SMALL: dict[str, Any] = {"size": 64, "steps": 4, "strength": 0.5}
CPU = torch.device("cpu")

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> str:
    pytest.importorskip("diffusers", reason="the extra artcli[diffusion] is not installed")
    pytest.importorskip("transformers", reason="the extra artcli[diffusion] is not installed")
    return str(write_tiny_pipeline(tmp_path_factory.mktemp("pipelines") / "tiny"))


def works(request: Request, **options: Any) -> list[NewWork]:
    return list(diffusion(request, **SMALL | options))


def test_each_work_is_a_painting_of_its_artist_redone(tmp_path: Path, pipeline: str) -> None:
    request = two_painters(tmp_path)
    made = works(request, pipeline=pipeline)
    for work in made:
        assert work.content is not None
        assert work.content.artist == work.wanted.artist
        assert (work.styles, work.learnt) == ((), False)
        assert (work.picture.shape, work.picture.dtype) == ((64, 72, 3), np.uint8)
    assert len({work.content.id for work in made if work.content}) == 4

    again = works(replace(request, made=frozenset({"0001", "0003"})), pipeline=pipeline)
    for work, same in zip(made[1::2], again, strict=True):
        assert (work.wanted, work.content) == (same.wanted, same.content)
        np.testing.assert_array_equal(work.picture, same.picture)
    reseeded = replace(
        request, wanted=tuple(replace(one, seed=one.seed + 1) for one in request.wanted)
    )
    assert not np.array_equal(works(reseeded, pipeline=pipeline)[0].picture, made[0].picture)

    for work in works(request, pipeline=pipeline, content="others"):
        assert work.content is not None
        assert work.content.artist != work.wanted.artist


def test_what_comes_with_a_pipeline_is_not_run(tmp_path: Path, pipeline: str) -> None:
    """No pickled weights, no modules beside them; its checker of nudes is left out."""
    import shutil

    folder = Path(shutil.copytree(pipeline, tmp_path / "pickled"))
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    torch.save({}, weights.with_suffix(".bin"))
    weights.unlink()
    with pytest.raises(ArtcliError, match=r"pickled cannot be loaded") as no:
        load_pipeline(str(folder), CPU)
    assert no.value.hint is not None
    assert "safetensors" in no.value.hint

    folder = Path(shutil.copytree(pipeline, tmp_path / "coded"))
    index = folder / "model_index.json"
    index.write_text(index.read_text().replace('"diffusers",\n    "UNet', '"mine",\n    "UNet'))
    (folder / "unet" / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(ArtcliError, match="coded cannot be loaded"):
        load_pipeline(str(folder), CPU)
    assert not (tmp_path / "ran").exists()


def test_a_folder_without_a_pipeline_is_one_clear_error(tmp_path: Path) -> None:
    pytest.importorskip("diffusers", reason="the extra artcli[diffusion] is not installed")
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ArtcliError, match=r"no model_index\.json") as no:
            works(two_painters(tmp_path), pipeline=str(folder))
        assert str(folder) in no.value.message


def test_a_name_that_cannot_be_downloaded_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("diffusers", reason="the extra artcli[diffusion] is not installed")
    import huggingface_hub

    class Offline:
        def head(self, url: str, timeout: float) -> None:
            assert url.endswith("/owner/none/resolve/main/model_index.json")
            raise ConnectionError("no route to the hub")

    monkeypatch.setattr(huggingface_hub, "get_session", Offline)
    with pytest.raises(ArtcliError) as no:
        works(two_painters(tmp_path), pipeline="owner/none")
    assert no.value.message.startswith("the pipeline owner/none cannot be downloaded from http")
    assert no.value.message.endswith(": no route to the hub")
    assert no.value.hint is not None
    assert "pipeline=FOLDER" in no.value.hint


@pytest.mark.parametrize("package", ["diffusers", "transformers"])
def test_without_a_package_one_line_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    if package == "transformers":
        pytest.importorskip("diffusers", reason="the extra artcli[diffusion] is not installed")
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ArtcliError, match=f"needs the package {package}") as no:
        works(two_painters(tmp_path), pipeline=str(tmp_path))
    assert no.value.hint == 'install it: pip install "artcli[diffusion]"'


def test_options_that_redo_nothing_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"of steps=4, strength=0\.2 takes none"):
        works(two_painters(tmp_path), strength=0.2)


class Asked:
    """A pipeline that gives back its picture, or what it is told to, and keeps what it is asked."""

    def __init__(self, gives: Any = None) -> None:
        self.gives = gives

    def __call__(self, **asked: Any) -> Any:
        self.asked = asked
        given = asked["callback_on_step_end"](self, 0, 999, {"latents": 5})
        assert given == {"latents": 5}
        if isinstance(self.gives, Exception):
            raise self.gives
        picture = np.asarray(asked["image"]) / 255 if self.gives is None else self.gives
        return type("Output", (), {"images": [picture]})


def test_the_pipeline_is_asked_with_the_prompt_the_picture_and_the_seed() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)
    painter, heard = Asked(), []
    same = redo(painter, picture, "a cow", 7, {"strength": 0.5}, heard.append)
    np.testing.assert_array_equal(same, picture)
    assert (painter.asked["prompt"], painter.asked["strength"]) == ("a cow", 0.5)
    assert painter.asked["generator"].initial_seed() == 7
    assert heard == [1]


def test_a_pipeline_that_fails_or_gives_no_picture_is_one_clear_error() -> None:
    picture = np.zeros((16, 16, 3), np.uint8)
    with pytest.raises(ArtcliError, match=r"pipeline Asked failed: CUDA out of memory$"):
        redo(Asked(RuntimeError("CUDA out of memory\nlong")), picture, "", 0, {}, print)
    with pytest.raises(ArtcliError, match="NaN"):
        redo(Asked(np.full((16, 16, 3), np.nan)), picture, "", 0, {}, print)


def test_of_a_long_scroll_the_middle_is_taken_by_whole_places() -> None:
    scroll = np.broadcast_to(np.arange(1000)[:, None, None], (1000, 67, 3))
    cut = fitting(scroll, 64)
    assert cut.shape == (128, 64, 3)
    assert cut[0, 0, 0] == 436


def test_a_folder_means_the_same_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    assert _lasting("mine") == _lasting("./mine") == str(tmp_path / "mine")
    assert _lasting("owner/name") == "owner/name"
    assert _lasting("./gone") == str(tmp_path / "gone")
