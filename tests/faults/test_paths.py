"""Paths that lead out, names that are paths, bombs and disguises: refused by name, and harmless."""

from __future__ import annotations

import os
import random
import resource
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from command_line import artcli
from hostile_files import BOMBS, DISGUISES, npz_of_claims, npz_of_zeros
from PIL import Image
from small_contests import write_picture, write_pictures, write_tables

from artcli.contest import images, tables
from artcli.contest.images import BadImage, bad_images, examine_image, read_image
from artcli.contest.survey.measure import measure
from artcli.contest.tables import read_contest
from artcli.errors import ArtcliError, Problems
from artcli.predicting import predictions
from artcli.predicting.predictions import Predictions
from artcli.training.record import append_history, cut_history
from artcli.workspace import files, paths, plain_files
from artcli.workspace.locks import hold
from artcli.workspace.paths import Workspace
from artcli.workspace.settings import Settings, write_settings

Trials = Callable[[int, int], int]
Check = Callable[[], str | None]
SECONDS, ROOM = 3, 400 << 20  # of a core and of memory that a reader of one file may take

OUTSIDE = (  # UP leads out of the folder, by as many folders as the picture's own path is deep
    "UP/secret.jpg", "./UP/secret.jpg", "UP/out/secret.jpg", "train/UP/../secret.jpg",
    "train/./../UP/secret.jpg", "train//..//UP/secret.jpg", "ROOT/secret.jpg", "/ROOT/secret.jpg",
    "//ROOT/secret.jpg", "C:/secret.jpg", "C:secret.jpg", "C:\\secret.jpg", "..\\secret.jpg",
    "train\\..\\..\\secret.jpg", "\\\\host\\share\\secret.jpg", "file-out", "folder-out/secret.jpg",
    "train/file-out", "train/folder-out/secret.jpg", "chain", "folder-up/secret.jpg",
    "folder-out/../secret.jpg", "self", "round/secret.jpg", "secret\0.jpg", "UP/secret\0.jpg",
    "x" * 300 + "/secret.jpg", "a/" * 3000 + "secret.jpg", "file-gone",
)  # fmt: skip


def dangerous_folder(root: Path) -> Path:
    """A data folder with links of every kind; what is to stay unread is beside it."""
    data = write_tables(root / "contest" / "data")
    write_pictures(data)
    (root / "contest" / "out").mkdir()
    for secret in (root / "contest", root / "contest" / "out"):
        write_picture(secret / "secret.jpg")
    for folder in (data, data / "train"):
        (folder / "file-out").symlink_to(root / "contest" / "secret.jpg")
        (folder / "folder-out").symlink_to(root / "contest" / "out")
    (data / "chain").symlink_to("train/file-out")
    (data / "folder-up").symlink_to("..")
    (data / "self").symlink_to("self")
    (data / "round").symlink_to("round")
    (data / "file-gone").symlink_to(root / "gone.jpg")
    return data


def reads_outside(data: Path, number: int, seed: int) -> str | None:
    """A row of a table with a path that leads out: what of it was taken all the same."""
    draw = random.Random(f"{seed} {number}")
    text = OUTSIDE[number % len(OUTSIDE)]
    text = text.replace("UP", "/".join([".."] * draw.randint(1, 3)))
    text = text.replace("ROOT", str(data.parent))
    if draw.random() < 0.3:
        text = f"./{text}"
    name, row = draw.choice(("train.csv", "test.csv")), draw.randint(1, 4)
    kept = (data / name).read_text("utf-8")
    lines = kept.splitlines()
    cells = lines[row].split(",")
    told = f"{name} row {row} (line {row + 1}), column img_path"
    (data / name).write_text(
        "\n".join([*lines[:row], ",".join([cells[0], text, *cells[2:]]), *lines[row + 1 :], ""])
    )
    try:
        contest = read_contest(data)
    except Problems as error:
        named = any(problem.startswith(told) for problem in error.problems)
        return None if named else f"{text!r} was refused without its row: {error.problems}"
    except Exception as error:
        return f"{text!r}: {error!r}"
    finally:
        (data / name).write_text(kept)
    taken = [one.path for one in (*contest.train, *contest.test)]
    out = [path for path in taken if not _real(path).is_relative_to(data.resolve())]
    read = [path for path in out if path.is_file()]
    return f"{text!r} led to {read or out}" if out else None


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):
        return Path("/nowhere")


