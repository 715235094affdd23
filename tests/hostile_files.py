"""Files that pretend: bombs, small until they are unpacked, and other formats under a picture's
name."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from PIL import Image

PNG, MIB = b"\x89PNG\r\n\x1a\n", 1 << 20


def zeros(size: int) -> bytes:
    """`size` bytes of 0, deflated: a thousandth of that."""
    packer, block = zlib.compressobj(9), bytes(min(size, MIB))
    parts = [packer.compress(block) for _ in range(size // len(block))]
    return b"".join([*parts, packer.flush()])


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *, extra: bytes = b"", pixels: bytes | None = None) -> bytes:
    """Grey, all black, deflated, unless `pixels` are given; `extra` chunks stand before them."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zeros((width + 1) * height) if pixels is None else pixels
    return PNG + chunk(b"IHDR", header) + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg_of_scans(scans: int, side: int, *, empty: bool) -> bytes:
    """A progressive JPEG whose last scan comes again and again, or a header of it alone."""
    data = saved(Image.new("L", (side, side), 128), "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + scan[: 10 if empty else None] * scans + data[-2:]


def gif_of_frames(frames: int) -> bytes:
    data = saved(Image.new("P", (10, 10)), "GIF")
    start = data.index(b",")
    return data[:start] + data[start:-1] * frames + data[-1:]


def gif_of_screen(side: int) -> bytes:
    data = gif_of_frames(1)
    return data[:6] + struct.pack("<HH", side, side) + data[10:]


def webp_of_side(side: int) -> bytes:
    body = b"\x2f" + struct.pack("<I", (side - 1) | ((side - 1) << 14)) + bytes(1000)
    parts = b"WEBPVP8L" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(parts)) + parts


def bmp_of_side(side: int) -> bytes:
    data = bytearray(saved(Image.new("RGB", (10, 10)), "BMP"))
    data[18:26] = struct.pack("<ii", side, side)
    return bytes(data)


def tiff_of_pictures(pictures: int) -> bytes:
    """One picture of a few pixels, and directories of it one after another."""
    data = saved(Image.new("RGB", (10, 10)), "TIFF")
    (first,) = struct.unpack("<I", data[4:8])
    size = 2 + 12 * struct.unpack("<H", data[first : first + 2])[0]
    directory, start = data[first : first + size], len(data) + len(data) % 2
    places = [start + number * (size + 4) for number in range(pictures)] + [0]
    more = b"".join(directory + struct.pack("<I", place) for place in places[1:])
    linked = data[: first + size] + struct.pack("<I", start) + data[first + size + 4 :]
    return linked.ljust(start, b"\0") + more


def tiff_of_tile(side: int) -> bytes:
    """Ten pixels square, in one tile of `side`, deflated."""
    body, entries = zeros(16 * MIB), 10
    start = 8 + 2 + 12 * entries + 4
    fields = {256: 10, 257: 10, 258: 8, 259: 8, 262: 1, 277: 1, 322: side, 323: side, 324: start}
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, one) for tag, one in fields.items())
    directory += struct.pack("<HHII", 325, 4, 1, len(body))
    return b"II*\0" + struct.pack("<IH", 8, entries) + directory + bytes(4) + body


