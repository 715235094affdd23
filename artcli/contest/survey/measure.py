"""One picture measured: its file, its light and colours, its looks, all from a single decoding."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from artcli.contest.images import BadImage, Header, examine_image, open_file, resize
from artcli.contest.survey.jpeg import jpeg_quality, tables_mark
from artcli.contest.survey.records import SIDE, Measures
from artcli.contest.survey.styles import STYLE, style_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

MEASURES_VERSION = 1  # goes up when the measures of some picture would come out differently

_SMALL = 192  # pixels, the longest side of the picture that colours and textures are told of
_GREY_LEVELS = 12  # of 255, between the brightest and the darkest channel of what looks grey
_COLOURED = 0.005  # of the pixels of a grey picture: specks


@dataclass(frozen=True, eq=False)
class Measured:
    """A picture's measures, its thumb `(SIDE, SIDE, 3)` uint8 and its style `(STYLE,)` float32."""

    measures: Measures
    thumb: NDArray[np.uint8]
    style: NDArray[np.float32]


def measure(path: str) -> Measured:
    """What the picture in the file `path` is; of a bad one, what can be had, and its problem.

    A file that the system would not give has no `sha256`: it may be fine another time.
    """
    try:
        with open_file(Path(path)) as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            facts = Measures(bytes=file.tell(), sha256=sha256)
            file.seek(0)
            found = examine_image(file, path)
    except BadImage as problem:
        return _bad(Measures(problem=problem.reason))
    except OSError as error:
        return _bad(Measures(problem=f"cannot be read: {error.strerror or error}"))
    if found.header is not None:
        facts = _with_header(facts, found.header)
    if found.array is None:
        return _bad(replace(facts, problem=found.problem))
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # the processes share the cores
    try:
        return _seen(facts, found.array)
    finally:
        cv2.setNumThreads(threads)


def _bad(measures: Measures) -> Measured:
    return Measured(measures, np.zeros((SIDE, SIDE, 3), np.uint8), np.zeros(STYLE, np.float32))


def _with_header(facts: Measures, header: Header) -> Measures:
    tables = header.quantization
    return replace(
        facts,
        format=header.format,
        mode=header.mode,
        frames=header.frames,
        orientation=header.orientation,
        width=header.width,
        height=header.height,
        quality=jpeg_quality(tables) if tables else None,
        tables=tables_mark(tables, header.sampling) if tables else "",
    )


def _seen(facts: Measures, array: NDArray[np.uint8]) -> Measured:
    height, width = array.shape[:2]
    small = _reduced(array)
    lab = np.asarray(cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2Lab), np.float32)
    (light, _, _, _), (deviation, _, _) = cv2.mean(lab), cv2.meanStdDev(lab)[1]
    red, green, blue, _ = cv2.mean(small)
    measures = replace(
        facts,
        width=width,
        height=height,
        pixels=_pixels_hash(array),
        grey=_is_grey(small),
        lightness=_rounded(light),
        contrast=_rounded(deviation.item()),
        chroma=_rounded(np.hypot(lab[..., 1], lab[..., 2]).mean()),
        colour=(round(red), round(green), round(blue)),
        sharpness=_sharpness(array),
        phash=_perceptual_hash(small),
        mirrored=_perceptual_hash(small[:, ::-1]),
    )
    return Measured(measures, resize(small, SIDE, SIDE), style_of(lab))


def _is_grey(picture: NDArray[np.uint8]) -> bool:
    """Whether all but a few pixels have channels that hardly differ; JPEG blurs the colour of a
    grey picture by a few levels."""
    red, green, blue = cv2.split(picture)
    least, most = cv2.min(cv2.min(red, green), blue), cv2.max(cv2.max(red, green), blue)
    return bool(np.count_nonzero(most - least > _GREY_LEVELS) <= _COLOURED * red.size)


def _reduced(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`array` with its longest side at `_SMALL` pixels, averaged; as it is where it is smaller."""
    height, width = array.shape[:2]
    times = max(1, min(max(height, width) // _SMALL, height, width))
    whole = array[: height // times * times, : width // times * times]
    small = _averaged(whole, width // times, height // times)  # by a whole number: much quicker
    scale = min(1, _SMALL / max(small.shape))
    return _averaged(
        small, max(1, round(small.shape[1] * scale)), max(1, round(small.shape[0] * scale))
    )


def _averaged(array: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(array, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _pixels_hash(array: NDArray[np.uint8]) -> str:
    digest = hashlib.sha256(repr(array.shape).encode())
    digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _sharpness(array: NDArray[np.uint8]) -> float:
    """The mean square of the Laplacian by the variance of the grey values, at full size."""
    grey = cv2.cvtColor(array, cv2.COLOR_RGB2GRAY)
    _, deviation = cv2.meanStdDev(grey)
    edges = cv2.Laplacian(grey, cv2.CV_16S)
    mean, spread = cv2.meanStdDev(edges)
    if not deviation.item():
        return 0.0
    return _rounded((mean.item() ** 2 + spread.item() ** 2) / deviation.item() ** 2)


def _perceptual_hash(picture: NDArray[np.uint8]) -> int:
    """The 64 bits of imagehash's `phash`: which low frequencies are above their median."""
    import imagehash

    return int(str(imagehash.phash(Image.fromarray(picture))), 16)


def _rounded(value: float | np.floating) -> float:
    """To six figures: the last bits of a sum depend on the machine."""
    return float(f"{float(value):.6g}")
