"""Pictures of every kind that a contest may bring, written byte by byte or by Pillow, each with the
pixels that it must be shown with: `KINDS[name]()` gives a `Known`."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[Any]

RED, GREEN, BLUE, OCHRE = (250, 10, 10), (20, 200, 30), (20, 30, 220), (200, 160, 60)
WHITE = (255, 255, 255)
ORIENTATION = 0x0112
CELL = 16  # a colour is as wide as two of JPEG's blocks, so that no edge runs through one


@dataclass(frozen=True)
class Known:
    """A picture's bytes, the pixels it stands for `(H, W, 3)`, and by how much they may differ."""

    data: bytes
    pixels: NDArray[np.uint8]
    within: int = 0


def quarters(*colours: Sequence[int], cell: int = CELL) -> NDArray[np.uint8]:
    """Six cells, two rows of three, of four colours: no turn or mirror image of it is itself."""
    colours = colours or (RED, GREEN, BLUE, OCHRE)
    order = [[0, 1, 2], [3, 3, 0]]
    cells = np.array([[colours[number] for number in row] for row in order], np.uint8)
    return cells.repeat(cell, 0).repeat(cell, 1)


def turned(pixels: Array, orientation: int) -> Array:
    """Pixels stored with an orientation of EXIF as they are to be shown (CIPA DC-008, 4.6.5)."""
    upright = pixels.swapaxes(0, 1) if orientation >= 5 else pixels
    rows = -1 if orientation in (3, 4, 7, 8) else 1
    columns = -1 if orientation in (2, 3, 6, 7) else 1
    return upright[::rows, ::columns]


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def exif(orientation: int) -> Image.Exif:
    made = Image.Exif()
    made[ORIENTATION] = orientation
    return made


