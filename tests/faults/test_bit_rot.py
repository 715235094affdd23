"""Whatever a failing disk does to a file, it is not used: named, or made anew."""

from __future__ import annotations

import hashlib
import random
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fake_runs import untrained_run
from generated_sets import Made, keep_set
from painted import contest_of, painted_workspace, small_recipe
from rotten import spoilt
from saved_states import a_contest, keep, state

from artcli.contest import pixel_store
from artcli.contest.duplicates.keeping import matches_of
from artcli.contest.generated import store as set_store
from artcli.contest.generated.store import read_set
from artcli.contest.images import bad_images
from artcli.contest.pixels import PixelSource, open_pixels
from artcli.contest.splits import load_or_make_folds
from artcli.contest.survey import store as survey_store
from artcli.contest.survey.surveying import survey
from artcli.errors import ArtcliError
from artcli.host.discovery import load_host
from artcli.predicting.folder import read_kept
from artcli.predicting.predictions import Predictions
from artcli.reporting.eda import painting_map
from artcli.reporting.eda.painting_map import map_paintings
from artcli.reporting.ladder import Ladder, Row, ladder_folder, read_earlier
from artcli.reporting.ladder_page import write_report
from artcli.training import checkpoint, features, record, split
from artcli.training.checkpoint import find_checkpoint, load_checkpoint, save_checkpoint
from artcli.training.generated import refuse_other_sources
from artcli.training.trained import load_trained
from artcli.workspace import files, runs
from artcli.workspace.files import sha256_file, write_sealed
from artcli.workspace.paths import Workspace

Why = Callable[[Path], str]
SIDE = 24


def judged(read: Callable[[], Any], right: Any, *names: Path | str) -> str:
    """What is wrong with how damage was met: `read` must give what is `right`, or an error that
    has one of the `names` in it and says how to go on; or nothing, to be made anew."""
    try:
        found = read()
    except ArtcliError as error:
        told = f"{error} {error.hint}"
        if not any(str(name) in told for name in names):
            return f"named wrongly: {told}"
        return "" if error.hint else f"no way on: {told}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "" if found is None or found == right else "it was used"