# Of each whether it is refused: what is harmless in spite of its looks is shown.
BOMBS: Mapping[str, tuple[Callable[[], bytes], bool]] = {
    "a PNG of 400 million pixels": (partial(png, 20_000, 20_000, pixels=b""), True),
    "a PNG of a line of 90 million pixels": (partial(png, 90_000_000, 1), True),
    "a PNG's text of 64 MiB": (
        lambda: png(10, 10, extra=chunk(b"iTXt", b"a\0\1\0\0\0" + zeros(64 * MIB))),
        True,
    ),
    "a PNG's colour profile of 64 MiB": (
        lambda: png(10, 10, extra=chunk(b"iCCP", b"a\0\0" + zeros(64 * MIB))),
        True,
    ),
    "a PNG of 10 by 10 with 64 MiB of pixels": (
        lambda: png(10, 10, pixels=zeros(64 * MIB)),
        False,
    ),
    "a JPEG of 2,000 scans": (partial(jpeg_of_scans, 2_000, 2_000, empty=False), True),
    "a JPEG of 5,000 empty scans": (partial(jpeg_of_scans, 5_000, 2_000, empty=True), True),
    "a GIF whose screen is 65,535 square": (partial(gif_of_screen, 65_535), True),
    "a GIF of 20,000 frames": (partial(gif_of_frames, 20_000), False),
    "a WEBP of 16,384 square": (partial(webp_of_side, 16_384), True),
    "a BMP of 60,000 square": (partial(bmp_of_side, 60_000), True),
    "a TIFF of 40,000 pictures": (partial(tiff_of_pictures, 40_000), False),
    "a TIFF whose tile is 60,000 square": (partial(tiff_of_tile, 60_000), True),
}


def npz(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def npz_of_claims(rows: int) -> bytes:
    """Predictions that say in their headers that they have `rows` rows, and hold none."""
    buffer = io.BytesIO()
    kinds = {"ids": "<U9", "crops": "<i2", "folds": "<i2", "probabilities": "<f4", "classes": "<U3"}
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, kind in kinds.items():
            shape = (rows, 2) if name == "probabilities" else (rows,)
            header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
            length = struct.pack("<H", len(header))
            archive.writestr(f"{name}.npy", b"\x93NUMPY\x01\x00" + length + header)
    return buffer.getvalue()


def npz_of_zeros(size: int) -> bytes:
    """Predictions whose probabilities are `size` bytes of 0, in a thousandth of that."""
    rows, buffer = size // 8, io.BytesIO()
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, 2), }}\n".encode()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in ("ids", "crops", "folds", "classes"):
            made = io.BytesIO()
            np.save(made, np.array(["a", "b"] if name in ("ids", "classes") else [0, 0]))
            archive.writestr(f"{name}.npy", made.getvalue())
        with archive.open("probabilities.npy", "w", force_zip64=True) as file:
            file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)
            for _ in range(size // MIB):
                file.write(bytes(MIB))
    return buffer.getvalue()


def _disguises() -> dict[str, bytes]:
    picture = Image.new("RGB", (32, 32), "red")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.jpg", saved(picture, "JPEG"))
    psd = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 4, 4, 8, 3) + bytes(4) * 3 + bytes(2 + 3 * 16)
    return {
        "a PDF document": saved(picture, "PDF"),
        "a PostScript document": saved(picture, "EPS"),
        "a Photoshop document": psd,
        "an Apple icon": saved(picture.resize((128, 128)), "ICNS"),
        "a Windows icon": saved(picture, "ICO"),
        "a JPEG 2000 picture": saved(picture, "JPEG2000"),
        "a ZIP archive": archive.getvalue(),
        "a Python pickle": pickle.dumps({"a": [1] * 100}),
        "a NumPy array": b"\x93NUMPY\x01\x00" + bytes(200),
        "a HEIC picture": b"\0\0\0\x18ftypheic" + bytes(200),
        "an AVIF picture": b"\0\0\0\x1cftypavif" + bytes(200),
        "a video": b"\0\0\0\x18ftypmp42" + bytes(200),
        "a program": b"\x7fELF" + bytes(200),
        "an SVG drawing": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        "a web page": b"\n<!DOCTYPE html><html><body>Not found</body></html>",
        "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        # formats that Pillow would read, and we do not name
        "not a readable image": saved(picture, "PPM"),
        "not a readable image (TGA)": saved(picture, "TGA"),
        "not a readable image (SGI)": saved(picture, "SGI"),
        "not a readable image (PCX)": saved(picture, "PCX"),
        "not a readable image (IM)": saved(picture, "IM"),
        "not a readable image (text)": b"id,img_path,artist\n0,./train/0000.jpg,Ada\n",
    }


DISGUISES = _disguises()
