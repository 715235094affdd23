"""Weights in files: safetensors, or PyTorch's own format without code in it."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from artcli.errors import out_of_memory
from artcli.plugin import ArtcliError

_NESTED = ("state_dict_ema", "state_dict", "model")  # where training scripts keep the weights
_WRAPPERS = ("module.", "_orig_mod.")  # DistributedDataParallel, torch.compile
_OURS = re.compile(r"((model|average)\.)?backbone\.net\.")  # in a checkpoint of artcli's own


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors in a `.safetensors`, `.pt`, `.pth` or `.bin` file, by their names in the model.

    Of a training script's checkpoint the weights alone are taken, of artcli's own the backbone's;
    the prefixes of DistributedDataParallel and torch.compile are removed.

    Errors: `ArtcliError` for a file that is missing, cut off, more than tensors, or that holds
    what is no number.
    """
    if not path.is_file():
        raise ArtcliError(f"{path} is {'a folder' if path.is_dir() else 'missing'}", "weights=FILE")
    if path.suffix == ".safetensors":
        state = _safetensors(path)
    elif path.suffix in (".pt", ".pth", ".bin"):
        state = _pytorch(path)
    else:
        raise ArtcliError(f"{path} is no file of weights", "it takes .safetensors, .pt, .pth, .bin")
    state = {_unwrapped(name): tensor for name, tensor in state.items()}
    for name, tensor in state.items():
        small = tensor.is_floating_point() and tensor.element_size() == 1  # not all is done with it
        numbers = tensor.float() if small else tensor
        if (numbers.isnan() | (numbers == torch.inf)).any():  # -inf stands in masks
            raise ArtcliError(
                f"{path} is damaged: {name} holds numbers that are not finite",
                "was its training stopped by them? Take an earlier checkpoint",
            )
    ours = {name: tensor for name, tensor in state.items() if _OURS.match(name)}
    return {_OURS.sub("", name, count=1): tensor for name, tensor in ours.items()} or state


def without(state: Mapping[str, Tensor], layers: Iterable[str]) -> dict[str, Tensor]:
    """`state` without the tensors of these layers."""
    gone = tuple(f"{layer}." for layer in layers)
    return {name: tensor for name, tensor in state.items() if not name.startswith(gone)}


def _safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise _damaged(path, error) from error


def _pytorch(path: Path) -> dict[str, Tensor]:
    try:
        _refuse_damaged_parts(path)
        with warnings.catch_warnings():  # of torch's, about how the file was pickled
            warnings.simplefilter("ignore")
            state = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        if "weights_only" not in str(error).lower():
            raise _damaged(path, error) from error
        raise ArtcliError(
            f"{path} holds more than tensors, which is not loaded: it could run any code",
            "save the weights alone, best as safetensors",
        ) from error
    except Exception as error:  # what is damaged, torch trips over in many ways
        if out_of_memory(error):
            raise
        raise _damaged(path, error) from error
    for name in _NESTED:
        if isinstance(state, Mapping) and isinstance(state.get(name), Mapping):
            state = state[name]
            break
    if not isinstance(state, Mapping) or not all(isinstance(t, Tensor) for t in state.values()):
        raise ArtcliError(f"{path} holds no weights: {type(state).__name__}")
    return dict(state)


def _refuse_damaged_parts(path: Path) -> None:
    """Check the sums in a file of torch's newer form, a zip, which torch itself leaves alone."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if part := archive.testzip():
                raise zipfile.BadZipFile(f"the sum of its part {part} differs")


def _damaged(path: Path, error: Exception) -> ArtcliError:
    with path.open("rb") as file:
        start = file.read(1000).lstrip().lower()
    if start.startswith(b"version https://git-lfs"):
        return ArtcliError(f"{path} is a pointer of Git LFS, not the file", "run git lfs pull")
    if start.startswith((b"<!doctype html", b"<html")):
        return ArtcliError(f"{path} is a web page, not the file", "download the file itself")
    said = (str(error) or type(error).__name__).strip().splitlines()[0]
    return ArtcliError(
        f"{path} ({path.stat().st_size:,} bytes) is damaged: {said}", "was it downloaded whole?"
    )


def _unwrapped(name: str) -> str:
    for wrapper in (*_WRAPPERS, *_WRAPPERS):  # wrapped in either order
        name = name.removeprefix(wrapper)
    return name
