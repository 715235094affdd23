"""Every fault of a picture's file is told once, with all its cases."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_contests import write_tables

from artcli.contest.findings import Finding
from artcli.contest.images import encode_jpeg
from artcli.contest.survey import faults
from artcli.contest.survey.faults import file_findings
from artcli.contest.survey.surveying import survey
from artcli.contest.tables import Contest, read_contest


def noise(number: int = 0, width: int = 100, height: int = 80) -> Image.Image:
    pixels = np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


@pytest.fixture
def contest(tmp_path: Path) -> Contest:
    """Nine sound paintings and four sound pieces."""
    contest = read_contest(write_tables(tmp_path / "data"))
    for number, painting in enumerate((*contest.train, *contest.test)):
        painting.path.parent.mkdir(exist_ok=True)
        noise(number).save(painting.path)
    return contest


def findings(contest: Contest) -> dict[tuple[str, str], Finding]:
    cache = contest.data.parent / "cache"
    return {(one.code, one.severity): one for one in file_findings(survey(cache, contest))}


def test_sound_pictures_give_nothing_to_tell(contest: Contest) -> None:
    assert findings(contest) == {}


def test_files_that_cannot_be_used_are_errors_in_training_and_warnings_in_the_test(
    contest: Contest,
) -> None:
    cut = encode_jpeg(np.asarray(noise()))[:-900]
    contest.train[1].path.write_bytes(cut)
    contest.train[4].path.write_bytes(cut)
    contest.test[2].path.write_bytes(cut)
    contest.train[0].path.unlink()
    contest.train[2].path.write_bytes(b"<html>")
    contest.train[3].path.write_bytes(b"")
    contest.train[5].path.write_bytes(b"hello")
    contest.train[6].path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    found = findings(contest)
    assert list(found) == [
        ("missing-image", "error"),
        ("empty-image", "error"),
        ("truncated-image", "error"),
        ("web-page", "error"),
        ("lfs-pointer", "error"),
        ("unreadable-image", "error"),
        ("truncated-image", "warning"),
    ]
    short = found["truncated-image", "error"]
    assert short.title == "2 pictures to learn from are truncated"
    assert short.details == ("train/0001.jpg: is truncated", "train/0004.jpg: is truncated")
    assert short.ids == (("train", "1"), ("train", "4"))
    tested = found["truncated-image", "warning"]
    assert tested.title == "1 picture of the test is truncated"
    assert "--fill-bad" in tested.advice
    assert found["missing-image", "error"].title == "1 picture to learn from is missing"


def test_pictures_that_can_be_used_but_are_odd_are_told_for_both_sides_at_once(
    contest: Contest,
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    sound = [painting.path for painting in contest.train]
    noise().save(sound[0], "PNG")
    noise().save(sound[1], exif=exif)
    noise().save(sound[2], "GIF", save_all=True, append_images=[noise(1)])
    noise().convert("CMYK").save(sound[3])
    noise().convert("L").save(sound[4])
    noise().convert("L").save(contest.test[0].path)
    noise().save(sound[5], quality=20)
    noise(width=63).save(sound[6])
    Image.new("RGB", (100, 100), "white").save(sound[7])
    noise().convert("RGBA").save(sound[8], "PNG")
    found = findings(contest)
    details = {code: one.details for (code, _), one in found.items()}
    assert details == {
        "blank-image": ("train/0007.jpg: 100 x 100 pixels",),
        "tiny-image": ("train/0006.jpg: 63 x 80 pixels",),
        "disguised-format": (
            "train/0000.jpg: is PNG",
            "train/0002.jpg: is GIF",
            "train/0008.jpg: is PNG",
        ),
        "rotated-image": ("train/0001.jpg: orientation 8",),
        "animated-image": ("train/0002.jpg: GIF, 2 pictures",),
        "cmyk-image": ("train/0003.jpg: JPEG",),
        "palette-image": ("train/0002.jpg: GIF",),
        "transparent-image": ("train/0008.jpg: mode RGBA",),
        "poor-jpeg": ("train/0005.jpg: quality 20",),
        "grey-image": (
            "train/0004.jpg: mode L",
            "train/0007.jpg: mode RGB",
            "test/TEST_00000.jpg: mode L",
        ),
    }
    assert found["grey-image", "note"].title == (
        "2 pictures to learn from and 1 of the test are grey"
    )
    assert ("blank-image", "warning") in found


def test_what_is_over_the_cap_and_what_is_near_it_are_told_apart(
    contest: Contest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("artcli.contest.images.MAX_PIXELS", 100_000)
    monkeypatch.setattr(faults, "_LARGE", 25_000)
    noise(width=400, height=300).save(contest.train[0].path)
    noise(width=300, height=200).save(contest.train[1].path)
    found = findings(contest)
    assert list(found) == [("oversized-image", "error"), ("large-image", "note")]
    assert found["large-image", "note"].ids == (("train", "1"),)


def test_a_name_that_does_not_print_is_quoted(contest: Contest) -> None:
    strange = replace(contest.train[0], path=contest.data / "train/a\nb.jpg")
    (found,) = findings(replace(contest, train=(strange,))).values()
    assert found.details == ("'train/a\\nb.jpg': is missing",)
