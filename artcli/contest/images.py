"""The one decoder: every picture, of training or of test, becomes pixels here and nowhere else.

Files or bytes come in; `(H, W, 3)` uint8 RGB arrays go out, turned the way EXIF says. Grey, CMYK,
16-bit, palette and animated pictures are understood; what cannot be shown faithfully is refused
with a `BadImage` that names the file. Embedded colour profiles are not applied.
"""

from __future__ import annotations

import ctypes
import io
import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from PIL import Image, JpegImagePlugin, TiffImagePlugin, _imaging

from artcli.contest.disguises import what_it_is
from artcli.contest.file_names import near_names
from artcli.contest.workers import work
from artcli.errors import ArtcliError
from artcli.workspace.files import read_json, write_sealed
from artcli.workspace.plain_files import require_plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"})
MAX_PIXELS = 100_000_000
MAX_SIDE = 65_500  # of a JPEG, and so of a piece
MAX_SCANS = 100  # of a JPEG, each of which goes over all pixels; ten are many
MAX_FRAMES = 1_000  # counted of a TIFF, where counting takes ever longer
DECODER_VERSION = 2  # goes up when the pixels of some file would come out differently

_BAND = 2_000_000  # pixels that are made RGB at once, where that takes many times their room
_COUNTED = 256 << 20  # bytes of a JPEG whose scans are counted
_MARKER = re.compile(rb"\xff[\x02-\xcf\xd8-\xfe]")  # but those without a length
_SCAN, _END = 0xDA, 0xD9
_ORIENTATION_TAG = 0x0112
_SAMPLINGS = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}
_TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# What Pillow and its libtiff say of damage, harmless or not, would reach the user unasked.
warnings.filterwarnings("ignore", module=r"PIL\b")
logging.getLogger("PIL").addHandler(logging.NullHandler())
with suppress(OSError, AttributeError):  # a Pillow whose libtiff cannot be reached
    ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler(None)


