"""The decoder: every kind of picture as RGB, every kind of bad file refused by name."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hostile_files import jpeg_of_scans
from PIL import Image, ImageOps

from artcli.contest.images import (
    BadImage,
    bad_images,
    check_images,
    decode_image,
    encode_jpeg,
    examine_image,
    read_image,
    resize,
)
from artcli.errors import ArtcliError

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def halves(left: tuple[int, ...], right: tuple[int, ...], mode: str = "RGB") -> Image.Image:
    """32 x 16 pixels of two colours."""
    picture = Image.new(mode, (32, 16), left)
    picture.paste(right, (16, 0, 32, 16))
    return picture


def test_colours_come_out_as_they_went_in(tmp_path: Path) -> None:
    halves(RED, BLUE).save(tmp_path / "a.png")
    array = read_image(tmp_path / "a.png")
    assert array.shape == (16, 32, 3)
    assert array.dtype == np.uint8
    assert tuple(array[0, 0]) == RED
    assert tuple(array[0, 31]) == BLUE


def test_grey_has_three_equal_channels(tmp_path: Path) -> None:
    Image.new("L", (8, 8), 100).save(tmp_path / "grey.jpg")
    assert (read_image(tmp_path / "grey.jpg") == 100).all()


def test_one_bit_pictures_are_black_and_white(tmp_path: Path) -> None:
    halves((0,), (1,), "1").save(tmp_path / "bits.png")
    array = read_image(tmp_path / "bits.png")
    assert (array[0, 0].tolist(), array[0, 31].tolist()) == ([0] * 3, [255] * 3)


def test_cmyk_is_not_shown_as_a_negative(tmp_path: Path) -> None:
    halves((0, 255, 255, 0), (0, 0, 0, 255), "CMYK").save(tmp_path / "cmyk.jpg", quality=100)
    array = read_image(tmp_path / "cmyk.jpg").astype(int)
    assert np.abs(array[8, 2] - RED).max() <= 3
    assert array[8, 30].max() <= 3


def test_sixteen_bit_grey_is_scaled_not_clipped(tmp_path: Path) -> None:
    deep = np.array([[0, 257, 32896, 65535]], np.uint16)
    for name in ("deep.png", "deep.tif"):
        Image.fromarray(deep).save(tmp_path / name)
        assert read_image(tmp_path / name)[0, :, 0].tolist() == [0, 1, 128, 255]


def test_floats_from_0_to_1_are_grey_and_others_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0.0, 0.5, 1.0]], np.float32)).save(tmp_path / "float.tif")
    assert read_image(tmp_path / "float.tif")[0, :, 2].tolist() == [0, 128, 255]
    Image.fromarray(np.array([[0.0, np.nan]], np.float32)).save(tmp_path / "nan.tif")
    with pytest.raises(BadImage, match="outside 0 to 1"):
        read_image(tmp_path / "nan.tif")


def test_transparent_parts_are_white(tmp_path: Path) -> None:
    halves((255, 0, 0, 0), (0, 0, 255, 255), "RGBA").save(tmp_path / "rgba.png")
    array = read_image(tmp_path / "rgba.png")
    assert array[0, 0].tolist() == [255] * 3
    assert array[0, 31].tolist() == list(BLUE)


def test_a_palette_with_a_transparent_entry_is_laid_on_white(tmp_path: Path) -> None:
    picture = halves((0,), (1,), "P")
    picture.putpalette([*GREEN, *BLUE])
    picture.save(tmp_path / "palette.png", transparency=0)
    array = read_image(tmp_path / "palette.png")
    assert array[0, 0].tolist() == [255] * 3
    assert array[0, 31].tolist() == list(BLUE)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_as_exif_says(tmp_path: Path, orientation: int) -> None:
    picture = halves(RED, BLUE)
    picture.paste(GREEN, (0, 0, 6, 6))  # a corner, so that no two turns look alike
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "turned.png"
    picture.save(path, exif=exif)
    with Image.open(path) as opened:
        expected = np.asarray(ImageOps.exif_transpose(opened))
    np.testing.assert_array_equal(read_image(path), expected)
    examined = examine_image(io.BytesIO(path.read_bytes()), "the picture")
    assert examined.header is not None
    assert (examined.header.height, examined.header.width) == expected.shape[:2]
    assert (examined.header.orientation, examined.header.format) == (orientation, "PNG")
    assert examined.array is not None
    np.testing.assert_array_equal(examined.array, expected)


def test_orientation_6_stands_a_lying_picture_up(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    halves(RED, BLUE).save(tmp_path / "phone.jpg", exif=exif, quality=95)
    array = read_image(tmp_path / "phone.jpg")
    assert array.shape == (32, 16, 3)
    assert array[2, 8, 0] > 240, "the left of the file is the top of the picture"
    assert array[29, 8, 2] > 240


def test_an_animation_shows_its_first_frame(tmp_path: Path) -> None:
    first, second = (Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE))
    first.save(tmp_path / "moving.gif", save_all=True, append_images=[second])
    assert tuple(read_image(tmp_path / "moving.gif")[4, 4]) == RED


def jpeg(size: tuple[int, int] = (64, 64)) -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    return encode_jpeg(noise)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in ((b"IHDR", head), (b"IDAT", b""), (b"IEND", b""))
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


SCANS = jpeg_of_scans(150, 8, empty=False).split(b"\xff\xda")
BAD_FILES = {
    "truncated.jpg": (jpeg()[:-900], "is truncated"),
    "page.jpg": (
        b"\n <!DOCTYPE html><html>404</html>",
        "is a web page saved under an image's name",
    ),
    "empty.jpg": (b"", "is empty"),
    "text.png": (b"hello", "is not a readable image"),
    "large.png": (png_header(11_000, 10_000), "is too large (11,000 x 10,000; at most 100,000,000"),
    "bomb.png": (png_header(60_000, 60_000), "is too large"),
    "pointer.jpg": (b"version https://git-lfs.github.com/spec/v1\noid x", "is a Git LFS pointer"),
    "scans.jpg": (
        SCANS[0] + b"\xff\xda" + b"\xff\x01\xff\xda".join(SCANS[1:]),
        "is a JPEG of too many scans",
    ),
    "portable.jpg": (b"P6 1 1 255 abc", "is not a readable image"),  # a format not on the list
}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    data, reason = BAD_FILES[name]
    path = tmp_path / name
    path.write_bytes(data)
    for look in (read_image, lambda path: decode_image(path.read_bytes(), str(path))):
        with pytest.raises(BadImage) as caught:
            look(path)
        assert caught.value.message.startswith(f"{path} {reason}")
        assert caught.value.hint
    examined = examine_image(io.BytesIO(data), str(path))
    assert examined.array is None
    assert examined.problem == caught.value.reason
    assert check_images([path]) == [caught.value.message]


def test_a_missing_file_and_a_folder_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "folder.jpg").mkdir()
    assert check_images([tmp_path / "gone.jpg", tmp_path / "folder.jpg"]) == [
        f"{tmp_path / 'gone.jpg'} is missing",
        f"{tmp_path / 'folder.jpg'} is a folder, not an image",
    ]


def test_too_little_memory_is_no_fault_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    path = tmp_path / "large.png"
    halves(RED, BLUE).save(path)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", full)
    for read in (read_image, lambda path: check_images([path])):
        with pytest.raises(
            ArtcliError, match=r"too little memory to decode .*large\.png"
        ) as caught:
            read(path)
        assert not isinstance(caught.value, BadImage)


def test_a_jpeg_that_lost_its_end_is_found_by_the_quick_check_too(tmp_path: Path) -> None:
    whole = jpeg((512, 384))
    for lost in (40, 4_000, len(whole) // 2):
        path = tmp_path / f"{lost}.jpg"
        path.write_bytes(whole[:-lost])
        assert check_images([path]) == [f"{path} is truncated"], f"{lost} bytes lost"


def fill(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"{number:03}.jpg" for number in range(count)]
    for path in paths:
        path.write_bytes(jpeg((8, 8)))
    return paths


def test_all_bad_images_are_listed_at_once_in_order_whatever_the_number_of_processes(
    tmp_path: Path,
) -> None:
    paths = fill(tmp_path, 100)
    paths[70].write_bytes(b"<html>")
    paths[3].unlink()
    alone, together = check_images(paths, workers=1), check_images(paths, workers=2)
    assert alone == together
    assert [line.split()[0] for line in alone] == [str(paths[3]), str(paths[70])]
    assert list(bad_images(paths, workers=1)) == [paths[3], paths[70]]


def damage_unseen(path: Path) -> None:
    """Other content of the same size and time."""
    before = path.stat()
    path.write_bytes(b"x" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_second_check_reads_only_what_changed(tmp_path: Path) -> None:
    paths, memory = fill(tmp_path, 4), tmp_path / "cache" / "checked.json"
    paths[0].write_bytes(b"<html>")
    assert len(check_images(paths, remember=memory)) == 1
    damage_unseen(paths[1])
    paths[2].write_bytes(b"")
    problems = check_images(paths, remember=memory)
    assert [line.split()[0] for line in problems] == [str(paths[0]), str(paths[2])], (
        "the bad one is bad still, the changed one is found, the unchanged one is not read"
    )
    memory.write_text("not JSON")
    assert len(check_images(paths, remember=memory)) == 3, "a damaged memory is no memory"


def test_resizing_averages_instead_of_picking() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(resize(stripes, 8, 8).astype(int) - 128).max() <= 6  # picking gives 0 or 255
    assert resize(stripes, 64, 64) is stripes
    assert resize(stripes, 20, 10).shape == (10, 20, 3)


def test_grey_arrays_make_grey_jpegs() -> None:
    data = encode_jpeg(np.full((8, 8), 77, np.uint8))
    assert (decode_image(data, "grey") == 77).all()
    assert len(data) < len(encode_jpeg(np.full((8, 8, 3), 77, np.uint8)))


def test_a_disk_that_fails_is_told_with_the_picture() -> None:
    """Linux lets this file be opened, and fails to give its first byte."""
    with pytest.raises(BadImage, match="cannot be read: Input/output error"):
        read_image(Path("/proc/self/mem"))


def test_a_pipe_is_no_picture_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(BadImage, match="it is a pipe or a device"):
        read_image(tmp_path / "a.png")
