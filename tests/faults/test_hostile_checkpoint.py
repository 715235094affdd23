"""Files that would run code where a pickle is loaded, in every place where a file is taken."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from saved_states import state

from artcli.contest.survey.store import read_store as read_survey
from artcli.errors import ArtcliError
from artcli.predicting import predictions
from artcli.predicting.predictions import Predictions
from artcli.reporting.eda import painting_map
from artcli.training import checkpoint, features
from artcli.training.checkpoint import find_checkpoint, load_checkpoint, save_checkpoint
from artcli.training.recipe import read_recipe
from artcli.workspace.files import read_json, sha256_file, write_json
from artcli_plugins.models import weights
from artcli_plugins.models.any_timm import timm_model


class Runs:
    """A pickle that calls `call` with `words` as it is loaded."""

    def __init__(self, call: Callable[..., Any], *words: Any) -> None:
        self._what = call, words

    def __reduce__(self) -> tuple[Any, ...]:
        return self._what


def payload(canary: Path, rng: random.Random) -> Any:
    """One of several ways to make the canary's file, somewhere in what looks like weights."""
    code = f"open({str(canary)!r}, 'w').close()"
    evil = rng.choice(
        (
            Runs(Path.touch, canary),
            Runs(os.system, f"touch '{canary}'"),
            Runs(eval, code),
            Runs(exec, code),
            Runs(os.open, str(canary), os.O_CREAT | os.O_WRONLY),
        )
    )
    layer = {"conv_stem.weight": torch.zeros(2), "classifier.bias": evil}
    return rng.choice((evil, layer, {"state_dict": layer}, {"epoch": evil, "model": {}}, [evil]))


def pickled(path: Path, what: Any, rng: random.Random) -> None:
    """A bare pickle, or torch's form of one (a zip, or the older)."""
    how = rng.randrange(8)
    if how < 6:
        path.write_bytes(pickle.dumps(what, protocol=how))
    else:
        torch.save(what, path, _use_new_zipfile_serialization=how == 6)


def object_array(path: Path, what: Any) -> None:
    """An .npz of the five arrays of predictions, one of which holds objects."""
    array = np.empty(1, object)
    array[0] = what
    arrays = {"ids": array, "crops": np.zeros(1, np.int16), "folds": np.zeros(1, np.int16)}
    arrays |= {"probabilities": np.ones((1, 1), np.float32), "classes": np.array(["a"])}
    with zipfile.ZipFile(path, "w") as archive:
        for name, one in arrays.items():
            held = io.BytesIO()
            np.save(held, one, allow_pickle=True)
            archive.writestr(f"{name}.npy", held.getvalue())


RAN = "it ran"

# Every place where a file is taken: it is written into `folder`, and read as a command reads it.


def weights_file(suffix: str) -> Callable[[Path, Any, random.Random], Callable[[], Any]]:
    def place(folder: Path, what: Any, rng: random.Random) -> Callable[[], Any]:
        path = folder / f"w{suffix}"
        pickled(path, what, rng)
        return lambda: timm_model(arch="test_efficientnet", pretrained=False, weights=path)

    return place


def local_dir(name: str) -> Callable[[Path, Any, random.Random], Callable[[], Any]]:
    def place(folder: Path, what: Any, rng: random.Random) -> Callable[[], Any]:
        config = {"architecture": "test_efficientnet", "num_classes": 10}
        (folder / "config.json").write_text(json.dumps(config))
        pickled(folder / name, what, rng)
        return lambda: timm_model(arch=f"local-dir:{folder}")

    return place


def in_checkpoint(name: str) -> Callable[[Path, Any, random.Random], Callable[[], Any]]:
    """In a checkpoint of artcli's own, whose sums fit."""

    def place(folder: Path, what: Any, rng: random.Random) -> Callable[[], Any]:
        step = save_checkpoint(folder, 1, 1, state(1), best=True)
        pickled((step if (step / name).exists() else folder) / name, what, rng)
        sums = {
            path.name: sha256_file(path) for path in step.iterdir() if "sha256" not in path.name
        }
        if name != "sha256.json":
            write_json(step / "sha256.json", sums)
        return lambda: load_checkpoint(find_checkpoint(folder) or step)

    return place


def read_as(name: str, read: Callable[[Path], Any]) -> Callable[..., Callable[[], Any]]:
    def place(folder: Path, what: Any, rng: random.Random) -> Callable[[], Any]:
        pickled(folder / name, what, rng)
        return lambda: read(folder / name)

    return place