def png(
    rows: Array, bits: int, colour: int, *, extra: bytes = b"", interlaced: bool = False
) -> bytes:
    """A PNG of samples `(H, W, channels)`, of `bits` each; `colour` is PNG's type of colour."""
    height, width, _ = rows.shape
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, int(interlaced))
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4)]
        passes += [(2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    lines = b"".join(
        b"\0" + packed(line, bits)
        for top, left, down, right in passes
        for line in rows[top::down, left::right]
        if line.size
    )
    body = chunk(b"IDAT", zlib.compress(lines))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + body + chunk(b"IEND", b"")


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def packed(line: Array, bits: int) -> bytes:
    """A row of samples as bytes, the first sample highest, the last byte filled up."""
    flat = line.reshape(-1)
    if bits == 16:
        return flat.astype(">u2").tobytes()
    single = (flat[:, None] >> np.arange(bits - 1, -1, -1)) & 1
    return np.packbits(single.astype(np.uint8)).tobytes()


def tiff(
    rows: Array,
    bits: int,
    photometric: int,
    more: Mapping[int, tuple[int, Sequence[int]]] | None = None,
    *,
    order: str = "<",
) -> bytes:
    """An uncompressed TIFF of samples `(H, W, channels)`; `more` are further tags (type, values).

    Samples of 12 bits are packed as PNG's are; those of 16 and 32 lie in the `order` of bytes.
    """
    height, width, channels = rows.shape
    wide = rows.dtype.newbyteorder(order)
    body = (
        rows.astype(wide).tobytes()
        if bits in (16, 32)
        else b"".join(packed(line, bits) for line in rows)
    )
    tags: dict[int, tuple[int, Sequence[int]]] = {
        256: (4, [width]),
        257: (4, [height]),
        258: (3, [bits] * channels),
        259: (3, [1]),
        262: (3, [photometric]),
        273: (4, [8]),
        277: (3, [channels]),
        278: (4, [height]),
        279: (4, [len(body)]),
        **(more or {}),
    }
    body += b"\0" * (len(body) % 2)
    start = 8 + len(body)
    after, entries, spill = start + 2 + 12 * len(tags) + 4, b"", b""
    for tag, (kind, values) in sorted(tags.items()):
        data = struct.pack(f"{order}{len(values)}{'HI'[kind == 4]}", *values)
        if len(data) > 4:
            place = struct.pack(f"{order}I", after + len(spill))
            spill += data + b"\0" * (len(data) % 2)
            data = place
        entries += struct.pack(f"{order}HHI", tag, kind, len(values)) + data.ljust(4, b"\0")
    mark = b"II*\0" if order == "<" else b"MM\0*"
    directory = struct.pack(f"{order}H", len(tags)) + entries + struct.pack(f"{order}I", 0)
    return mark + struct.pack(f"{order}I", start) + body + directory + spill


def _jpeg(**options: Any) -> Known:
    pixels = quarters()
    data = saved(Image.fromarray(pixels), "JPEG", quality=100, subsampling=0, **options)
    return Known(data, pixels, 3)


def _cmyk_jpeg() -> Known:
    """As Adobe's programs write it, and so all others: inks inverted."""
    inks = quarters((0, 255, 255, 0), (255, 0, 255, 0), (0, 0, 0, 255), (0, 102, 204, 51))
    pixels = quarters((255, 0, 0), (0, 255, 0), (0, 0, 0), (204, 122, 41))
    return Known(saved(Image.fromarray(inks, "CMYK"), "JPEG", quality=100), pixels, 4)


def _ycck_jpeg() -> Known:
    """Those inks as luminance and colour: a CMYK file whose Adobe marker says that it is YCCK."""
    stored = np.array(
        [[60, 128, 128, 255], [180, 90, 128, 255], [128, 128, 170, 200], [9, 99, 120, 90]]
    )
    y, cb, cr, key = stored.T.astype(float)
    cb, cr = cb - 128, cr - 128
    inks = [y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb]
    light = (255 - np.clip(np.stack(inks, 1), 0, 255)) * (key / 255)[:, None]
    pixels = quarters(*np.rint(light).astype(int).tolist())
    given = Image.fromarray(255 - quarters(*stored.tolist()), "CMYK")  # Pillow stores the inverse
    data = saved(given, "JPEG", quality=100)
    transform = data.index(b"Adobe") + 11
    return Known(data[:transform] + b"\2" + data[transform + 1 :], pixels, 4)


def _mpo() -> Known:
    """A camera's file of two pictures: the first is shown."""
    pixels, other = quarters(), Image.fromarray(quarters(BLUE, RED, OCHRE, GREEN))
    first = Image.fromarray(pixels)
    options = {"save_all": True, "append_images": [other], "quality": 100, "subsampling": 0}
    return Known(saved(first, "MPO", **options), pixels, 3)


def _grey() -> NDArray[np.uint8]:
    """`(H, W)` of four greys."""
    return quarters((0, 0, 0), (77, 77, 77), (190, 190, 190), WHITE)[..., 0]


def _shown(grey: Array) -> NDArray[np.uint8]:
    return np.repeat(np.asarray(grey, np.uint8)[..., None], 3, 2)


def _deep(pixels: Array) -> NDArray[np.uint16]:
    """The same brightness in 16 bits, with something in the low byte that is not the high one."""
    return (pixels.astype(np.uint16) * 257 // 256 * 256 + 40).clip(0, 65535).astype(np.uint16)


def _deep_shown(deep: Array) -> NDArray[np.uint8]:
    return np.rint(deep / 257).astype(np.uint8)


def _numbers() -> NDArray[np.uint8]:
    """`(H, W, 1)`: which of four colours each pixel has."""
    return quarters((0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 0, 0))[..., :1]


_PALETTE = np.array([RED, GREEN, BLUE, OCHRE], np.uint8)


def _png_palette(bits: int, *, transparent: bool = False) -> Known:
    pixels = quarters()
    extra = chunk(b"PLTE", _PALETTE.tobytes())
    if transparent:
        extra += chunk(b"tRNS", bytes([255, 0, 255, 51]))
        faint = np.rint(np.array(OCHRE) * 0.2 + 255 * 0.8).astype(int).tolist()
        pixels = quarters(RED, WHITE, BLUE, faint)
    return Known(png(_numbers(), bits, 3, extra=extra), pixels, int(transparent))


def _png_grey_alpha(bits: int) -> Known:
    top = 2**bits - 1
    grey = _numbers().astype(np.uint16) * (top // 3)
    alpha = np.where(_numbers() == 1, 0, top).astype(np.uint16)
    shown = np.where(_numbers() == 1, 255, _numbers() * 85)[..., 0]
    return Known(png(np.concatenate([grey, alpha], 2), bits, 4), _shown(shown))


def _png_key() -> Known:
    """One colour, named in the header, is transparent."""
    made = png(quarters(), 8, 2, extra=chunk(b"tRNS", struct.pack(">HHH", *GREEN)))
    return Known(made, quarters(RED, WHITE, BLUE, OCHRE))


def _png_grey_key(bits: int) -> Known:
    grey = _numbers().astype(np.uint16) * ((2**bits - 1) // 3)
    made = png(grey, bits, 0, extra=chunk(b"tRNS", struct.pack(">H", int(grey[0, CELL, 0]))))
    return Known(made, _shown(np.where(_numbers() == 1, 255, _numbers() * 85)[..., 0]))


def _png_grey(bits: int) -> Known:
    grey = _numbers().astype(np.uint16) * ((2**bits - 1) // 3) if bits > 1 else _numbers() % 2
    return Known(png(grey, bits, 0), _shown((_numbers() * 85 if bits > 1 else grey * 255)[..., 0]))


def _moving(kind: str, **options: Any) -> Known:
    first, *others = (Image.fromarray(quarters(a, GREEN, BLUE, a)) for a in (RED, OCHRE, WHITE))
    pixels = np.asarray(first)
    return Known(saved(first, kind, save_all=True, append_images=others, **options), pixels)


def _gif_in_a_corner() -> Known:
    """The first picture is smaller than the screen, the rest of which is transparent: white."""
    small = Image.fromarray(_numbers()[..., 0])
    small.putpalette(_PALETTE.tobytes())
    data = bytearray(saved(small, "GIF"))
    height, width = small.height + 8, small.width + 10
    data[6:10] = struct.pack("<HH", width, height)
    place = data.index(b",\0\0\0\0" + struct.pack("<HH", small.width, small.height))
    data[place + 1 : place + 5] = struct.pack("<HH", 10, 8)
    data[place:place] = b"!\xf9\4\1\0\0\7\0"  # entry 7 of the palette is transparent
    pixels = np.full((height, width, 3), 255, np.uint8)
    pixels[8:, 10:] = quarters()
    return Known(bytes(data), pixels)


def _alpha(pixels: Array, alpha: Array) -> Image.Image:
    return Image.fromarray(np.concatenate([pixels, alpha.astype(np.uint8)], 2))


def _rgba(kind: str, **options: Any) -> Known:
    alpha = np.where(_numbers() == 1, 0, 255)
    data = saved(_alpha(quarters(), alpha), kind, **options)
    return Known(data, quarters(RED, WHITE, BLUE, OCHRE))


def _bmp(mode: str) -> Known:
    if mode == "1":
        bits = _numbers()[..., 0] % 2
        return Known(saved(Image.fromarray(bits.astype(bool)), "BMP"), _shown(bits * 255))
    picture = Image.fromarray(quarters())
    return Known(saved(picture.quantize(8) if mode == "P" else picture, "BMP"), quarters())


def _tiff_grey(bits: int, order: str = "<", *, white_is_zero: bool = False) -> Known:
    top = 2**bits - 1
    part = _numbers() // 3 * 3 if bits == 1 else _numbers()
    grey = (part.astype(float) / 3 * top).astype(np.uint8 if bits <= 8 else np.uint16)
    stored = (top - grey).astype(grey.dtype) if white_is_zero else grey
    data = tiff(stored, bits, 0 if white_is_zero else 1, order=order)
    return Known(data, _shown(part[..., 0] * 85))


def _tiff_float(order: str = "<") -> Known:
    grey = (_numbers() / np.float32(3)).astype(np.float32)
    return Known(tiff(grey, 32, 1, {339: (3, [3])}, order=order), _shown(_numbers()[..., 0] * 85))


def _tiff_deep(order: str = "<") -> Known:
    deep = _deep(quarters())
    return Known(tiff(deep, 16, 2, order=order), _deep_shown(deep), 1)


def _tiff_inks(bits: int) -> Known:
    inks = quarters((0, 255, 255, 0), (255, 0, 255, 0), (0, 0, 0, 255), (0, 102, 204, 51))
    stored = inks if bits == 8 else inks.astype(np.uint16) * 257
    pixels = quarters((255, 0, 0), (0, 255, 0), (0, 0, 0), (204, 122, 41))
    return Known(tiff(stored, bits, 5), pixels, 1)


def _tiff_alpha(kind: int) -> Known:
    """Grey with a second channel: 0 of no meaning, 1 alpha by which the grey was multiplied, 2
    alpha."""
    grey = quarters((200, 0, 0), (100, 0, 0), (0, 0, 0), (51, 0, 0))[..., :1]
    alpha = quarters((255, 0, 0), (100, 0, 0), (0, 0, 0), (102, 0, 0))[..., :1]
    shown = {
        0: grey,
        1: grey + (255.0 - alpha),
        2: grey * (alpha / 255.0) + (255.0 - alpha),
    }[kind]
    data = tiff(np.concatenate([grey, alpha], 2), 8, 1, {338: (3, [kind])})
    return Known(data, _shown(np.rint(shown)[..., 0]), 0 if kind == 0 else 2)


def _tiff_palette() -> Known:
    colours = np.zeros((3, 16), int)
    colours[:, :4] = _PALETTE.T.astype(int) * 257
    return Known(tiff(_numbers(), 4, 3, {320: (3, colours.reshape(-1).tolist())}), quarters())


def _tiff_saved(mode: str = "RGB", **options: Any) -> Known:
    picture, within = Image.fromarray(quarters()), 0
    if mode == "1":
        bits = _numbers()[..., 0] % 2
        return Known(
            saved(Image.fromarray(bits.astype(bool)), "TIFF", **options), _shown(bits * 255)
        )
    if mode == "YCbCr":
        within = 4
    return Known(saved(picture.convert(mode), "TIFF", **options), quarters(), within)


def _pages() -> Known:
    first, second = quarters(), quarters(BLUE, RED, OCHRE, GREEN)
    options = {"save_all": True, "append_images": [Image.fromarray(second)]}
    return Known(saved(Image.fromarray(first), "TIFF", **options), first)


def _oriented(kind: str, orientation: int) -> Known:
    stored = quarters()
    options: dict[str, Any] = {"exif": exif(orientation)}
    if kind == "JPEG":
        options |= {"quality": 100, "subsampling": 0}
    elif kind == "WEBP":
        options |= {"lossless": True}
    data = saved(Image.fromarray(stored), kind, **options)
    return Known(data, np.ascontiguousarray(turned(stored, orientation)), 3 * (kind == "JPEG"))


def _kinds() -> Iterable[tuple[str, Callable[[], Known]]]:
    grey, pixels = _grey(), quarters()
    options = {"quality": 100, "subsampling": 0}
    yield "JPEG", _jpeg
    yield "JPEG, progressive", partial(_jpeg, progressive=True)
    yield "JPEG, stored as RGB", partial(_jpeg, keep_rgb=True)
    yield (
        "JPEG, grey",
        lambda: Known(saved(Image.fromarray(grey), "JPEG", **options), _shown(grey), 2),
    )
    yield "JPEG, CMYK", _cmyk_jpeg
    yield "JPEG, YCCK", _ycck_jpeg
    yield "JPEG, two pictures", _mpo
    yield "PNG", lambda: Known(png(pixels, 8, 2), pixels)
    yield "PNG, interlaced", lambda: Known(png(pixels, 8, 2, interlaced=True), pixels)
    yield "PNG, 16-bit", lambda: Known(png(_deep(pixels), 16, 2), _deep_shown(_deep(pixels)), 1)
    yield "PNG, transparent", partial(_rgba, "PNG")
    yield "PNG, moving", partial(_moving, "PNG")
    for bits in (1, 2, 4, 8, 16):
        yield f"PNG, {bits}-bit grey", partial(_png_grey, bits)
    for bits in (2, 4, 8):
        yield f"PNG, {bits}-bit palette", partial(_png_palette, bits)
    yield "PNG, with a key", _png_key
    yield "PNG, transparent palette", partial(_png_palette, 8, transparent=True)
    for bits in (8, 16):
        yield f"PNG, {bits}-bit grey with alpha", partial(_png_grey_alpha, bits)
        yield f"PNG, {bits}-bit grey with a key", partial(_png_grey_key, bits)
    yield "GIF, moving", partial(_moving, "GIF")
    yield "GIF, smaller than its screen", _gif_in_a_corner
    yield "WEBP", lambda: Known(saved(Image.fromarray(pixels), "WEBP", lossless=True), pixels)
    yield "WEBP, transparent", partial(_rgba, "WEBP", lossless=True)
    yield "WEBP, moving", partial(_moving, "WEBP", lossless=True)
    for mode in ("RGB", "P", "1"):
        yield f"BMP, {mode}", partial(_bmp, mode)
    for bits in (1, 4, 8, 12, 16):
        yield f"TIFF, {bits}-bit grey", partial(_tiff_grey, bits)
        if bits != 12:
            yield (
                f"TIFF, {bits}-bit grey, white is 0",
                partial(_tiff_grey, bits, white_is_zero=True),
            )
    yield "TIFF, 16-bit grey, Motorola", partial(_tiff_grey, 16, ">")
    yield "TIFF, floats", _tiff_float
    yield "TIFF, floats, Motorola", partial(_tiff_float, ">")
    yield "TIFF, 16-bit", _tiff_deep
    yield "TIFF, 16-bit, Motorola", partial(_tiff_deep, ">")
    for bits in (8, 16):
        yield f"TIFF, {bits}-bit CMYK", partial(_tiff_inks, bits)
    for kind, said in enumerate(("a channel more", "multiplied alpha", "alpha")):
        yield f"TIFF, grey with {said}", partial(_tiff_alpha, kind)
    yield "TIFF, palette", _tiff_palette
    yield "TIFF, pages", _pages
    yield "TIFF, fax", partial(_tiff_saved, "1", compression="group4")
    yield "TIFF, LZW", partial(_tiff_saved, compression="tiff_lzw")
    yield "TIFF, JPEG inside", partial(_tiff_saved, "YCbCr", compression="jpeg", quality=100)
    for kind in ("JPEG", "PNG", "WEBP", "TIFF"):
        for orientation in range(1, 9):
            yield (
                f"{kind}, orientation {orientation}",
                partial(_oriented, kind, orientation),
            )


KINDS: Mapping[str, Callable[[], Known]] = dict(_kinds())
