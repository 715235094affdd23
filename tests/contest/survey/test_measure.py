"""One picture measured: from real files, sound and damaged."""

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from artcli.contest.images import encode_jpeg, read_image
from artcli.contest.survey.measure import measure
from artcli.contest.survey.records import SIDE, Measures


def scene(width: int = 400, height: int = 300, seed: int = 1) -> NDArray[np.uint8]:
    """A picture with shapes, colours and texture that no part of it repeats."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (6, 8, 3)).astype(np.uint8)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(float)
    fine = cv2.resize(rng.normal(0, 25, (height // 3, width // 3)), (width, height))
    return np.clip(smooth + fine[..., None], 0, 255).astype(np.uint8)


def saved(path: Path, array: NDArray[np.uint8], **how: object) -> Measures:
    Image.fromarray(array).save(path, **how)
    return measure(str(path)).measures


def test_a_file_tells_its_format_size_and_quality(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    found = saved(path, scene(), quality=85, subsampling="4:4:4")
    assert (found.problem, found.format, found.mode) == ("", "JPEG", "RGB")
    assert (found.width, found.height, found.frames, found.orientation) == (400, 300, 1, 1)
    assert (found.quality, found.tables) == (85, "standard 85, 4:4:4")
    assert found.bytes == path.stat().st_size
    assert len(found.sha256) == 64


def test_light_and_colour_are_those_of_the_picture(tmp_path: Path) -> None:
    halves = np.zeros((100, 200, 3), np.uint8)
    halves[:, 100:] = 255
    found = saved(tmp_path / "halves.png", halves)
    assert found.grey
    assert found.lightness == pytest.approx(50, abs=0.5)
    assert found.contrast == pytest.approx(50, abs=0.5)
    assert found.chroma == pytest.approx(0, abs=0.1)
    red = saved(tmp_path / "red.png", np.full((9, 9, 3), (255, 0, 0), np.uint8))
    assert not red.grey
    assert red.colour == (255, 0, 0)
    assert red.lightness == pytest.approx(53.2, abs=0.1)  # L*a*b* of sRGB's red: 53.2, 80.1, 67.2
    assert red.chroma == pytest.approx(104.6, abs=0.2)
    assert (red.contrast, red.sharpness) == (0, 0)
    assert found.quality is None


def test_grey_saved_in_colour_is_grey_and_a_patch_of_colour_is_not(tmp_path: Path) -> None:
    grey = np.repeat(scene()[..., :1], 3, axis=2)
    assert saved(tmp_path / "grey.jpg", grey, quality=60).grey
    grey[100:130, 100:130, 0] = 255  # 0.75 % of the picture
    grey[100:130, 100:130, 2] = 0
    assert not saved(tmp_path / "patch.jpg", grey, quality=60).grey


def test_a_blurred_picture_is_less_sharp_whatever_its_contrast(tmp_path: Path) -> None:
    picture = scene()
    sharp = saved(tmp_path / "sharp.png", picture).sharpness
    blurred = saved(tmp_path / "blurred.png", cv2.GaussianBlur(picture, (0, 0), 2)).sharpness
    faint = saved(tmp_path / "faint.png", (64 + picture / 2).astype(np.uint8)).sharpness
    assert blurred < sharp / 5
    assert faint == pytest.approx(sharp, rel=0.05)


def test_the_same_pixels_in_other_files_are_known_to_be_the_same(tmp_path: Path) -> None:
    picture = scene()
    one, other = saved(tmp_path / "a.png", picture), saved(tmp_path / "a.bmp", picture)
    assert one.pixels == other.pixels
    assert one.sha256 != other.sha256
    assert saved(tmp_path / "b.png", picture.reshape(400, 300, 3)).pixels != one.pixels
    picture[7, 7, 0] ^= 1
    assert saved(tmp_path / "c.png", picture).pixels != one.pixels


def test_hashes_hold_through_size_and_quality_and_tell_a_mirror_image(tmp_path: Path) -> None:
    picture = scene(800, 600)
    found = saved(tmp_path / "a.png", picture)
    again = saved(tmp_path / "b.jpg", cv2.resize(picture, (500, 375)), quality=50)
    mirror = saved(tmp_path / "c.png", np.ascontiguousarray(picture[:, ::-1]))
    other = saved(tmp_path / "d.png", scene(800, 600, seed=2))
    assert (found.phash ^ again.phash).bit_count() <= 4
    assert (found.phash, found.mirrored) == (mirror.mirrored, mirror.phash)
    assert (found.phash ^ other.phash).bit_count() >= 16
    assert (found.phash ^ found.mirrored).bit_count() >= 16


def test_a_thumb_is_the_picture_squashed(tmp_path: Path) -> None:
    picture = scene(1000, 700)
    Image.fromarray(picture).save(tmp_path / "a.png")
    thumb = measure(str(tmp_path / "a.png")).thumb
    assert (thumb.shape, thumb.dtype) == ((SIDE, SIDE, 3), np.uint8)
    expected = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(thumb - expected).mean() < 4


def test_a_turned_picture_is_measured_as_it_is_shown(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    found = saved(tmp_path / "turned.jpg", scene(), exif=exif)
    assert (found.orientation, found.width, found.height) == (6, 300, 400)
    upright = saved(tmp_path / "upright.png", read_image(tmp_path / "turned.jpg"))
    assert (found.pixels, found.phash) == (upright.pixels, upright.phash)


def test_unusual_modes_and_several_frames_are_told(tmp_path: Path) -> None:
    picture = Image.fromarray(scene(40, 30))
    turned = [picture.rotate(90), picture.rotate(180)]
    picture.convert("CMYK").save(tmp_path / "print.jpg")
    picture.convert("P").save(tmp_path / "palette.png")
    picture.convert("RGBA").save(tmp_path / "clear.png")
    Image.fromarray(np.full((8, 8), 40_000, np.uint16)).save(tmp_path / "deep.png")
    picture.save(tmp_path / "moving.gif", save_all=True, append_images=turned)
    modes = {path.name: measure(str(path)).measures.mode for path in tmp_path.iterdir()}
    assert modes == {
        "print.jpg": "CMYK",
        "palette.png": "P",
        "clear.png": "RGBA",
        "deep.png": "I;16",
        "moving.gif": "P",
    }
    assert measure(str(tmp_path / "moving.gif")).measures.frames == 3
    assert measure(str(tmp_path / "deep.png")).measures.grey


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (5, 900), (191, 193)])
def test_pictures_of_any_form_are_measured(tmp_path: Path, size: tuple[int, int]) -> None:
    found = saved(tmp_path / "a.png", np.full((size[1], size[0], 3), 90, np.uint8))
    assert (found.problem, found.width, found.height) == ("", *size)
    assert math.isfinite(found.lightness)


def test_of_a_truncated_file_the_header_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encode_jpeg(scene())[:-4000])
    found = measure(str(path))
    assert found.measures.problem == "is truncated"
    assert (found.measures.format, found.measures.width, found.measures.quality) == (
        "JPEG",
        400,
        95,
    )
    assert (found.measures.pixels, found.measures.phash) == ("", 0)
    assert math.isnan(found.measures.lightness)
    assert not found.thumb.any()
    assert not found.style.any()


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_damaged_exif_costs_nothing(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a title"
    path = tmp_path / "a.jpg"
    Image.fromarray(scene()).save(path, exif=exif)
    data = bytearray(path.read_bytes())
    data[data.index(b"MM\0*") + 9] = 200  # entries, where two are
    path.write_bytes(data)
    found = measure(str(path)).measures
    assert (found.problem, {found.width, found.height}) == ("", {400, 300})


def test_files_that_are_no_pictures_have_a_problem_each(tmp_path: Path) -> None:
    (tmp_path / "page.jpg").write_bytes(b"<!DOCTYPE html><html>404</html>")
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "empty.jpg").touch()
    problems = {
        name: measure(str(tmp_path / name)).measures
        for name in ("page.jpg", "folder.jpg", "empty.jpg", "gone.jpg")
    }
    assert problems["page.jpg"].problem.startswith("is a web page saved under an image's name")
    assert problems["page.jpg"].bytes == 31
    assert problems["empty.jpg"].problem == "is empty"
    assert problems["folder.jpg"].problem == "is a folder, not an image"
    assert problems["gone.jpg"] == Measures(problem="is missing"), "and no sha256"


def test_an_oversized_picture_tells_its_size_and_is_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("artcli.contest.images.MAX_PIXELS", 1000)
    found = saved(tmp_path / "a.png", scene(40, 30))
    assert found.problem == "is too large (40 x 30; at most 1,000 pixels)"
    assert (found.width, found.height, found.pixels) == (40, 30, "")