def unsealed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out the check of every seal, and leave the seals out of what is read."""

    def opened(found: Any, *_: str) -> Any:
        if isinstance(found, dict):
            found.pop("seal", None)
        return found

    for module in (files, runs):
        monkeypatch.setattr(module, "unsealed", opened)
        monkeypatch.setattr(module, "require_seal", lambda *_: None)
    monkeypatch.setattr("artcli.training.recipe.require_seal", lambda *_: None)


def plain(tree: Any) -> Any:
    """A tree of state in a form that compares."""
    if isinstance(tree, torch.Tensor):
        return tree.tolist()
    return {str(k): plain(v) for k, v in tree.items()} if isinstance(tree, dict) else tree


def test_a_checkpoint(
    shows: Callable[..., None],
    trials: Callable[[int, int], int],
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fold = tmp_path / "fold-0"
    save_checkpoint(fold, 1, 1, state(1), best=True)
    save_checkpoint(fold, 2, 2, state(2))
    steps = sorted(path for path in fold.rglob("*") if path.is_file())
    other = {path: fold / "step-1" / path.name for path in steps if path.parent.name == "step-2"}
    other |= {path: fold / "step-2" / path.name for path in steps if path.parent.name == "step-1"}
    right = [plain(state(2)), plain(state(1))]

    def read() -> Any:
        last, best = find_checkpoint(fold, "last"), find_checkpoint(fold, "best")
        assert last is not None
        assert best is not None
        return [plain(load_checkpoint(last)), plain(load_checkpoint(best))]

    def why(_: Path) -> str:
        return judged(read, right, fold)

    def exchanged() -> list[str]:
        """The whole folders of two steps, each in the place of the other."""
        for one, two in (("step-1", "x"), ("step-2", "step-1"), ("x", "step-2")):
            (fold / one).rename(fold / two)
        said = why(fold)
        for one, two in (("step-1", "x"), ("step-2", "step-1"), ("x", "step-2")):
            (fold / one).rename(fold / two)
        return [f"two steps exchanged: {said}"] if said else []

    count = trials(60, 500)
    assert read() == right
    started = time.perf_counter()
    broken = spoilt(steps, count, seed, why, other)
    figures = f"found in {(time.perf_counter() - started) / count * 1000:.1f} ms on average"
    broken += exchanged()
    monkeypatch.setattr(checkpoint, "_verify", lambda _: None)
    unsealed(monkeypatch)
    control = spoilt(steps, count, seed, why, other)
    shows(
        "rot", "a checkpoint and what points at it",
        trials=count + 1, broken=broken, figures=figures,
        without="neither sha256 nor seals are compared", control=(count, len(control)),
    )  # fmt: skip


def test_the_pixel_cache(
    shows: Callable[..., None],
    trials: Callable[[int, int], int],
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace = painted_workspace(tmp_path / "w", each=2, pieces=4)
    contest = contest_of(workspace)

    def opened(label: str) -> Any:
        paintings = contest.train if label == "train" else contest.test
        sources = [PixelSource(one.id, one.path) for one in paintings]
        return open_pixels(workspace.cache, sources, SIDE, label=label)

    def read() -> Any:
        """What is read, row by row; where damage is told, after what it says to do."""
        found = opened("train")
        try:
            return [found.sizes.tolist(), *(found.square(n).tolist() for n in range(len(found)))]
        except ArtcliError as error:
            if f"remove {found.path}" not in str(error.hint):
                raise
            found.path.unlink()
            return read()

    opened("test")
    right = read()
    folder = workspace.cache / "pixels"
    held = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"}
    # Of the train's and the test's, each stands in for the other of its kind, too.
    kept = sorted(path for path in folder.glob("train-*") if path.suffix != ".lock")
    other = {path: next(folder.glob(f"test-*{path.suffix}")) for path in kept}

    def why(_: Path) -> str:
        said = judged(read, right, "train")
        for path in folder.iterdir():
            if path.suffix != ".lock":
                path.unlink()
        for name, data in held.items():
            (folder / name).write_bytes(data)
        return said

    count = trials(30, 500)
    broken = spoilt(kept, count, seed, why, other)
    cost = _cost_of_a_sum()
    monkeypatch.setattr(pixel_store.Rows, "_check", lambda *_: None)
    unsealed(monkeypatch)
    control = spoilt(kept, count, seed, why, other)
    shows(
        "rot", "the pixel cache and its manifest",
        trials=count, broken=broken,
        without="rows are not compared with their sha256",
        control=(count, len(control)),
        figures=f"{cost:.1f} ms for each painting of 768 x 768, when it is first shown",
    )  # fmt: skip


def _cost_of_a_sum() -> float:
    """Milliseconds."""
    row = np.random.default_rng(0).integers(0, 256, (768, 768, 3), np.uint8)
    started = time.perf_counter()
    for _ in range(10):
        pixel_store.sum_of(row)
    return (time.perf_counter() - started) * 100


def test_kept_features(
    shows: Callable[..., None],
    trials: Callable[[int, int], int],
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = random.Random(seed)
    first, second = (
        {rng.randbytes(16): torch.tensor([rng.random() for _ in range(9)]) for _ in range(20)}
        for _ in range(2)
    )
    kept, other = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    features._write(kept, first)
    features._write(other, second)
    right = {mark: row.tolist() for mark, row in first.items()}
    known = right | {mark: row.tolist() for mark, row in second.items()}

    def why(_: Path) -> str:
        """Those that are gone are computed again; those of another file are as true there."""
        found = {mark: row.tolist() for mark, row in features._read(kept).items()}
        return "" if all(known.get(mark) == row for mark, row in found.items()) else "used"

    count = trials(100, 500)
    assert {mark: row.tolist() for mark, row in features._read(kept).items()} == right
    broken = spoilt([kept], count, seed, why, {kept: other})
    monkeypatch.setattr(features, "_sum", lambda *_, **__: kept_sum(kept))
    control = spoilt([kept], count, seed, why, {kept: other})
    shows(
        "rot", "the features of a body that stays as it is",
        trials=count, broken=broken,
        without="their sha256 is not compared", control=(count, len(control)),
    )  # fmt: skip


def kept_sum(path: Path) -> bytes:
    """The sum that a file of features says, whatever it holds."""
    found: bytes = features.load_file(path)["sum"].numpy().tobytes()
    return found


def test_predictions(
    shows: Callable[..., None],
    trials: Callable[[int, int], int],
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace = Workspace(tmp_path / "w")
    contest = a_contest(workspace.root)
    for fold in (0, 1):
        keep(workspace, contest, fold)
    folder = workspace.predictions_dir("x")

    def told(part: Predictions | None) -> Any:
        assert part is not None
        return [
            part.ids.tolist(), part.crops.tolist(), part.folds.tolist(),
            part.probabilities.tolist(), part.classes,
        ]  # fmt: skip

    def read() -> Any:
        kept = read_kept(workspace, "x")
        assert kept is not None
        return [told(kept.oof), told(kept.test), kept.folds, kept.bad, kept.made_by]

    right = read()

    def why(_: Path) -> str:
        return judged(read, right, folder)

    kept = [folder / name for name in ("oof.npz", "test.npz", "predictions.json")]
    other = {kept[0]: kept[1], kept[1]: kept[0], kept[2]: kept[0]}
    count = trials(60, 500)
    broken = spoilt(kept, count, seed, why, other)
    trusting = Predictions.load
    monkeypatch.setattr(Predictions, "load", lambda path, **_: trusting(path))
    unsealed(monkeypatch)
    control = spoilt(kept, count, seed, why, other)
    shows(
        "rot", "a run's predictions and what is told of them",
        trials=count, broken=broken,
        without="neither sha256 nor seals are compared", control=(count, len(control)),
    )  # fmt: skip


def test_what_a_run_tells_of_itself(
    shows: Callable[..., None],
    trials: Callable[[int, int], int],
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace = painted_workspace(tmp_path / "w", each=4, pieces=2)
    contest = contest_of(workspace)
    for name, label, size in (("x", "0", 32), ("y", "1", 48)):
        untrained_run(workspace, contest, small_recipe(image_size=size), name, [label])
        fold = workspace.run_dir(name) / f"fold-{label}"
        for epoch in (1, 2, 3):
            line = {"epoch": epoch, "step": epoch, "f1": epoch / 7, "best": epoch < 3}
            record.append_history(fold, {**line, "seconds": 2.5})
        write_sealed(fold / "result.json", {"f1": 2 / 7, "epochs": 3, "seconds": 2.5})
        record.describe_split(fold, {"training": ["1", "2"], "held": ["3"]})
    run, host = workspace.run_dir("x"), load_host(workspace)
    fold = run / "fold-0"
    kept = [run / "run.json", run / "recipe.toml", fold / "result.json", fold / record.SPLIT]

    def told(name: str = "x") -> Any:
        trained = load_trained(workspace, host, name, "0")
        return trained.classes, trained.image_size, trained.recipe

    def listed() -> Any:
        found = runs.read_run(workspace, "x")
        return None if found.state == "damaged" and found.reason else found

    lines = runs.read_history(fold)
    facts = {"training": ["1", "2"], "held": ["3"]}
    held, right = listed(), told()

    def why(path: Path) -> str:
        if path.name == "history.jsonl":
            found = runs.read_history(fold)
            known = [{name: line.get(name) for name in lines[0]} for line in found]
            return "" if all(line in lines for line in known) else "a line was used"
        if path.name == record.SPLIT:
            refused = partial(record.refuse_other_data, fold, contest.artists, facts)
            said = judged(lambda: sorted(record.trained_on(fold)), ["1", "2"], fold)
            return said or judged(refused, None, fold, "run x")
        said = judged(listed, held)
        return said or ("" if path.name == "result.json" else judged(told, right, run, "run x"))

    count = trials(20, 500)
    broken = spoilt(kept, count, seed, why)
    history = {fold / "history.jsonl": workspace.run_dir("x") / "run.json"}
    broken += spoilt(list(history), count, seed, why, history)
    unsealed(monkeypatch)
    control = spoilt(kept, count, seed, why)
    control += spoilt(list(history), count, seed, why, history)
    shows(
        "rot", "recipe.toml, run.json, result.json, split.json, history.jsonl",
        trials=2 * count, broken=broken,
        without="no seal is compared", control=(2 * count, len(control)),
    )  # fmt: skip


def test_folds_between_two_folds_of_a_run(
    shows: Callable[..., None],
    trials: Callable[[int, int], int],
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace = painted_workspace(tmp_path / "w", each=4, pieces=2)
    contest = contest_of(workspace)
    path, run = workspace.folds_file(4), workspace.run_dir("x")
    right = load_or_make_folds(workspace, contest, 4)
    first = split.split_paintings(contest, right, "0").facts
    record.describe_split(run / "fold-0", first)

    def read() -> Any:
        folds = load_or_make_folds(workspace, contest, 4)
        facts = split.split_paintings(contest, folds, "1").facts
        record.refuse_other_data(run / "fold-1", contest.artists, facts)
        return folds

    def why(_: Path) -> str:
        return judged(read, right, path.name, "folds")

    def wrong(number: int) -> str:
        """A digit of a fold that becomes another: the one bit that no reader can notice."""
        data = path.read_bytes()
        lines = data.split(b"\n")
        row = random.Random(f"{seed} {number}").randrange(1, len(lines) - 1)
        lines[row] = lines[row][:-1] + bytes([lines[row][-1] ^ 1 + number % 2])
        path.write_bytes(b"\n".join(lines))
        said = why(path)
        path.write_bytes(data)
        return said

    count = trials(30, 500)
    other = {path: workspace.data / "train.csv"}

    def tried() -> list[str]:
        some = [f"digit {n}: {said}" for n in range(count) if (said := wrong(n))]
        return some + spoilt([path], count, seed, why, other)

    broken = tried()
    monkeypatch.setattr(split, "_sum_of", lambda _: "")
    control = tried()
    shows(
        "rot", "the folds, between two folds of one run",
        trials=2 * count, broken=broken,
        without="a run does not know its folds", control=(2 * count, len(control)),
    )  # fmt: skip


def test_a_generated_set(
    shows: Callable[..., None],
    trials: Callable[[int, int], int],
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace = painted_workspace(tmp_path / "w", each=2, pieces=2)
    contest = contest_of(workspace)
    paths = {one.id: one.path for one in contest.train}
    sums = {key: sha256_file(path) for key, path in paths.items()}
    ids, artist = list(paths), contest.artists[0]
    works = [Made(artist, part=part) for part in (0, 1)]
    keep_set(workspace, "x", paths, works, learnt={0: ids[:4], 1: ids[2:]})
    folder = workspace.generated_dir("x")

    def read() -> Any:
        found = read_set(workspace, "x")
        refuse_other_sources([found], sums)
        if not found.complete:
            return None  # which is refused by name
        return [
            (one.id, one.artist, dict(one.sources), hashlib.sha256(one.path.read_bytes()).digest())
            for one in found.works
        ]

    right = read()

    def why(_: Path) -> str:
        return judged(read, right, folder, "set x")

    kept = sorted(path for path in folder.rglob("*") if path.is_file())
    other = {path: kept[number - 2] for number, path in enumerate(kept)}
    count = trials(40, 500)
    broken = spoilt(kept, count, seed, why, other)
    whole = {path: sha256_file(path) for path in kept}
    monkeypatch.setattr(set_store, "sha256_file", lambda path: whole[path])
    unsealed(monkeypatch)
    control = spoilt(kept, count, seed, why, other)
    shows(
        "rot", "a generated set: its works, what they were made of",
        trials=count, broken=broken,
        without="neither sha256 nor seals are compared", control=(count, len(control)),
    )  # fmt: skip


def test_what_is_computed_once(
    shows: Callable[..., None],
    trials: Callable[[int, int], int],
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace = painted_workspace(tmp_path / "w", each=2, pieces=1)
    paintings = contest_of(workspace).train
    shutil.copyfile(paintings[0].path, paintings[1].path)
    found = survey(workspace.cache, contest_of(workspace), workers=1)
    paths = [one.path for one in paintings]
    paths[2].write_bytes(paths[2].read_bytes()[:300])
    looks = np.random.default_rng(seed).random((2, 8, 5), np.float32)

    def quick(values: Any) -> Any:  # t-SNE takes seconds
        return np.stack([values[:, :2]] * 2).astype(np.float32)

    monkeypatch.setattr(painting_map, "_project", quick)

    def placed(features: Any) -> Any:
        places = map_paintings(workspace.cache, "looks", np.arange(8), features).places
        return {how: one.tolist() for how, one in places.items()}

    def read() -> Any:
        bad = bad_images(paths, remember=workspace.checked_images, workers=1)
        pairs = [repr(one) for one in matches_of(workspace.cache, found)]
        return [placed(looks[0]), pairs, *map(str, bad)]

    right = read()
    (first,) = (workspace.cache / "survey").glob("map-*.npy")
    placed(looks[1])
    other = next(one for one in first.parent.glob("map-*.npy") if one != first)
    kept = [first, workspace.cache / "survey" / "matches.json", workspace.checked_images]
    assert len(right) == 3
    assert right[1]

    def why(_: Path) -> str:
        return judged(read, right) or judged(read, right)  # now from what was made anew

    count = trials(15, 500)
    broken = spoilt(kept, count, seed, why, {first: other})
    unsealed(monkeypatch)
    monkeypatch.setattr(painting_map, "_sum", lambda file, _: file.read_bytes()[-32:])
    control = spoilt(kept, count, seed, why, {first: other})
    shows(
        "rot", "the map of the paintings, the pairs that look alike, the pictures looked at",
        trials=count, broken=broken,
        without="neither sha256 nor seals are compared", control=(count, len(control)),
    )  # fmt: skip


def test_the_ladder(
    shows: Callable[..., None],
    trials: Callable[[int, int], int],
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace = Workspace(tmp_path)
    for name in ("x", "y"):
        row = Row(name, "it.", None, {}, (), None, {"epochs": 5}, None, reason=f"no {name}")
        write_report(workspace, Ladder(name, (row,), {"epochs": 5}, 2, "today", machine={"a": 1}))
    path, other = (ladder_folder(workspace, name) / "ladder.json" for name in ("x", "y"))
    right = read_earlier(workspace, "x")

    def why(_: Path) -> str:
        return judged(lambda: read_earlier(workspace, "x"), right, path)

    count = trials(20, 500)
    broken = spoilt([path], count, seed, why, {path: path.with_name("ladder.md")})
    unsealed(monkeypatch)
    control = spoilt([path], count, seed, why, {path: other})
    shows(
        "rot", "ladder.json",
        trials=count, broken=broken,
        without="its seal is not compared", control=(count, len(control)),
    )  # fmt: skip


def test_the_survey(
    shows: Callable[..., None],
    trials: Callable[[int, int], int],
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace = painted_workspace(tmp_path / "w", each=1, pieces=2)
    found = survey(workspace.cache, contest_of(workspace), workers=1)
    folder = workspace.cache / "survey"

    def told(store: Any) -> Any:
        return [repr(store.entries), store.thumbs.tobytes(), store.styles.tobytes()]

    def read() -> Any:
        store = survey_store.read_store(folder)  # none: it is measured anew
        return None if store is None else told(store)

    assert len(found.measures) == 5
    right = read()
    assert right is not None

    def why(_: Path) -> str:
        return judged(read, right)

    kept = sorted(path for path in folder.iterdir() if path.suffix in {".json", ".bin"})
    count = trials(60, 500)
    broken = spoilt(kept, count, seed, why)
    whole = {path: sha256_file(path) for path in kept}
    monkeypatch.setattr(survey_store, "sha256_file", lambda path: whole[path])
    unsealed(monkeypatch)
    control = spoilt(kept, count, seed, why)
    shows(
        "rot", "the survey of all pictures",
        trials=count, broken=broken,
        without="neither sha256 nor seals are compared", control=(count, len(control)),
    )  # fmt: skip
    shutil.rmtree(folder)
