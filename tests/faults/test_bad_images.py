"""Bad and unusual pictures: shown as they are meant, or refused by name; no other row suffers."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from command_line import artcli
from fake_runs import untrained_run
from numpy.typing import NDArray
from painted import MODEL, painted_workspace
from picture_kinds import KINDS, Known, saved
from picture_mutants import mutant
from PIL import Image
from small_contests import write_tables

from artcli.contest import images
from artcli.contest.images import (
    BadImage,
    bad_images,
    decode_image,
    examine_image,
    read_image,
    resize,
)
from artcli.contest.pixel_rows import Job, PixelSource, decode_into_place
from artcli.contest.pixels import Pixels
from artcli.contest.survey.measure import measure
from artcli.contest.tables import read_contest
from artcli.host.discovery import load_host
from artcli.host.records import Box
from artcli.predicting.folder import read_kept
from artcli.predicting.looking import probabilities
from artcli.training.pixel_sets import test_pixels as pixels_of_test
from artcli.training.recipe import make_recipe
from artcli.training.trained import load_trained
from artcli.workspace.paths import Workspace

Trials = Callable[[int, int], int]
SLOWEST = 20.0  # seconds of a core that any one file may keep all five readers busy
# pytest lets through what artcli keeps from the user.
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning:PIL"),
    pytest.mark.usefixtures("one_thread"),
]

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
        started = time.process_time()
        if why := differ(number):
            broken.append(why)
        took = time.process_time() - started
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
        figures=f"{refused} refused, all others shown alike; the five readers of any took"
        f" {slowest:.1f} s of a core at most",
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


FORMS: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("RGB", "JPEG", {"quality": 95}),
    ("RGB", "JPEG", {"progressive": True}),
    ("L", "JPEG", {}),
    ("CMYK", "JPEG", {"quality": 95}),
    ("RGB", "PNG", {}),
    ("P", "PNG", {}),
    ("RGBA", "PNG", {}),
    ("P", "GIF", {}),
    ("RGB", "WEBP", {}),
    ("RGB", "BMP", {}),
    ("RGB", "TIFF", {}),
    ("CMYK", "TIFF", {"compression": "tiff_lzw"}),
)


def draw(rng: np.random.Generator, *, damage: float) -> bytes:
    """A picture like no other, in some form; damaged in `damage` of all cases."""
    cells = rng.integers(0, 256, (6, 4, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    mode, kind, options = FORMS[rng.integers(len(FORMS))]
    data = saved(Image.fromarray(cells).convert(mode), kind, **options)
    return mutant(data, rng)[0] if rng.random() < damage else data


RECIPE = make_recipe(
    {"model": "timm:arch=test_efficientnet,pretrained=false", "image_size": 32, "folds": 3}
)
ROWS = 20


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = painted_workspace(tmp_path_factory.mktemp("images") / "ws", each=2, pieces=ROWS)
    untrained_run(made, read_contest(made), RECIPE, "first", ["0"])
    return made


def alone(model: torch.nn.Module, path: Path) -> NDArray[np.float32] | None:
    """What the model says of the only picture it is shown; None of one that cannot be read."""
    try:
        picture = resize(read_image(path), 32, 32)
    except BadImage:
        return None
    return probabilities(model, picture[None])[0]


def predicted_otherwise(workspace: Workspace, model: torch.nn.Module) -> list[str]:
    """Each picture of the test through `predict` twice and `submit`; where they go astray."""
    paths = {f"TEST_{n:05}": workspace.data / f"test/TEST_{n:05}.jpg" for n in range(ROWS)}
    expected = {key: alone(model, path) for key, path in paths.items()}
    bad = {key for key, values in expected.items() if values is None}
    artists = read_contest(workspace).artists
    csv_file = workspace.root / "named.csv"
    csv_file.unlink(missing_ok=True)
    where = ("-w", workspace.root)
    test = artcli("predict", "first", "--json", *where)
    named = artcli("predict", "first", *paths.values(), "--csv", csv_file, "--json", *where)
    filled = artcli("submit", "first", "--fill-bad", artists[0], "--json", *where)
    unfilled = artcli("submit", "first", "--json", *where)
    answers = (test, named, filled, unfilled)
    codes = (0, int(bool(bad)), 0, int(bool(bad)))
    for one, code in zip(answers, codes, strict=True):
        if one.code != code or "Traceback" in one.err or "internal" in one.err:
            return [f"it ended with {one.code}: {one.err}"]
    lines: list[str] = []
    if set(test.json["bad_test_images"]) != bad:
        lines.append(f"bad are {bad}, not {set(test.json['bad_test_images'])}")
    kept = read_kept(workspace, "first")
    assert kept is not None
    assert kept.test is not None
    of_test = dict(zip(kept.test.ids.tolist(), kept.test.probabilities, strict=True))
    with csv_file.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if [row["picture"] for row in rows] != [str(path) for path in paths.values()]:
        lines.append("the CSV has not the pictures that were named, in their order")
    submitted = Path(filled.json["submission"]).read_text("utf-8").splitlines()[1:]
    if [line.partition(",")[0] for line in submitted] != list(paths):
        lines.append("the submission has not the ids of the test, in their order")
    for (key, path), row, line in zip(paths.items(), rows, submitted, strict=True):
        values, guess = expected[key], line.partition(",")[2]
        if values is None:
            told = str(path) in row["problem"] and not row["artist_1"]
            if not told or key in of_test or guess != artists[0]:
                lines.append(f"{key}, which cannot be read: {row}, {guess}")
            continue
        best = artists[int(values.argmax())]
        near = key in of_test and np.allclose(of_test[key], values, atol=1e-5)
        if not near or row["problem"] or {best} != {row["artist_1"], guess}:
            lines.append(f"{key}: {values}, {of_test.get(key)}, {row}, {guess}")
    return lines


def test_every_row_is_predicted_for_its_own_picture_or_refused(
    shows: Callable[..., None],
    trials: Trials,
    seed: int,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rounds = trials(2, 25)
    contest = read_contest(workspace)
    model = load_trained(workspace, load_host(workspace), "first", "0").model

    def paint(number: int) -> None:
        rng = np.random.default_rng([seed, number])
        for painting in contest.test:
            painting.path.write_bytes(draw(rng, damage=0.7))

    broken = []
    for number in range(rounds):
        paint(number)
        broken += predicted_otherwise(workspace, model)

    def by_position(*given: object) -> Pixels:
        pixels = pixels_of_test(*given)  # type: ignore[arg-type]
        return replace(pixels, keys=tuple(one.id for one in contest.test)[: len(pixels)])

    monkeypatch.setattr("artcli.predicting.predict.test_pixels", by_position)
    control = 0
    for number in range(2):
        paint(number)
        control += len(predicted_otherwise(workspace, model))
    shows(
        "images",
        "rows of a test, predicted, named and submitted",
        trials=rounds * ROWS,
        broken=broken,
        without="ids are given to predictions by their position",
        control=(2 * ROWS, control),
        figures="each as the same picture alone, within 0.00001",
    )


def refused_otherwise(root: Path, rng: np.random.Generator) -> list[str]:
    """A contest with bad pictures taken over by `init`, or refused; where something is lost."""
    contest = read_contest(write_tables(root / "contest", each=1, pieces=5))
    members = (*contest.train, *contest.test)
    for painting in members:
        painting.path.parent.mkdir(exist_ok=True)
        damage = 0.2 if painting.kind == "train" else 0.7
        painting.path.write_bytes(draw(rng, damage=damage))
    bad = {one.path: one.kind for one in members if not _can_be_read(one.path)}
    answer = artcli("init", root / "made", "--from", contest.data, "--json")
    refused = "train" in bad.values()
    if answer.code != int(refused) or "internal" in answer.err:
        return [f"init ended with {answer.code} where {bad} are bad: {answer.err}"]
    told = answer.err if refused else "\n".join(answer.json["bad_test_images"])
    wrong = [
        path for path in (one.path for one in members) if (f"{path} " in told) != (path in bad)
    ]
    lines = [f"init does not tell rightly of {path}: {told}" for path in wrong]
    taken = root / "made" / "data"
    if refused and taken.exists():
        lines.append("a refused contest was taken over all the same")
    if not refused:
        lines += [
            f"{one.path} came out otherwise"
            for one in members
            if (taken / one.path.relative_to(contest.data)).read_bytes() != one.path.read_bytes()
        ]
    return lines


def _can_be_read(path: Path) -> bool:
    with suppress(BadImage):
        read_image(path)
        return True
    return False


def test_a_contest_with_bad_pictures_is_taken_over_or_refused_with_all_of_them(
    shows: Callable[..., None],
    trials: Trials,
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rounds, each, broken = trials(6, 60), 8, []

    def take_over(number: int, name: str) -> list[str]:
        root = tmp_path / f"{name}-{number}"
        return refused_otherwise(root, np.random.default_rng([seed, 2, number]))

    for number in range(rounds):
        broken += take_over(number, "checked")
    monkeypatch.setattr("artcli.contest.intake.check_pictures", lambda _contest: ())
    control = sum(bool(take_over(number, "unchecked")) for number in range(6))
    shows(
        "images",
        "pictures of a contest that artcli init takes over",
        trials=rounds * each,
        broken=broken,
        without="pictures are not looked at",
        control=(6, control),
    )


def test_training_refuses_bad_pictures_before_it_begins(
    shows: Callable[..., None],
    trials: Trials,
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count, broken = trials(1, 8), []
    quick = ("--epochs", 1, "--folds", 3, "--image-size", 32, "--workers", 0, "--model", MODEL)

    def train(number: int, name: str) -> list[str]:
        rng = np.random.default_rng([seed, 3, number])
        workspace = painted_workspace(tmp_path / f"{name}-{number}", each=3, pieces=2)
        paths = [one.path for one in read_contest(workspace).train]
        for number in rng.permutation(len(paths))[:4]:
            paths[number].write_bytes(draw(rng, damage=1))
        bad = [path for path in paths if not _can_be_read(path)]
        answer = artcli("train", "--name", "it", *quick, "-w", workspace.root)
        if answer.code != int(bool(bad)) or "internal" in answer.err:
            return [f"train ended with {answer.code} where {bad} are bad: {answer.err}"]
        if not bad:
            return []
        wrong = [path for path in paths if (f"{path} " in answer.err) != (path in bad)]
        return [f"{path}: {answer.err}" for path in wrong]

    for number in range(count):
        broken += train(number, "told")
    black = np.zeros((32, 32, 3), np.uint8)
    monkeypatch.setattr("artcli.contest.pixel_rows.decode_image", lambda *_: black)
    control = len(train(0, "black"))
    shows(
        "images",
        "paintings to learn from",
        trials=9 * count,
        broken=broken,
        without="what cannot be read is black",
        control=(1, min(control, 1)),
    )