class BadImage(ArtcliError):
    """A file that cannot be shown faithfully; the message names it and says why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} {reason}", "replace the file, or remove its row from the table")
        self.name = name
        self.reason = reason

    def __reduce__(self) -> tuple[type[BadImage], tuple[str, str]]:
        return BadImage, (self.name, self.reason)


@dataclass(frozen=True)
class Header:
    """What a file says of itself.

    `width` and `height` as the picture is shown, `orientation` EXIF's, 1 to 8. Of a JPEG:
    `quantization`, its tables of 64 steps each, brightness first, and `sampling`, of its colour
    (`4:2:0`; `grey` where it has none, "" where it is another).
    """

    format: str
    mode: str
    width: int
    height: int
    frames: int
    orientation: int
    quantization: tuple[tuple[int, ...], ...] = ()
    sampling: str = ""


@dataclass(frozen=True, eq=False)
class Examined:
    """A file looked at: its header, and its pixels, `(H, W, 3)` uint8 RGB, read-only; None where it
    has none.

    `problem` is why the pixels are missing, in words that follow the file's name.
    """

    header: Header | None = None
    array: NDArray[np.uint8] | None = None
    problem: str = ""


def examine_image(file: IO[bytes], name: str) -> Examined:
    """Header and pixels of an open file; of a bad one, what can be had, and the reason."""
    header = None
    try:
        picture = _open_header(file, name)
        header = _header_of(picture)
        _check_size(picture, name)
        pixels = _pixels_of(_load(picture, name), name)
        return Examined(_completed(header, picture, pixels), pixels)
    except BadImage as problem:
        return Examined(header, problem=problem.reason)


def read_image(path: Path) -> NDArray[np.uint8]:
    """The picture in the file `path`: `(H, W, 3)` uint8 RGB."""
    with open_file(path) as file:
        return _decode(file, str(path))


def decode_image(data: bytes, name: str) -> NDArray[np.uint8]:
    """The picture in `data`: `(H, W, 3)` uint8 RGB. `name` is what an error calls it."""
    return _decode(io.BytesIO(data), name)


def encode_jpeg(array: NDArray[np.uint8], quality: int = 95) -> bytes:
    """`(H, W, 3)` uint8 RGB as JPEG bytes, chroma at half size, as the contest's pieces are.

    `(H, W)` makes a grey JPEG.
    """
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
    return buffer.getvalue()


def encode_png(array: NDArray[np.uint8]) -> bytes:
    """`(H, W, 3)` uint8 RGB as PNG bytes: nothing is lost."""
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()


def resize(array: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """`array` at `width` x `height`: bicubic and antialiased, the same filter everywhere."""
    if array.shape[:2] == (height, width):
        return array
    resized = Image.fromarray(array).resize(
        (width, height), Image.Resampling.BICUBIC, reducing_gap=None
    )
    return np.asarray(resized)


def check_images(
    paths: Sequence[Path], *, remember: Path | None = None, workers: int | None = None
) -> list[str]:
    """One line for each file of `paths` that cannot be decoded, in their order; all at once."""
    return list(bad_images(paths, remember=remember, workers=workers).values())


def bad_images(
    paths: Sequence[Path], *, remember: Path | None = None, workers: int | None = None
) -> dict[Path, str]:
    """The files of `paths` that cannot be decoded, in their order, with a line for each.

    Every file is really decoded, in several processes. `remember` is a JSON file that keeps the
    size and time of the good ones, so that the next check reads only what changed.
    """
    known = _recall(remember)
    marks = {str(path): _mark(path) for path in paths}
    unknown = [name for name, mark in marks.items() if mark is None or known.get(name) != mark]
    problems: dict[str, str] = {}
    if unknown:
        found = work(
            _problem_of, unknown, "Checking images", workers=workers, alone_below=96, chunk=32
        )
        for name, problem in zip(unknown, found, strict=True):
            if problem is not None:
                problems[name] = problem
    if remember is not None and unknown:
        good = {name: mark for name, mark in marks.items() if name not in problems}
        write_sealed(remember, {"decoder": DECODER_VERSION, "good": known | good})
    return {Path(name): problem for name, problem in problems.items()}


def _problem_of(name: str) -> str | None:
    try:
        with open_file(Path(name)) as file:
            picture = _open_picture(file, name)
            # An eighth of the size is enough to meet every byte of a JPEG, and far quicker.
            picture.draft(None, (picture.width // 8 or 1, picture.height // 8 or 1))
            _pixels_of(_load(picture, name), name)
    except BadImage as problem:
        return problem.message
    return None


def _mark(path: Path) -> list[int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return [facts.st_size, facts.st_mtime_ns]


def _recall(remember: Path | None) -> dict[str, Any]:
    if remember is None:
        return {}
    with suppress(ArtcliError, KeyError, TypeError, AttributeError):
        kept = read_json(remember)
        if kept["decoder"] == DECODER_VERSION:
            return dict(kept["good"])
    return {}


def open_file(path: Path) -> io.BufferedReader:
    """The file of a picture, to be read; `BadImage` where it cannot be opened."""
    try:
        require_plain(path)
        return path.open("rb")
    except FileNotFoundError as error:
        near = near_names(path)
        there = f"; there is {' and '.join(map(repr, near))}" if near else ""
        raise BadImage(str(path), f"is missing{there}") from error
    except IsADirectoryError as error:
        raise BadImage(str(path), "is a folder, not an image") from error
    except OSError as error:
        raise BadImage(str(path), f"cannot be opened: {error.strerror or error}") from error


def _decode(file: IO[bytes], name: str) -> NDArray[np.uint8]:
    return np.array(_pixels_of(_load(_open_picture(file, name), name), name))


def _pixels_of(picture: Image.Image, name: str) -> NDArray[np.uint8]:
    with _told(name):
        turn = _TRANSPOSITIONS.get(_orientation(picture))
        rgb = _to_rgb(picture, name)
        return np.asarray(rgb.transpose(turn) if turn is not None else rgb)


def _open_picture(file: IO[bytes], name: str) -> Image.Image:
    """The picture with its header read and its size allowed, not yet its pixels."""
    picture = _open_header(file, name)
    _check_size(picture, name)
    return picture


def _open_header(file: IO[bytes], name: str) -> Image.Image:
    try:
        return Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise BadImage(name, f"is too large (over {MAX_PIXELS:,} pixels)") from error
    except Exception as error:  # a damaged header makes Pillow raise nearly anything
        raise BadImage(name, _what_it_is_instead(file)) from error


def _check_size(picture: Image.Image, name: str) -> None:
    size = f"{picture.width:,} x {picture.height:,}"
    if picture.width * picture.height > MAX_PIXELS:
        raise BadImage(name, f"is too large ({size}; at most {MAX_PIXELS:,} pixels)")
    if max(picture.size) > MAX_SIDE:
        raise BadImage(name, f"is too large ({size}; at most {MAX_SIDE:,} pixels a side)")
    if not min(picture.size):
        raise BadImage(name, f"is damaged (it is {size} pixels)")


def _check_scans(picture: JpegImagePlugin.JpegImageFile, name: str) -> None:
    """An empty scan takes ten bytes of a file, and as long to decode as a full one."""
    file = picture.fp
    assert file is not None  # not decoded yet
    place = file.tell()
    file.seek(0)
    data = file.read(_COUNTED)
    file.seek(place)
    scans, at = 0, 2
    while found := _MARKER.search(data, at):
        if data[found.end() - 1] == _END:
            return
        scans += data[found.end() - 1] == _SCAN
        if scans > MAX_SCANS:
            raise BadImage(name, f"is a JPEG of too many scans (at most {MAX_SCANS})")
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2])


def _header_of(picture: Image.Image) -> Header:
    """What can be told before the pixels are decoded."""
    # Asked for EXIF's data, a PNG is decoded; its damage would be told here, and not again later.
    orientation = 1 if picture.format == "PNG" else _orientation(picture)
    width, height = picture.size
    if orientation >= 5 and picture.format != "TIFF":  # whose size Pillow turns by itself
        width, height = height, width
    sampling = ""
    tables: tuple[tuple[int, ...], ...] = ()
    if isinstance(picture, JpegImagePlugin.JpegImageFile):
        tables = tuple(tuple(picture.quantization[key]) for key in sorted(picture.quantization))
        sampling = "grey" if picture.mode == "L" else ""
        with suppress(IndexError):  # of two channels
            sampling = sampling or _SAMPLINGS.get(JpegImagePlugin.get_sampling(picture), "")
    kind = picture.format or ""
    return Header(kind, picture.mode, width, height, 1, orientation, tables, sampling)


def _completed(header: Header, picture: Image.Image, pixels: NDArray[np.uint8]) -> Header:
    """`header` with what can be told when the pixels have been decoded."""
    height, width, _ = pixels.shape
    orientation = max(header.orientation, _orientation(picture))  # a TIFF has lost its own by now
    frames = 1
    with suppress(Exception):  # of a file that is damaged after its first picture
        frames = _count_frames(picture)
    return replace(header, width=width, height=height, orientation=orientation, frames=frames)


def _count_frames(picture: Image.Image) -> int:
    """The pictures of a file; of a TIFF with very many, as many as are counted."""
    if isinstance(picture, TiffImagePlugin.TiffImageFile):
        with suppress(EOFError):
            picture.seek(MAX_FRAMES)
            return MAX_FRAMES
    return int(getattr(picture, "n_frames", 1))


def _load(picture: Image.Image, name: str) -> Image.Image:
    with _told(name):
        if isinstance(picture, JpegImagePlugin.JpegImageFile):
            _check_scans(picture, name)
        picture.load()
    return picture


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Whatever the pixels of a damaged file make Pillow raise, as a `BadImage`.

    Too little memory is no fault of the file, which would be refused until it changes.
    """
    try:
        yield
    except BadImage:
        raise
    except MemoryError as error:
        hint = "close other programs, or move to a machine with more of it"
        raise ArtcliError(f"there is too little memory to decode {name}", hint) from error
    except Exception as error:
        short = "truncated" in str(error) or isinstance(error, EOFError)
        why = " ".join(str(error).split()) or type(error).__name__
        raise BadImage(name, "is truncated" if short else f"is damaged ({why})") from error


