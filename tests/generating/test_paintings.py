"""The paintings that a generator learns from: their middles, and batches keyed by their rng."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from two_painters import two_painters

from artcli.contest.images import BadImage
from artcli.errors import ArtcliError
from artcli.generating.paintings import Paintings, load_paintings, to_picture


def of_places(side: int = 18, size: int = 16) -> Paintings:
    """One painting whose pixels are named by row (red) and column (green)."""
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    image = torch.stack([rows, columns, torch.zeros(side, side)]).byte()
    return Paintings(image[None], torch.zeros(1, dtype=torch.long), size)


def pixels(images: torch.Tensor) -> torch.Tensor:
    return ((images + 1) * 127.5).round().long()


def test_what_is_loaded_is_the_middle_of_each_with_room_for_crops(tmp_path: Path) -> None:
    request = two_painters(tmp_path, each=2)
    found = load_paintings(request, 16)
    assert found.images.shape == (4, 3, 18, 18)
    assert found.images.dtype == torch.uint8
    assert found.labels.tolist() == [0, 1, 0, 1]
    for image, painting in zip(found.images, request.paintings, strict=True):
        middle = request.square(painting, 18)
        np.testing.assert_array_equal(image.permute(1, 2, 0).numpy(), middle)


def test_a_line_of_pixels_does_not_fill_the_memory(tmp_path: Path) -> None:
    """Made as wide as any painting, the whole of it would be two million pixels long."""
    request = two_painters(tmp_path, each=1)
    painting = request.paintings[0]
    line = np.zeros((2, 60_000, 3), np.uint8)
    line[:, 29_990:30_010] = 255
    Image.fromarray(line).save(painting.path, "PNG")
    picture = request.picture(painting, 64)
    assert picture.shape == (64, 64 * 32, 3)
    assert picture[32, 1024, 0] == 255, "the middle of the line is the middle of the picture"
    assert request.square(painting, 64).min() == 255


def test_each_picture_of_a_batch_is_a_crop_at_any_place_and_mirrored_half_the_time() -> None:
    images, _ = of_places().batch(np.random.default_rng(0), 400)
    seen = pixels(images)
    assert images.shape == (400, 3, 16, 16)
    first, last = seen[:, :2, 0, 0], seen[:, :2, -1, -1]
    assert (last[:, 0] - first[:, 0] == 15).all()
    assert Counter(first[:, 0].tolist()).keys() == {0, 1, 2}
    mirrored = last[:, 1] - first[:, 1] == -15
    assert ((last[:, 1] - first[:, 1]).abs() == 15).all()
    assert 150 < int(mirrored.sum()) < 250
    assert Counter(first[~mirrored, 1].tolist()).keys() == {0, 1, 2}


def test_the_same_chance_draws_the_same_batch(tmp_path: Path) -> None:
    found = load_paintings(two_painters(tmp_path), 16)
    first, again, other = (found.batch(np.random.default_rng(seed), 8) for seed in (5, 5, 6))
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0], other[0])


def test_an_artist_is_drawn_by_the_root_of_his_works() -> None:
    labels = torch.tensor([0] * 16 + [1] * 4)
    found = Paintings(torch.zeros(20, 3, 18, 18, dtype=torch.uint8), labels, 16)
    _, drawn = found.batch(np.random.default_rng(0), 6000)
    assert drawn.bincount().tolist() == pytest.approx([4000, 2000], abs=150)


def test_a_picture_has_the_label_of_its_painting(tmp_path: Path) -> None:
    images, labels = load_paintings(two_painters(tmp_path), 16).batch(np.random.default_rng(1), 32)
    red = images.mean((2, 3))[:, 0] > images.mean((2, 3))[:, 2]
    assert torch.equal(red.long(), labels)
    assert 0 < labels.sum() < 32


def test_whole_paintings_are_their_middles() -> None:
    seen = pixels(of_places().whole())
    assert seen.shape == (1, 3, 16, 16)
    assert seen[0, :2, 0, 0].tolist() == [1, 1]


def test_in_parts_they_are_all_there_in_order(tmp_path: Path) -> None:
    found = load_paintings(two_painters(tmp_path, each=2), 16)
    parts = list(found.split(3))
    assert [len(part) for part in parts] == [3, 1]
    assert torch.equal(torch.cat([part.whole() for part in parts]), found.whole())
    assert torch.equal(torch.cat([part.labels for part in parts]), found.labels)


def test_those_of_one_artist_are_picked_out(tmp_path: Path) -> None:
    found = load_paintings(two_painters(tmp_path, each=3), 16)
    red = found.where(found.labels == 1)
    assert len(red) == 3
    assert red.labels.tolist() == [1, 1, 1]
    assert torch.equal(red.images, found.images[1::2])


def test_a_picture_comes_back_as_it_went_in_and_is_clipped() -> None:
    found = of_places()
    picture = to_picture(found.whole()[0])
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture, found.images[0, :, 1:17, 1:17].permute(1, 2, 0).numpy())
    assert to_picture(torch.tensor([-9.0, 9.0, 0.0]).view(3, 1, 1)).tolist() == [[[0, 255, 128]]]


def test_no_paintings_and_bad_ones_are_one_clear_error(tmp_path: Path) -> None:
    request = two_painters(tmp_path, each=1)
    with pytest.raises(ArtcliError, match="no paintings to learn from"):
        load_paintings(replace(request, paintings=()), 16)
    request.paintings[1].path.write_bytes(b"no picture")
    with pytest.raises(BadImage, match=r"1\.png"):
        load_paintings(request, 16)
