"""Checkpoints: immutable folders `step-N/`, and the two small files that point at them.

One that is saved in the middle of a validation is `step-N-unjudged/`: `step-N/` comes after it.

A tree of state goes in (dicts, lists, tensors, numbers, text), safetensors and JSON go out; no
pickle. A folder is made beside its place, flushed, renamed, and read back; only then do `last.json`
and `best.json` move on, and only then does an old folder go. So a kill at any moment leaves a
checkpoint that loads.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from artcli.errors import ArtcliError
from artcli.workspace.files import (
    as_os_error,
    explained,
    make_folder,
    read_json,
    remove_parts,
    remove_tree,
    sha256_file,
    sync_file,
    sync_folder,
    write_json,
    write_sealed,
)

Which = Literal["last", "best"]
T = TypeVar("T")
FORMAT = 1
_STATE = "state.json"
_SUMS = "sha256.json"
_STEP = re.compile(r"step-\d+(-unjudged)?")


def save_checkpoint(
    folder: Path,
    step: int,
    epoch: int,
    parts: Mapping[str, Any],
    *,
    best: bool = False,
    judged: bool = True,
) -> Path:
    """Save `parts` (a tree of state for each name) as `folder/step-N`, the last checkpoint.

    With `best` it becomes the best one too; not `judged`, it makes way for one of the same step.
    Errors: `ArtcliError` when the disk is full or
    cannot be written; then the former checkpoint is untouched.
    """
    pointer = {"step": step, "epoch": epoch, "judged": judged}
    place = _place(folder, pointer)
    if place not in _named(folder):
        remove_tree(place)  # what a save that was cut off before its last word left
        _write_folder(place, parts)
    _verify(place)
    if best:
        write_sealed(folder / "best.json", pointer)
    write_sealed(folder / "last.json", pointer)
    remove_old(folder)
    return place


def find_checkpoint(folder: Path, which: Which = "last") -> Path | None:
    """The folder that `last.json` or `best.json` points at; None when there is no such file.

    Where there is no last one, the best is it: a fold can go on from either.
    """
    pointer = folder / f"{which}.json"
    if not pointer.is_file():
        return find_checkpoint(folder, "best") if which == "last" else None
    found = _told_the_way(folder, lambda: read_json(pointer))
    if not isinstance(found, dict) or not isinstance(found.get("step"), int):
        raise ArtcliError(f"{pointer} is damaged", _way_on(folder))
    return _place(folder, found)


def _place(folder: Path, pointer: Mapping[str, Any]) -> Path:
    unjudged = "-unjudged" if pointer.get("judged") is False else ""
    return folder / f"step-{pointer['step']}{unjudged}"


def load_checkpoint(place: Path, parts: Iterable[str] | None = None) -> dict[str, Any]:
    """The tree of each of `parts` (else of all) in the checkpoint folder `place`, on the CPU.

    Errors: `ArtcliError` when a file is missing or is not the one that was written.
    """
    return _told_the_way(place.parent, lambda: _load(place, parts))


def _load(place: Path, parts: Iterable[str] | None) -> dict[str, Any]:
    _verify(place)
    state = read_json(place / _STATE)
    if state.get("step", place.name) != place.name:
        raise ArtcliError(f"{place} is not the checkpoint that was written: it is {state['step']}")
    names = list(state["parts"]) if parts is None else list(parts)
    loaded: dict[str, Any] = {}
    for name in names:
        if name not in state["parts"]:
            raise ArtcliError(f"{place} holds no {name}")
        file = place / f"{name}.safetensors"
        try:
            tensors = load_file(file) if file.exists() else {}
        except (SafetensorError, OSError) as error:
            raise ArtcliError(f"{file} cannot be read: {error}") from error
        loaded[name] = _unpack(state["parts"][name], tensors)
    return loaded


def _told_the_way(folder: Path, read: Callable[[], T]) -> T:
    """What `read` gives; its errors say how to go on without what is damaged in `folder`."""
    try:
        return read()
    except ArtcliError as error:
        raise ArtcliError(error.message, _way_on(folder)) from error


def _way_on(folder: Path) -> str:
    return (
        f"restore it; or remove {folder / 'last.json'} to go on from the best epoch, "
        f"or {folder} to train the fold anew"
    )


def like(saved: torch.Tensor, model: torch.Tensor) -> torch.Tensor:
    """`saved` in the memory format, on the device of `model`, if it is of its shape."""
    if saved.shape != model.shape:
        return saved
    return torch.empty_like(model, dtype=saved.dtype).copy_(saved)


def tensor_bytes(tree: Any) -> int:
    """How many bytes the tensors in a tree of state take."""
    if isinstance(tree, torch.Tensor):
        return tree.numel() * tree.element_size()
    inner = tree.values() if isinstance(tree, Mapping) else tree
    return sum(map(tensor_bytes, inner)) if isinstance(tree, Mapping | list | tuple) else 0


def _write_folder(place: Path, parts: Mapping[str, Any]) -> None:
    beside = place.with_name(f".{place.name}.part")
    with explained(place):
        shutil.rmtree(beside, ignore_errors=True)
        make_folder(beside)
    try:
        with explained(place, tensor_bytes(parts)):
            state: dict[str, Any] = {"format": FORMAT, "step": place.name, "parts": {}}
            for name, tree in parts.items():
                tensors: dict[str, torch.Tensor] = {}
                state["parts"][name] = _pack(tree, name, tensors)
                if tensors:
                    try:
                        save_file(tensors, beside / f"{name}.safetensors")
                    except SafetensorError as error:  # how it reports a full disk
                        raise as_os_error(error) from error
            write_json(beside / _STATE, state)
            files = sorted(beside.iterdir())
            for file in files:
                sync_file(file)
            write_json(beside / _SUMS, {file.name: sha256_file(file) for file in files})
            sync_folder(beside)
            beside.rename(place)
            sync_folder(place.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _verify(place: Path) -> None:
    if not place.is_dir():
        raise ArtcliError(f"the checkpoint {place} is missing")
    sums = read_json(place / _SUMS)
    for name, expected in sums.items():
        file = place / Path(name).name
        if not file.is_file():
            raise ArtcliError(f"the checkpoint {place} lacks {name}")
        if sha256_file(file) != expected:
            raise ArtcliError(f"{file} is not the file that was written (its sha256 differs)")
    if _STATE not in sums:
        raise ArtcliError(f"the checkpoint {place} is damaged: {_SUMS} does not name {_STATE}")


def _named(folder: Path) -> set[Path | None]:
    return {find_checkpoint(folder, "last"), find_checkpoint(folder, "best")}


def remove_old(folder: Path) -> None:
    """Remove the steps that no pointer names, and what an interrupted save left half-made."""
    named = _named(folder)
    for place in folder.iterdir():
        if _STEP.fullmatch(place.name) and place not in named:
            place.rename(place.with_name(f".{place.name}.part"))
    remove_parts(folder)


def _pack(tree: Any, path: str, tensors: dict[str, torch.Tensor]) -> Any:
    """`tree` as JSON; each tensor goes to `tensors` and leaves its name in its place."""
    if isinstance(tree, torch.Tensor):
        tensors[path] = tree.detach().to("cpu", copy=True).contiguous()
        return {"tensor": path}
    if isinstance(tree, Mapping):
        items = [
            [_plain(name), _pack(value, f"{path}.{name}", tensors)] for name, value in tree.items()
        ]
        return {"dict": items}
    if isinstance(tree, list | tuple):
        kind = "list" if isinstance(tree, list) else "tuple"
        return {
            kind: [_pack(value, f"{path}.{place}", tensors) for place, value in enumerate(tree)]
        }
    return {"value": _plain(tree)}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ArtcliError(
        f"a {type(value).__name__} cannot be kept in a checkpoint",
        "a plugin's state_dict may hold tensors, numbers, text, lists and dicts",
    )


def _unpack(node: Any, tensors: Mapping[str, torch.Tensor]) -> Any:
    (kind, value), *_ = node.items()
    if kind == "tensor":
        return tensors[value]
    if kind == "dict":
        return {name: _unpack(item, tensors) for name, item in value}
    if kind == "list":
        return [_unpack(item, tensors) for item in value]
    if kind == "tuple":
        return tuple(_unpack(item, tensors) for item in value)
    return value
