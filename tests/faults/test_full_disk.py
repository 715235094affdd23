"""A disk that is full or may not be written: old files stay whole, one line says what is needed."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from command_line import artcli
from generated_sets import Made, keep_set
from painted import PLAIN_MODEL, contest_of, painted_workspace
from saved_states import a_contest, keep, state
from small_disks import ends, fill, limit_files, may_mount, obey_modes, read_only, small_disk

from artcli.contest import pixel_store
from artcli.contest.generated import store as set_store
from artcli.contest.generated.store import read_set
from artcli.contest.images import encode_jpeg
from artcli.contest.pixels import PixelSource, open_pixels
from artcli.contest.survey import surveying
from artcli.contest.survey.store import read_store as read_survey
from artcli.contest.survey.surveying import survey
from artcli.contest.tables import read_contest
from artcli.errors import ArtcliError
from artcli.predicting import predictions
from artcli.predicting.folder import read_kept
from artcli.training import checkpoint, features, record, resume
from artcli.training.checkpoint import find_checkpoint, load_checkpoint, save_checkpoint
from artcli.workspace import files
from artcli.workspace.files import sealed, write_text
from artcli.workspace.paths import Workspace
from artcli.workspace.runs import HISTORY, read_history

pytestmark = pytest.mark.usefixtures("one_thread")
needs_mount = pytest.mark.skipif(
    not may_mount(), reason="only root may mount the tmpfs that takes the place of a small disk"
)


@dataclass(frozen=True)
class Written:
    """Something that is written: what stands there `before`, what is then written (`act`, which
    needs more than `room`), and `why` what is there afterwards is not the old."""

    what: str
    before: Callable[[Path], Any]
    act: Callable[[Path], Any]
    why: Callable[[Path], str]
    unprotected: Callable[[pytest.MonkeyPatch], None]
    without: str
    room: int = 80_000  # bytes, at most, that are left for it, or for each of its files


@contextmanager
def in_place(path: Path, _size: int | None = None) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    yield path


def write_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (files, predictions, features):
        monkeypatch.setattr(module, "replacing", in_place)


# A checkpoint


def _big(value: float) -> dict[str, Any]:
    return {**state(value), "more": {"weight": torch.full((30_000,), value)}}


def _checkpoint(folder: Path) -> str:
    last, best = find_checkpoint(folder), find_checkpoint(folder, "best")
    assert last is not None
    assert best is not None
    if float(load_checkpoint(best)["more"]["weight"][7]) != 1:
        return "the best one is gone"
    value = float(load_checkpoint(last)["more"]["weight"][7])
    return "" if value == 2 else f"{value} is the last"


def _old_steps_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The new checkpoint goes where the last one is."""

    def write_folder(place: Path, parts: Any) -> None:
        shutil.rmtree(place.with_name("step-2"), ignore_errors=True)
        original(place, parts)

    original = checkpoint._write_folder
    monkeypatch.setattr(checkpoint, "_write_folder", write_folder)


def _save_two(folder: Path) -> None:
    save_checkpoint(folder, 1, 1, _big(1), best=True)
    save_checkpoint(folder, 2, 2, _big(2))


# The predictions of two folds


def _folds(folder: Path) -> str:
    kept = read_kept(Workspace(folder / "w"), "x")
    if kept is None or kept.oof is None or kept.test is None:
        return "nothing is kept"
    return "" if len(kept.folds) == 1 else f"folds {list(kept.folds)}"


def _two_folds(folder: Path) -> None:
    keep(Workspace(folder / "w"), read_contest(Workspace(folder / "w")), 1)


def _one_fold(folder: Path) -> None:
    keep(Workspace(folder / "w"), a_contest(folder / "w"), 0)


