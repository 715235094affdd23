"""Pictures that show the same are found; pictures that are merely alike are not."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from small_contests import bare_contest

from artcli.contest.crops import cut, piece_boxes
from artcli.contest.duplicates import threads
from artcli.contest.duplicates.finding import find_matches
from artcli.contest.duplicates.records import Match
from artcli.contest.images import encode_jpeg, resize
from artcli.contest.survey.records import Survey
from artcli.contest.survey.surveying import survey

Picture = NDArray[np.uint8]


def painted(seed: int, width: int = 320, height: int = 240) -> Picture:
    """Shapes and strokes of all sizes, a picture of its own for each seed."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width, 3), 128, np.float32)
    for cells in (3, 6, 12, 24, 48):
        layer = rng.uniform(-45, 45, (cells, cells, 3)).astype(np.float32)
        picture += cv2.resize(layer, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture, 0, 255).astype(np.uint8)


def surveyed(
    root: Path,
    train: Mapping[str, Picture | bytes],
    test: Mapping[str, Picture | bytes] | None = None,
) -> Survey:
    contest = bare_contest(
        ("Ada Stone",), dict.fromkeys(train, "Ada Stone"), tuple(test or {}), root / "data"
    )
    pictures = {**train, **(test or {})}
    for painting in (*contest.train, *contest.test):
        made = pictures[painting.id]
        painting.path.parent.mkdir(parents=True, exist_ok=True)
        painting.path.write_bytes(made if isinstance(made, bytes) else encode_jpeg(made))
    return survey(root / "cache", contest, workers=1)


def told(seen: Survey) -> list[tuple[str, str, str, int]]:
    ids = [painting.id for painting in seen.paintings]
    return [
        (ids[match.first], ids[match.second], match.how, match.turned)
        for match in find_matches(seen)
    ]


def as_png(picture: Picture) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def others(count: int = 6) -> dict[str, Picture]:
    return {f"other {seed}": painted(1000 + seed) for seed in range(count)}


def test_the_first_of_several_exact_copies_stands_for_them_all(tmp_path: Path) -> None:
    file = encode_jpeg(painted(1))
    shown = np.asarray(Image.open(io.BytesIO(file)))
    train = {"a": file, "b": file, "c": as_png(shown), **others()}
    assert told(surveyed(tmp_path, train, {"t": file})) == [
        ("a", "b", "file", 0),
        ("a", "c", "pixels", 0),
        ("a", "t", "file", 0),
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: resize(picture, 190, 144),
        lambda picture: np.clip(picture * 1.1 + 15, 0, 255).astype(np.uint8),
        lambda picture: np.stack([picture.mean(2).astype(np.uint8)] * 3, 2),
        lambda picture: picture[7:-3, 2:-9],
        lambda picture: cv2.imdecode(
            cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR
        ),
    ],
    ids=["smaller", "brighter", "grey", "trimmed", "poor"],
)
def test_a_changed_copy_is_found_to_learn_from_and_in_the_test(
    tmp_path: Path, change: Callable[[Picture], Picture]
) -> None:
    copy = np.ascontiguousarray(change(painted(1)))
    train = {"a": painted(1), **others(), "b": copy}
    assert told(surveyed(tmp_path, train, {"t": encode_jpeg(copy, 90)})) == [
        ("a", "b", "near", 0),
        ("a", "t", "near", 0),
        ("b", "t", "near", 0),
    ]


def test_a_copy_is_found_whatever_way_up_and_in_a_mirror(tmp_path: Path) -> None:
    whole = painted(1)
    test = {f"turned {turn}": np.rot90(whole, -turn) for turn in (1, 2, 3)}
    test["mirrored"] = whole[:, ::-1]
    assert told(surveyed(tmp_path, {"a": whole, **others()}, test)) == [
        ("a", "turned 1", "near", 1),
        ("a", "turned 2", "near", 2),
        ("a", "turned 3", "near", 3),
        ("a", "mirrored", "mirrored", 0),
    ]


def test_quarter_pieces_are_found_in_their_wholes(tmp_path: Path) -> None:
    train = {f"{seed}": painted(seed, *size) for seed, size in enumerate([(320, 240), (240, 300)])}
    test = {
        f"{key}#{number}": cut(whole, box)
        for key, whole in train.items()
        for number, box in enumerate(piece_boxes(key, 4))
    }
    test["upside down"] = cut(train["1"], piece_boxes("1")[0])[::-1, ::-1]
    seen = surveyed(tmp_path, {**train, **others()}, test)
    assert sorted(told(seen)) == sorted(
        [(key.split("#")[0], key, "part", 0) for key in test if "#" in key]
        + [("1", "upside down", "part", 2)]
    )
    assert all(match.whole == match.first for match in find_matches(seen))


def test_a_detail_to_learn_from_is_known_to_be_of_the_larger_picture(tmp_path: Path) -> None:
    whole = painted(1)
    detail = np.ascontiguousarray(whole[30:162, 90:266])  # 0.55 of either side
    seen = surveyed(tmp_path, {"detail": detail, **others(), "whole": whole})
    (match,) = find_matches(seen)
    assert (match.first, match.second, match.how, match.whole) == (0, 7, "part", 7)
    assert match.likeness > 0.8


def test_pictures_with_nothing_in_them_are_never_the_same(tmp_path: Path) -> None:
    light = np.linspace(60, 200, 240)[:, None, None] + np.zeros((240, 320, 3))
    sky = {
        f"sky {seed}": np.random.default_rng(seed).normal(light, 2).clip(0, 255).astype(np.uint8)
        for seed in range(3)
    }
    squares = {}
    for number, edge in enumerate((40, 44, 50)):
        squares[f"square {number}"] = np.full((240, 240, 3), 235, np.uint8)
        squares[f"square {number}"][edge:-edge, edge:-edge] = 20 + number
    blank = {f"blank {tone}": np.full((240, 320, 3), tone, np.uint8) for tone in (250, 251)}
    alike = {**sky, **squares, **blank}
    pieces = {f"{key}#": cut(made, piece_boxes(key)[0]) for key, made in alike.items()}
    assert told(surveyed(tmp_path, alike, {})) == []
    assert told(surveyed(tmp_path / "pieces", alike, pieces)) == []


def test_pieces_of_one_painting_of_the_test_are_not_told(tmp_path: Path) -> None:
    pieces = {f"{number}": cut(painted(1), box) for number, box in enumerate(piece_boxes("x", 8))}
    assert told(surveyed(tmp_path, others(), {**pieces, "re-encoded": painted(1)})) == []


def test_pictures_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    short = encode_jpeg(painted(1))[:3000]
    assert told(surveyed(tmp_path, {"a": short, "b": short, **others(2)})) == []


def test_nothing_is_found_in_nothing(tmp_path: Path) -> None:
    assert find_matches(surveyed(tmp_path, {}, {"t": painted(1)})) == ()


def test_matches_do_not_depend_on_how_many_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = {f"{seed}": painted(seed) for seed in range(5)}
    test = {key: cut(whole, piece_boxes(key)[0]) for key, whole in train.items()}
    seen = surveyed(tmp_path, train, {f"{key}#": piece for key, piece in test.items()})

    def with_threads(count: int) -> tuple[Match, ...]:
        monkeypatch.setattr(threads, "cores", lambda: count)
        return find_matches(seen)

    assert with_threads(1) == with_threads(4)
    assert len(with_threads(2)) == 5
