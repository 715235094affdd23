"""Copies among generated works are found; new works have a neighbour, and are no copies."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from contest.duplicates.test_finding import painted
from numpy.typing import NDArray
from small_contests import bare_contest

from artcli.contest.crops import cut, piece_boxes
from artcli.contest.generated.neighbours import COPY, Neighbour, find_neighbours
from artcli.contest.generated.records import GeneratedSet, GeneratedWork, SetFacts
from artcli.contest.images import decode_image, encode_jpeg, encode_png, resize
from artcli.contest.tables import Contest
from artcli.workspace.paths import Workspace

Picture = NDArray[np.uint8]
SIZES = [(320, 240), (240, 300), (260, 260)]


def real(seed: int) -> Picture:
    return painted(seed, *SIZES[seed % len(SIZES)])


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("contest"))


@pytest.fixture(scope="module")
def contest(workspace: Workspace) -> Contest:
    """Twelve paintings, `0` to `11`."""
    ids = [str(seed) for seed in range(12)]
    made = bare_contest(("Ada",), dict.fromkeys(ids, "Ada"), (), workspace.data)
    workspace.data.mkdir()
    for seed, painting in enumerate(made.train):
        painting.path.write_bytes(encode_jpeg(real(seed)))
    return made


def neighbours_of(
    workspace: Workspace, contest: Contest, folder: Path, pictures: dict[str, Picture]
) -> dict[str, Neighbour]:
    works = []
    for name, picture in pictures.items():
        path = folder / f"{name}.png"
        path.write_bytes(encode_png(picture))
        works.append(GeneratedWork(name, path, "Ada", "made-up", 0, None, None, (), False, {}, ""))
    facts = SetFacts("made-up", {"Ada": len(works)}, 0, 5, None)
    return find_neighbours(workspace, contest, GeneratedSet("new", folder, facts, tuple(works)))


def middle(picture: Picture, size: int) -> Picture:
    """The square in the middle, as generators learn of it."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
    return resize(np.ascontiguousarray(square), size, size)


def squeezed(picture: Picture) -> Picture:
    return decode_image(encode_jpeg(np.clip(picture * 1.1 + 10, 0, 255).astype(np.uint8), 40), "")


def noisy(picture: Picture) -> Picture:
    noise = np.random.default_rng(0).normal(0, 10, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def test_copies_are_told_whatever_little_was_changed(
    workspace: Workspace, contest: Contest, tmp_path: Path
) -> None:
    square = middle(real(7), 72)
    planted = {
        "0": real(0),
        "1": np.ascontiguousarray(real(1)[:, ::-1]),
        "2": squeezed(real(2)),
        "3": np.ascontiguousarray(real(3)[12:-12, 16:-16]),
        "4": middle(real(4), 64),
        "5": np.ascontiguousarray(middle(real(4), 128)[:, ::-1]),
        "6": noisy(middle(real(6), 96)),
        "7": np.ascontiguousarray(square[:64, 8:]),  # a corner, as a batch crops it
        "8": cv2.GaussianBlur(middle(real(8), 64), (0, 0), 1),
        "9": cv2.GaussianBlur(np.ascontiguousarray(square[4:68, :64][:, ::-1]), (0, 0), 1),
    }
    found = neighbours_of(workspace, contest, tmp_path, planted)
    assert {name: (one.painting, one.mirrored) for name, one in found.items()} == {
        **{str(number): (str(number), False) for number in range(9)},
        "1": ("1", True),
        "5": ("4", True),
        "9": ("7", True),
    }
    assert all(one.copy and not one.part and one.likeness >= COPY for one in found.values())
    assert found["0"].likeness > 0.99


def test_a_quarter_piece_of_a_painting_is_a_copy(
    workspace: Workspace, contest: Contest, tmp_path: Path
) -> None:
    box = piece_boxes("any")[0]
    pieces = {"plain": cut(real(0), box), "mirrored": cut(real(1), box)[:, ::-1]}
    found = neighbours_of(workspace, contest, tmp_path, pieces)
    told = {name: (one.painting, one.mirrored, one.part, one.copy) for name, one in found.items()}
    assert told == {"plain": ("0", False, True, True), "mirrored": ("1", True, True, True)}


def test_new_works_are_no_copies_and_what_shows_through_is_their_neighbour(
    workspace: Workspace, contest: Contest, tmp_path: Path
) -> None:
    through = np.clip(0.75 * painted(500, 320, 240) + 0.45 * real(3) - 20, 0, 255).astype(np.uint8)
    new = {"new": painted(501), "through": through, "flat": np.full((64, 64, 3), 90, np.uint8)}
    found = neighbours_of(workspace, contest, tmp_path, new)
    assert not any(one.copy for one in found.values())
    assert found["new"].likeness < 0.35
    assert found["through"].painting == "3"
    assert found["new"].likeness < found["through"].likeness < COPY
    assert found["flat"].likeness < 0.05


def test_light_and_large_shapes_make_no_copy(tmp_path: Path) -> None:
    light = np.linspace(60, 200, 240)[:, None, None] + np.zeros((240, 320, 3))
    skies = [
        np.random.default_rng(n).normal(light, 2).clip(0, 255).astype(np.uint8) for n in (1, 2)
    ]
    other = Workspace(tmp_path)
    contest = bare_contest(("Ada",), {"sky": "Ada"}, (), other.data)
    other.data.mkdir()
    contest.train[0].path.write_bytes(encode_jpeg(skies[0]))
    (found,) = neighbours_of(other, contest, tmp_path, {"another": skies[1]}).values()
    assert not found.copy
    assert found.likeness < 0.5


def test_there_is_no_neighbour_where_there_is_nothing(tmp_path: Path) -> None:
    other = Workspace(tmp_path)
    contest = bare_contest(("Ada",), {"gone": "Ada"}, (), other.data)
    assert neighbours_of(other, contest, tmp_path, {"work": real(0)}) == {}
    assert neighbours_of(other, contest, tmp_path, {}) == {}