def _forget_former(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("artcli.predicting.folder._is", lambda *_: False)


# The pixel cache


def _opened(folder: Path, count: int) -> list[int]:
    paintings = contest_of(Workspace(folder / "w")).train[:count]
    sources = [PixelSource(one.id, one.path) for one in paintings]
    found = open_pixels(folder / "cache", sources, 96, label="train")
    return [int(found.square(row).sum()) for row in range(count)]


def _pixels_before(folder: Path) -> None:
    painted_workspace(folder / "w", each=3, pieces=1)
    _opened(folder, 4)


def _pixels(folder: Path) -> str:
    kept = pixel_store.read_store(folder / "cache" / "pixels" / "train-96.json", 96)
    if kept is None:
        return "there is no cache any more"
    made = [key for key, facts in kept.facts.items() if facts.rows]
    return "" if len(made) >= 4 else f"{len(made)} are left"


def _same_file(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = pixel_store.begin

    def begin(manifest: Path, wanted: Any, side: int, kept: Any, same: Any) -> Path:
        if kept:
            kept.path.unlink()
        return begun(manifest, wanted, side, kept, same)

    monkeypatch.setattr("artcli.contest.pixels.begin", begin)


# Kept features


def _features(value: int, count: int) -> dict[bytes, torch.Tensor]:
    return {bytes([value, n]) * 8: torch.full((400,), float(value)) for n in range(count)}


def _features_there(folder: Path) -> str:
    found = features._read(folder / "kept.safetensors")
    return "" if len(found) == 20 else f"{len(found)} are kept"


# A generated set


def _set_before(folder: Path) -> None:
    workspace = painted_workspace(folder / "w", each=2, pieces=1)
    contest = contest_of(workspace)
    paths = {one.id: one.path for one in contest.train}
    keep_set(workspace, "x", paths, [Made(contest.artists[0], styles=("1",))], lacking=1)


def _one_work_more(folder: Path) -> None:
    found = read_set(Workspace(folder / "w"), "x")
    work = found.works[0]
    noise = torch.randint(0, 256, (90, 120, 3), generator=torch.Generator().manual_seed(3))
    again = type(work)(**{**vars(work), "id": "0002"})
    set_store.keep_work(found, again, noise.to(torch.uint8).numpy(), {})


def _set(folder: Path) -> str:
    count = len(read_set(Workspace(folder / "w"), "x").works)
    return "" if count == 1 else f"{count} works"


# The survey


def _surveyed(folder: Path, count: int) -> None:
    contest = contest_of(Workspace(folder / "w"))
    some = type(contest)(**{**vars(contest), "train": contest.train[:count]})
    survey(folder / "cache", some, workers=1)


def _survey_before(folder: Path) -> None:
    painted_workspace(folder / "w", each=2, pieces=1)
    _surveyed(folder, 2)


def _survey(folder: Path) -> str:
    kept = read_survey(folder / "cache" / "survey")
    if kept is None:
        return "there is no survey any more"
    measured = sum(one.measures is not None for one in kept.entries)
    return "" if measured >= 3 else f"{measured} are left"


def _rows_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def new_rows(folder: Path, count: int) -> Any:
        for path in folder.glob("rows-*.bin"):
            path.unlink()
        return begun(folder, count)

    begun = surveying.new_rows
    monkeypatch.setattr(surveying, "new_rows", new_rows)


# A line of a run's history


def _told_twice(folder: Path) -> None:
    for step in (1, 2):
        record.append_history(folder, {"step": step})


def _history(folder: Path) -> str:
    record.append_history(folder, {"step": 3})
    told = [line["step"] for line in read_history(folder)]
    return "" if told == [1, 2, 3] else f"{told} are told"


def _append_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    def append(folder: Path, metrics: dict[str, Any]) -> None:
        path, line = folder / HISTORY, json.dumps(sealed(metrics)) + "\n"
        with files.explained(path, len(line)), path.open("a") as file:
            file.write(line)

    monkeypatch.setattr(record, "append_history", append)


WRITTEN = (
    Written(
        "a line of a run's history", _told_twice,
        lambda folder: record.append_history(folder, {"step": 3, "more": "x" * 9_000}),
        _history, _append_in_part, "what was written of it stays", room=8_000,
    ),
    Written(
        "a checkpoint", _save_two, lambda folder: save_checkpoint(folder, 3, 3, _big(3)) and None,
        _checkpoint, _old_steps_first, "the last one makes room for the new one",
    ),
    Written(
        "the predictions of a fold", _one_fold, _two_folds, _folds, _forget_former,
        "the former files are not looked for", room=1_000,
    ),
    Written(
        "the pixel cache", _pixels_before, lambda folder: _opened(folder, 9), _pixels, _same_file,
        "the former rows make room for the new ones",
    ),
    Written(
        "kept features",
        lambda folder: features._write(folder / "kept.safetensors", _features(1, 20)),
        lambda folder: features._write(folder / "kept.safetensors", _features(2, 90)),
        _features_there, write_in_place, "the file is written where it stays",
    ),
    Written(
        "a generated set", _set_before, _one_work_more, _set, write_in_place,
        "each file is written where it stays", room=30_000,
    ),
    Written(
        "the survey", _survey_before, lambda folder: _surveyed(folder, 6), _survey,
        _rows_first, "the former rows make room for the new ones",
    ),
    Written(
        "a table",
        lambda folder: write_text(folder / "a.csv", "old\n" * 2_000),
        lambda folder: write_text(folder / "a.csv", "new\n" * 20_000),
        lambda folder: "" if (folder / "a.csv").read_text() == "old\n" * 2_000 else "changed",
        write_in_place, "it is written where it stays",
    ),
)  # fmt: skip


@pytest.mark.parametrize("written", WRITTEN, ids=lambda one: one.what)
def test_a_disk_that_becomes_full(
    shows: Callable[..., None],
    trials: Callable[[int, int], int],
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    written: Written,
) -> None:
    """Half the trials on a disk with a few blocks left, half with a limit on each file's size."""
    count = trials(4, 40)
    mounted = may_mount()

    def tried(place: Path) -> list[str]:
        broken = []
        for number in range(count):
            rng = random.Random(f"{seed} {number}")
            folder = place / str(number)
            folder.mkdir(parents=True)
            small = mounted and number % 2 == 0
            room = rng.randrange(written.room)
            if small:
                with small_disk(folder, 4 << 20):
                    said = _why(written, folder, lambda f=folder, r=room: fill(f, r), None)
            else:
                said = _why(written, folder, None, room)
            if said:
                broken.append(f"{'disk' if small else 'limit'} with {room} bytes: {said}")
            shutil.rmtree(folder)
        return broken

    broken = tried(tmp_path / "safe")
    written.unprotected(monkeypatch)
    control = [said for said in tried(tmp_path / "unsafe") if not said.endswith(ENOUGH)]
    disks = "half on a small tmpfs, half with RLIMIT_FSIZE" if mounted else "with RLIMIT_FSIZE"
    shows(
        "disk", f"{written.what}, {disks}",
        trials=count, broken=broken,
        without=written.without, control=(count, len(control)),
    )  # fmt: skip


def _why(
    written: Written, folder: Path, fill_up: Callable[[], None] | None, limit: int | None
) -> str:
    """What is wrong after `written` found no room; the process must end by itself."""
    written.before(folder)
    if fill_up:
        fill_up()

    def act() -> None:
        if limit is not None:
            limit_files(limit)
        written.act(folder)

    told = ends(act)
    (folder / "filler").unlink(missing_ok=True)
    if "died" in told:
        return str(told["died"])
    said = f"{told.get('said')} {told.get('hint')}"
    if "gave" in told:
        return ENOUGH
    if "\n" in said or not re.search(r"needs [\d,]+ bytes|[\d,]+ bytes are needed", said):
        return f"said: {said}"
    if left := [path.name for path in folder.rglob(".*.part")]:
        return f"{left} left"
    try:
        return written.why(folder)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


ENOUGH = "nothing was refused"
WORDS = ("--model", PLAIN_MODEL, "--epochs", 1, "--batch-size", 8, "--image-size", 64, "--device",
         "cpu", "--folds", 4, "--workers", 0)  # fmt: skip


@needs_mount
def test_room_is_asked_for_before_the_first_epoch(
    shows: Callable[..., None],
    trials: Callable[[int, int], int],
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def begin(*_: Any, **__: Any) -> None:
        raise ArtcliError("the first epoch began")

    count = trials(1, 12)
    monkeypatch.setattr("artcli.training.run.fit", begin)

    def tried(place: Path) -> list[str]:
        broken = []
        for number in range(count):
            folder = place / str(number)
            with small_disk(folder, 32 << 20):
                workspace = painted_workspace(folder / "w", each=4, pieces=2)
                free = random.Random(f"{seed} {number}").randrange(100_000, 5_000_000)
                fill(folder, free)
                answer = artcli("train", "-w", workspace.root, "--name", "x", *WORDS)
                lines = answer.err.strip().splitlines()
                bytes_told = re.search(r"no room for .*[\d,]+ bytes are needed", answer.text)
                if answer.code != 1 or not bytes_told:
                    broken.append(f"{free} bytes: {answer.code}, {lines[-2:]}")
            shutil.rmtree(folder)
        return broken

    broken = tried(tmp_path / "safe")
    for module in (resume, pixel_store):
        monkeypatch.setattr(module, "need_room", lambda *_: None)
    control = tried(tmp_path / "unsafe")
    shows(
        "disk", "train, on a disk with no room for its pictures or three checkpoints",
        trials=count, broken=broken,
        without="no room is asked for", control=(count, len(control)),
    )  # fmt: skip


@needs_mount
def test_room_is_asked_for_before_pictures_are_copied(
    shows: Callable[..., None],
    trials: Callable[[int, int], int],
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = painted_workspace(tmp_path / "source", each=4, pieces=4).data
    noise = np.random.default_rng(seed)
    for path in source.rglob("*.jpg"):
        path.write_bytes(encode_jpeg(noise.integers(0, 256, (200, 150, 3), np.uint8), 90))
    whole = sum(path.stat().st_size for path in source.rglob("*.jpg"))
    count = trials(2, 40)

    def tried(place: Path) -> list[str]:
        broken = []
        for number in range(count):
            with small_disk(place, 4 << 20):
                fill(place, random.Random(f"{seed} {number}").randrange(50_000, whole - 50_000))
                answer = artcli("init", place / "w", "--from", source)
                told = f"{whole:,} bytes are needed" in answer.text
                left = [path.name for path in place.iterdir() if path.name != "filler"]
                if answer.code != 1 or not told or left:
                    broken.append(f"{answer.code}, {left}, {answer.err[-200:]}")
        return broken

    broken = tried(tmp_path / "safe")
    monkeypatch.setattr("artcli.contest.intake.need_room", lambda *_: None)
    control = tried(tmp_path / "unsafe")
    shows(
        "disk", "init, onto another disk with no room for the pictures",
        trials=count, broken=broken,
        without="no room is asked for", control=(count, len(control)),
    )  # fmt: skip


COMMANDS: tuple[tuple[object, ...], ...] = (
    ("submit", "x"),
    ("train", "--name", "new", *WORDS),
    ("runs", "remove", "x", "--yes"),
    ("kfold", "--name", "new", *WORDS),
    ("eda",),
    ("ensemble", "x", "--name", "e"),
    ("augment-style", "--name", "s"),
    ("predict", "x"),
    ("init", "--sample"),
)


@needs_mount
@pytest.mark.parametrize("how", ["a read-only disk", "another's folder"])
def test_where_nothing_may_be_written(
    shows: Callable[..., None],
    trials: Callable[[int, int], int],
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    root = Path(tempfile.mkdtemp(prefix="artcli-"))  # which anyone can enter, unlike pytest's own
    root.chmod(0o755)
    some = COMMANDS[: trials(2, len(COMMANDS))]
    try:
        with small_disk(root, 64 << 20):
            root.chmod(0o755)
            workspace = painted_workspace(root / "w", each=4, pieces=2)
            keep(workspace, contest_of(workspace), 0)
            before = _listing(root)
            if how == "a read-only disk":
                read_only(root)
            else:
                for path in (root, *root.rglob("*")):
                    os.chown(path, 65534, 65534)

            def tried() -> list[str]:
                return [said for words in some if (said := _refused(workspace, words, how))]

            broken = tried()
            if _listing(root) != before:
                broken.append("files have changed")
            with monkeypatch.context() as patch:
                _without_explaining(patch)
                control = tried()
    finally:
        shutil.rmtree(root, ignore_errors=True)
    shows(
        "disk", f"{how}: {', '.join(str(words[0]) for words in some)}",
        trials=len(some), broken=broken,
        without="errors of the system are passed on", control=(len(some), len(control)),
    )  # fmt: skip


def _without_explaining(patch: pytest.MonkeyPatch) -> None:
    """What the system says while writing comes as it is."""
    patch.setattr("artcli.cli._said", lambda error: f"internal error: {error!r}")
    import sys
    from contextlib import nullcontext

    for name, module in list(sys.modules.items()):
        if name.startswith("artcli.") and hasattr(module, "explained"):
            patch.setattr(module, "explained", lambda *_: nullcontext())


def _refused(workspace: Workspace, words: tuple[object, ...], how: str) -> str:
    def act() -> list[Any]:
        if how == "another's folder":
            obey_modes()
        os.environ["HOME"] = os.environ["XDG_CONFIG_HOME"] = "/nonexistent"
        answer = artcli(*words, "-w", workspace.root)
        return [answer.code, answer.err]

    told = ends(act)
    if "gave" not in told:
        return f"{words[0]}: {told}"
    code, err = told["gave"]
    lines = [line for line in err.strip().splitlines() if "error" in line.lower()]
    if code != 1 or not lines or "Traceback" in err or "internal" in err:
        return f"{words[0]}: {code} {err[-300:]!r}"
    return "" if str(workspace.root) in err.replace("\n", "") else f"{words[0]}: names no file"


def _listing(root: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.stat().st_mtime_ns) for path in root.rglob("*"))
