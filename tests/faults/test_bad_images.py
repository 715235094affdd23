"""Bad and unusual pictures: shown as they are meant, or refused by name; no other row suffers."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from picture_kinds import KINDS, Known
from picture_mutants import mutant
from PIL import Image

from artcli.contest import images
from artcli.contest.images import BadImage, bad_images, decode_image, examine_image
from artcli.contest.pixel_rows import Job, PixelSource, decode_into_place
from artcli.contest.survey.measure import measure
from artcli.host.records import Box

Trials = Callable[[int, int], int]
SLOWEST = 10.0  # seconds that any one file may keep a reader busy
# pytest lets through what artcli keeps from the user.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

PIECES = (Box(0, 0, 0.5, 0.5), Box(0.3, 0.5, 0.8, 1))


def known_pixels(name: str) -> str | None:
    """What is wrong with how a picture of a kind is shown; None where it is as it should be."""
    known: Known = KINDS[name]()
    try:
        examined = examine_image(io.BytesIO(known.data), name)
        shown = decode_image(known.data, name)
    except Exception as error:
        return f"{name}: {error!r}"
    if examined.array is None or examined.header is None:
        return f"{name}: {examined.problem}"
    if shown.shape != known.pixels.shape:
        return f"{name}: {shown.shape}, not {known.pixels.shape}"
    off = np.abs(shown.astype(int) - known.pixels).max()
    size = (examined.header.height, examined.header.width)
    if off > known.within or not np.array_equal(shown, examined.array):
        return f"{name}: off by {off}"
    return None if size == shown.shape[:2] else f"{name}: said to be {size}"


def _as_pillow_says(picture: Image.Image, _name: str) -> NDArray[np.uint8]:
    return np.asarray(picture.convert("RGB"))


def test_pictures_of_every_kind_are_shown_as_they_are_meant(
    shows: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [why for name in KINDS if (why := known_pixels(name))]
    monkeypatch.setattr(images, "_pixels_of", _as_pillow_says)
    control = sum(known_pixels(name) is not None for name in KINDS)
    shows(
        "images",
        "pictures of every kind, of known pixels",
        trials=len(KINDS),
        broken=broken,
        without="converted by Pillow's convert('RGB') alone",
        control=(len(KINDS), control),
    )


def damaged(number: int, seed: int) -> tuple[bytes, str]:
    """A picture of some kind, damaged once or twice, and what it is."""
    rng = np.random.default_rng([seed, number])
    name = list(KINDS)[rng.integers(len(KINDS))]
    data, harm = mutant(KINDS[name]().data, rng)
    if data and rng.random() < 0.3:
        data, more = mutant(data, rng)
        harm = f"{harm}, {more}"
    return data, f"{name}: {harm} ({number})"


def readers_differ(path: Path, what: str) -> str | None:
    """Every reader of a file in turn; where they do not agree, or one fails, what they say."""
    try:
        whole, problem = decode_image(path.read_bytes(), str(path)), ""
    except BadImage as error:
        whole, problem = None, error.reason
    except Exception as error:
        return f"{what}: decoded: {error!r}"
    try:
        said = {
            "the check": any(bad_images([path], workers=1)),
            "the survey": bool(measure(str(path)).measures.problem),
            "the pixel cache": bool(_cached(path, ())),
            "the pieces": bool(_cached(path, PIECES)),
        }
        with path.open("rb") as file:
            examined = examine_image(file, str(path))
    except Exception as error:
        return f"{what}: read: {error!r}"
    if wrong := [reader for reader, bad in said.items() if bad != bool(problem)]:
        return f"{what}: {', '.join(wrong)} disagree with: {problem or 'it is fine'}"
    same = examined.array is whole is None or np.array_equal(examined.array, whole)  # type: ignore[arg-type]
    return None if same and examined.problem == problem else f"{what}: other pixels in the survey"


def _cached(path: Path, boxes: Sequence[Box]) -> str:
    into = path.with_name("rows")
    into.touch()
    return decode_into_place(Job(PixelSource("key", path, tuple(boxes)), 32, into, 0)).problem


def test_all_readers_agree_on_a_damaged_picture(
    shows: Callable[..., None],
    trials: Trials,
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count, slowest = trials(40, 500), 0.0
    path, broken, refused = tmp_path / "picture", [], 0

    def differ(number: int) -> str | None:
        data, what = damaged(number, seed)
        path.write_bytes(data)
        return readers_differ(path, what)

    for number in range(count):
        started = time.perf_counter()
        if why := differ(number):
            broken.append(why)
        took = time.perf_counter() - started
        slowest = max(slowest, took)
        if took > SLOWEST:
            broken.append(f"{damaged(number, seed)[1]}: {took:.0f} s")
        refused += bool(bad_images([path], workers=1))
    monkeypatch.setattr(images, "_told", lambda _name: nullcontext())
    control = sum(differ(number) is not None for number in range(count))
    shows(
        "images",
        "damaged pictures, read by all that read pictures",
        trials=count,
        broken=broken,
        without="what Pillow raises is let through",
        control=(count, control),
        figures=f"{refused} refused, all others shown alike; five readers done in {slowest:.1f} s"
        " at most",
    )


LISTENED_TO = """
import sys
from pathlib import Path
if sys.argv[2] == "without":
    import ctypes, logging, warnings
    ctypes.CDLL = warnings.filterwarnings = logging.Logger.addHandler = lambda *_, **__: None
    warnings.simplefilter("always")
from artcli.contest.images import bad_images
for path in sorted(Path(sys.argv[1]).iterdir()):
    print("next", file=sys.stderr, flush=True)
    bad_images([path], workers=1)
"""


def test_damage_is_told_by_artcli_alone(
    shows: Callable[..., None], trials: Trials, seed: int, tmp_path: Path
) -> None:
    """Pillow warns, and libtiff below it writes to the terminal by itself."""
    count = trials(150, 500)
    for number in range(count):
        (tmp_path / f"{number:03}").write_bytes(damaged(number, seed)[0])
    said = {}
    for mode in ("with", "without"):
        words = [sys.executable, "-c", LISTENED_TO, str(tmp_path), mode]
        done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=300)
        files = done.stderr.split("next\n")[1:]
        assert len(files) == count
        said[mode] = [lines for lines in files if lines]
    shows(
        "images",
        "what the libraries below say of damage, kept from the user",
        trials=count,
        broken=said["with"],
        without="Pillow's warnings and libtiff's messages are let through",
        control=(count, len(said["without"])),
    )