def an_npz(folder: Path, what: Any, _rng: random.Random) -> Callable[[], Any]:
    object_array(folder / "test.npz", what)
    return lambda: Predictions.load(folder / "test.npz")


def an_npy(folder: Path, what: Any, _rng: random.Random) -> Callable[[], Any]:
    array = np.empty(1, object)
    array[0] = what
    file = folder / "map.npy"
    np.save(file, array, allow_pickle=True)
    data = file.read_bytes()
    file.write_bytes(data + painting_map._sum(file, data))
    return lambda: painting_map._kept(file, 1)


WEIGHTS_AND_ARRAYS = {
    "weights=w.pt": weights_file(".pt"),
    "weights=w.pth": weights_file(".pth"),
    "weights=w.bin": weights_file(".bin"),
    "weights=w.safetensors": weights_file(".safetensors"),
    "local-dir, pytorch_model.bin": local_dir("pytorch_model.bin"),
    "local-dir, model.safetensors": local_dir("model.safetensors"),
    "model.safetensors of a checkpoint": in_checkpoint("model.safetensors"),
    "predictions (.npz of objects)": an_npz,
    "predictions (a pickle)": read_as("oof.npz", Predictions.load),
    "the map of eda (.npy of objects)": an_npy,
    "kept features": read_as("x.safetensors", features._read),
}
TEXTS = {
    "state.json of a checkpoint": in_checkpoint("state.json"),
    "sha256.json of a checkpoint": in_checkpoint("sha256.json"),
    "last.json": in_checkpoint("last.json"),
    "local-dir, config.json": local_dir("config.json"),
    "the survey": read_as("survey.json", lambda path: read_survey(path.parent)),
    "run.json": read_as("run.json", read_json),
    "recipe.toml": read_as("recipe.toml", read_recipe),
}


@pytest.mark.parametrize("places", [WEIGHTS_AND_ARRAYS, TEXTS], ids=["weights", "texts"])
def test_nothing_in_it_is_run(
    places: dict[str, Callable[..., Callable[[], Any]]],
    shows: Callable[..., None],
    trials: Callable[[int, int], int],
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    canary = tmp_path / "canary"
    count = trials(2, 30) * len(places)

    def tried(place: Path) -> list[tuple[str, str]]:
        """The places where something broke, and how."""
        found = []
        for number in range(count):
            rng = random.Random(f"{seed} {number}")
            what = list(places)[number % len(places)]
            folder = place / str(number)
            folder.mkdir(parents=True)
            read = places[what](folder, payload(canary, rng), rng)
            canary.unlink(missing_ok=True)
            said = ""
            try:
                read()
            except ArtcliError as error:
                said = "" if str(folder) in str(error) else f"does not name it: {error}"
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
            if canary.exists() or said:
                found.append((what, RAN if canary.exists() else said))
        return found

    broken = tried(tmp_path / "safe")
    with monkeypatch.context() as patch:
        _unpickle(patch)
        control = [what for what, said in tried(tmp_path / "unsafe") if said == RAN]
    assert set(control) == set(places), "the control does not reach them all"
    shows(
        "pickle", f"in {len(places)} places: {', '.join(places)}",
        trials=count, broken=broken,
        without="texts are unpickled before they are read" if places is TEXTS else
        "torch and NumPy may unpickle; safetensors and predictions are unpickled before they are "
        "read",
        control=(count, len(control)),
    )  # fmt: skip


def _unpickle(patch: pytest.MonkeyPatch) -> None:
    """Let every reader of weights, arrays and texts unpickle."""
    load, np_load = torch.load, np.load

    def unpickled(path: Path) -> None:
        with suppress(Exception), path.open("rb") as file:  # of a path torch heeds the suffix
            load(file, weights_only=False)

    def first(read: Callable[..., Any]) -> Callable[..., Any]:
        def unsafely(path: Path, *words: Any, **named: Any) -> Any:
            unpickled(path)
            return read(path, *words, **named)

        return unsafely

    patch.setattr(torch, "load", lambda path, **more: load(path, **more | {"weights_only": False}))
    patch.setattr(np, "load", lambda path, **_: np_load(path, allow_pickle=True))
    for module in (weights, checkpoint, features):
        patch.setattr(module, "load_file", first(module.load_file))
    patch.setattr(predictions, "_read_arrays", first(predictions._read_arrays))
    for read in ("read_text", "read_bytes"):
        patch.setattr(Path, read, first(getattr(Path, read)))