def _what_it_is_instead(file: IO[bytes]) -> str:
    try:
        file.seek(0)
        start = file.read(1024)
    except OSError as error:  # of the disk
        return f"cannot be read: {error.strerror or error}"
    if not start.strip():
        return "is empty"
    if start.startswith(b"version https://git-lfs"):
        return "is a Git LFS pointer, not the image; fetch it with: git lfs pull"
    what, known = what_it_is(start), ", ".join(FORMATS)
    if what == "a web page":
        return "is a web page saved under an image's name; download it again"
    return f"is {what}, not an image ({known})" if what else f"is not a readable image ({known})"


def _orientation(picture: Image.Image) -> int:
    try:
        found = int(picture.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # a damaged EXIF block must not cost the picture itself
        return 1
    return found if found in _TRANSPOSITIONS else 1


def _to_rgb(picture: Image.Image, name: str) -> Image.Image:
    """Any mode as RGB: deep grey scaled, not clipped; transparency laid on white."""
    if picture.mode.startswith("I") or picture.mode == "F":
        return _deep_grey(picture, name).convert("RGB")
    if picture.mode == "La":  # grey multiplied by its alpha, which Pillow turns into this alone
        picture = picture.convert("LA")
    if picture.has_transparency_data:
        return _on_white(picture)
    try:
        return picture if picture.mode == "RGB" else picture.convert("RGB")
    except ValueError as error:
        raise BadImage(name, f"has pixels of an unknown kind ({picture.mode})") from error


def _on_white(picture: Image.Image) -> Image.Image:
    """A picture with transparent parts, band by band: whole, it would take five times its room."""
    made = Image.new("RGB", picture.size)
    rows = max(1, _BAND // picture.width)
    for top in range(0, picture.height, rows):
        box = (0, top, picture.width, min(top + rows, picture.height))
        above = picture.crop(box).convert("RGBA")
        below = Image.new("RGBA", above.size, "white")
        made.paste(Image.alpha_composite(below, above).convert("RGB"), box)
    return made


def _deep_grey(picture: Image.Image, name: str) -> Image.Image:
    """Grey of 12 or 16 bits (also as 32-bit integers), or floats in 0..1, as 8-bit grey."""
    top = 1.0 if picture.mode == "F" else 65535.0
    tags = picture.tag_v2 if isinstance(picture, TiffImagePlugin.TiffImageFile) else {}
    if tags.get(TiffImagePlugin.BITSPERSAMPLE) == (12,):
        top = 4095.0
    white_is_0 = tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0
    key = picture.info.get("transparency")
    deep = np.asarray(picture)
    made = np.empty(deep.shape, np.uint8)
    rows = max(1, _BAND // picture.width)
    for first in range(0, len(deep), rows):
        with np.errstate(invalid="ignore"):  # not a number, which is refused below
            values = deep[first : first + rows].astype(np.float64)
        if not (values.min() >= 0 and values.max() <= top):
            raise BadImage(name, f"has grey values outside 0 to {top:.0f}")
        if white_is_0:
            values = top - values
        if isinstance(key, int):
            values[values == key] = top
        made[first : first + rows] = np.rint(values * (255 / top))
    return Image.fromarray(made)