def test_no_row_of_a_table_leads_out_of_the_data_folder(
    shows: Callable[..., None],
    trials: Trials,
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data, count = dangerous_folder(tmp_path), trials(len(OUTSIDE) * 2, len(OUTSIDE) * 20)
    broken = [why for number in range(count) if (why := reads_outside(data, number, seed))]
    monkeypatch.setattr(tables, "_fault_of", lambda _text: None)
    monkeypatch.setattr(tables._Reader, "_leads_out", lambda _self, _path: None)
    control = [reads_outside(data, number, seed) for number in range(len(OUTSIDE))]
    shows(
        "paths",
        "rows of train.csv and test.csv",
        trials=count,
        broken=broken,
        without="neither text nor links of a path are looked at",
        control=(len(control), sum(map(bool, control))),
    )


NAMES = (
    "..", "../out", "../../out", "/ROOT/out", "a/b", "a/../../out", ".hidden", "-flag", "a\\b",
    "..\\out", "C:out", "out\0", "out\n", "con", "NUL", "~", "~/out", "", " ", "x" * 300,
    "\udcff", "out/", "./out", "$HOME", "*", "%2e%2e/out",
)  # fmt: skip
PLACES = ("run_dir", "generated_dir", "predictions_dir", "submission")


def writes_elsewhere(workspace: Workspace, name: str, place: str) -> str | None:
    """Whether a name of a run, a set, predictions or a submission is taken for a path."""
    from artcli.predicting.submission import _chosen_path

    name = name.replace("ROOT", str(workspace.root.parent))
    folder = workspace.submissions
    try:
        if place == "submission":
            made = _chosen_path(folder, name, "own") if name else folder / "own.csv"
        else:
            made = getattr(workspace, place)(name)
            folder = workspace.root
    except ArtcliError as error:
        told = repr(name) in error.message
        return None if told else f"{place} {name!r}: {error.message}"
    if made.name.startswith("own"):  # an empty name is none
        return None
    return f"{place} {name!r} is {made}"


def test_no_name_is_taken_for_a_path(
    shows: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(tmp_path / "ws")
    cases = [(name, place) for name in NAMES for place in PLACES]
    broken = [why for one in cases if (why := writes_elsewhere(workspace, *one))]
    monkeypatch.setattr(paths, "checked_name", lambda name: name)
    monkeypatch.setattr("artcli.predicting.submission.checked_name", lambda name: name)
    control = sum(bool(writes_elsewhere(workspace, *one)) for one in cases)
    shows(
        "paths",
        "names of runs, sets, predictions and submissions",
        trials=len(cases),
        broken=broken,
        without="names are not looked at",
        control=(len(cases), control),
    )


def fate(act: Check, seconds: float = SECONDS, wait: float = 60) -> tuple[str | None, float, int]:
    """What `act` says in a process of its own, which is ended after `seconds` of a core, or `wait`
    of a clock; the seconds of a core and the bytes of memory more that it took."""
    cv2.setNumThreads(1)  # a forked process would wait for ever for threads that it has not
    reader, writer = os.pipe()
    if not (child := os.fork()):
        try:
            limit = int(seconds)
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
            signal.signal(signal.SIGXCPU, signal.SIG_DFL)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            answer = act() or ""
            used = resource.getrusage(resource.RUSAGE_SELF)
            grown = (used.ru_maxrss - before) << 10
            took = used.ru_utime + used.ru_stime
            os.write(writer, f"{took} {grown} {answer}".encode("utf-8", "replace")[:60_000])
        finally:
            os._exit(0)
    os.close(writer)
    deadline = time.monotonic() + wait
    done = 0
    while not done and time.monotonic() < deadline:
        done, _ = os.waitpid(child, os.WNOHANG)
        time.sleep(0.002)
    if not done:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read().decode()
    if not said:
        limit = f"{seconds:.0f} s of a core" if done else f"{wait:.0f} s of a clock"
        return f"it was ended after {limit}", float("inf"), 0
    took, grown, answer = said.split(" ", 2)
    return answer or None, float(took), int(grown)


def explodes(path: Path, what: str, refused: bool) -> tuple[str | None, float, int]:
    """A bomb read by all that read pictures; what is wrong, and what it took."""

    def act() -> str | None:
        bad = bad_images([path], workers=1)
        with path.open("rb") as file:
            problem = examine_image(file, str(path)).problem
        measure(str(path))
        if bool(bad) != refused or bool(problem) != refused:
            return f"{what}: {bad}, {problem!r}"
        named = all(str(path) in line for line in bad.values())
        return None if named else f"{what} is not named: {bad}"

    why, took, grown = fate(act)
    if grown > ROOM:
        why = f"{what} took {grown >> 20} MB"
    return why and f"{what}: {why}", took, grown


def test_bombs_are_refused_before_they_unpack(
    shows: Callable[..., None], full: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bomb.jpg"
    path.write_bytes(DISGUISES["a web page"])
    bad_images([path], workers=1), measure(str(path))  # what is imported, is so before the forks
    broken, most, longest = [], 0, 0.0
    for what, (made, refused) in BOMBS.items():
        path.write_bytes(made())
        why, took, grown = explodes(path, what, refused)
        broken += [why] if why else []
        most, longest = max(most, grown), max(longest, took)
    monkeypatch.setattr(images, "_check_size", lambda *_: None)
    monkeypatch.setattr(images, "_check_scans", lambda *_: None)
    monkeypatch.setattr(images, "_count_frames", lambda picture: picture.n_frames)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    tried = list(BOMBS) if full else ["a JPEG of 5,000 empty scans"]
    control = 0
    for what in tried:
        made, refused = BOMBS[what]
        path.write_bytes(made())
        control += bool(explodes(path, what, refused)[0])
    shows(
        "paths",
        "pictures that are bombs",
        trials=len(BOMBS),
        broken=broken,
        without="pixels are not limited, nor scans, nor frames",
        control=(len(tried), control),
        figures=f"at most {longest:.1f} s of a core for all readers of one, and {most >> 20} MB",
    )


def test_predictions_that_are_bombs_are_refused(
    shows: Callable[..., None], full: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = {"rows claimed": npz_of_claims(10**12), "few rows claimed": npz_of_claims(10**7)}
    size, room = (3 << 30, ROOM) if full else (200 << 20, 150 << 20)
    if not full:  # the same bound, nearer: zeros take time to make
        monkeypatch.setattr(predictions, "MAX_BYTES", 100 << 20)
    cases["zeros"] = npz_of_zeros(size)
    path = tmp_path / "bomb.npz"

    def act() -> str | None:
        try:
            Predictions.load(path)
        except ArtcliError as error:
            return None if str(path) in error.message else error.message
        return "it was read"

    def tried(what: str) -> str | None:
        path.write_bytes(cases[what])
        why, _, grown = fate(act)
        return f"{what}: {why or f'{grown >> 20} MB'}" if why or grown > room else None

    broken = [why for what in cases if (why := tried(what))]
    monkeypatch.setattr(predictions, "MAX_BYTES", 1 << 60)
    control = sum(bool(tried(what)) for what in cases)
    shows(
        "paths",
        "predictions (.npz) that are bombs",
        trials=len(cases),
        broken=broken,
        without="the size that they unpack to is not asked for",
        control=(len(cases), control),
    )


def is_taken(folder: Path, what: str, suffix: str) -> str | None:
    path = folder / f"a.{suffix}"
    path.write_bytes(DISGUISES[what])
    try:
        read_image(path)
    except BadImage as error:
        named = error.message.startswith(f"{path} ") and what.partition(" (")[0] in error.message
        return None if named else f"{what}: {error.message}"
    return f"{what} was decoded"


def test_other_formats_under_a_pictures_name_are_refused_as_what_they_are(
    shows: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [(what, suffix) for what in DISGUISES for suffix in ("jpg", "png", "TIF")]
    broken = [why for case in cases if (why := is_taken(tmp_path, *case))]
    monkeypatch.setattr(images, "FORMATS", None)
    monkeypatch.setattr(images, "what_it_is", lambda _start: "")
    monkeypatch.setattr(images, "_what_it_is_instead", lambda _file: "is no image")
    control = sum(bool(is_taken(tmp_path, *case)) for case in cases)
    shows(
        "paths",
        "other formats under a picture's name",
        trials=len(cases),
        broken=broken,
        without="whatever Pillow can open is opened",
        control=(len(cases), control),
    )


def test_no_file_is_written_through_a_link(
    shows: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By each of the ways in which artcli writes a file of a workspace."""
    values = np.full((1, 2), 0.5, np.float32)
    given = Predictions.make(["a"], values, ["x", "y"], crops=-1, folds=0)

    def history(path: Path) -> None:
        cut_history(path.parent, 0)
        append_history(path.parent, {"step": 1})

    def lock(path: Path) -> None:
        with suppress(ArtcliError), hold(path, "it"):
            pass

    ways: dict[str, Callable[[Path], object]] = {
        "a.csv": lambda path: files.write_bytes(path, b"id"),
        "a.html": lambda path: files.write_text(path, "page"),
        "a.json": lambda path: files.write_sealed(path, {"a": 1}),
        "a.npz": given.save,
        "artcli.toml": lambda path: write_settings(Workspace(path.parent), Settings()),
        "history.jsonl": history,
        ".lock": lock,
    }

    def changed(place: Path, name: str, there: bool) -> str | None:
        place.mkdir(parents=True)
        target = place / "outside"
        if there:
            target.write_text("")
        (place / name).symlink_to(target)
        ways[name](place / name)
        left = target.read_bytes() if target.exists() else None
        return None if left == (b"" if there else None) else f"{name}, {there}: outside there is it"

    cases = [(name, there) for name in ways for there in (True, False)]
    broken = [why for n, case in enumerate(cases) if (why := changed(tmp_path / f"{n}", *case))]
    monkeypatch.setattr(Path, "replace", lambda part, path: path.write_bytes(part.read_bytes()))
    control = [changed(tmp_path / f"c{n}", *case) for n, case in enumerate(cases)]
    shows(
        "paths",
        "files that are links to files outside",
        trials=len(cases),
        broken=broken,
        without="files are written in place",
        control=(len(cases), sum(map(bool, control))),
    )


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


NO_FILES: dict[str, Callable[[Path], None]] = {
    "a pipe": _pipe,
    "a link to /dev/zero": _link("/dev/zero"),
    "a link to a terminal": _link("/dev/tty"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link that leads nowhere": _link("nowhere"),
    "a folder": Path.mkdir,
    "a link to a folder": _link("."),
}
IN_PLACE_OF = (
    "train/0000.jpg", "test/TEST_00000.jpg", "train.csv", "test.csv", "sample_submission.csv",
    "artists_info.csv", "fixes.csv", "aliases.csv", "groups.csv", "solution.csv",
)  # fmt: skip


def is_not_told(root: Path, what: str, place: str, wait: float = 30) -> str | None:
    """`init --from` of a contest with something that is no file: it ends soon, and names it.

    A contest that is "sound" is taken over.
    """
    data = write_tables(root / "contest")
    write_pictures(data)
    if what != "sound":
        (data / place).unlink(missing_ok=True)
        NO_FILES[what](data / place)

    def act() -> str | None:
        done = artcli("init", root / "ws", "--from", data)
        if what == "sound":
            return None if done.code == 0 else done.err
        if "internal error" in done.err or "Traceback" in done.err or done.code not in (0, 1):
            return f"{done.code}: {done.err}"
        name = place if "/" in place else Path(place).name
        # What nobody needs may be left where it is, but never in silence where it would count.
        silent = place == "solution.csv" or (place == "groups.csv" and done.code == 0)
        return None if name in done.err or silent else f"it is not named: {done.err}"

    why, _, _ = fate(act, 5, wait)
    return why and f"{place} is {what}: {why}"


def test_what_is_no_file_is_named_and_never_waited_for(
    shows: Callable[..., None],
    full: bool,
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cases = [(what, place) for what in NO_FILES for place in IN_PLACE_OF]
    waited = [("a pipe", "train/0000.jpg"), ("a pipe", "train.csv")]
    if not full:
        cases = [*waited, *random.Random(seed).sample(cases, 8)]
    data = write_tables(tmp_path / "sound")
    write_pictures(data)
    assert artcli("init", tmp_path / "ws", "--from", data).code == 0  # imports, before the forks
    broken = []
    for number, case in enumerate(cases):
        if why := is_not_told(tmp_path / str(number), *case):
            broken.append(why)
    for module in (plain_files, images):
        monkeypatch.setattr(module, "require_plain", lambda _path: None)
    waited = waited if full else waited[:1]
    started = time.perf_counter()
    assert is_not_told(tmp_path / "s", "sound", "") is None
    wait = max(2.0, 5 * (time.perf_counter() - started))  # so it is not mere slowness
    control = sum(
        "of a clock" in (is_not_told(tmp_path / f"c{n}", *case, wait) or "")
        for n, case in enumerate(waited)
    )
    shows(
        "paths",
        "pipes, devices, folders and links in place of files of a contest",
        trials=len(cases),
        broken=broken,
        without="pipes and devices are opened",
        control=(len(waited), control),
    )
