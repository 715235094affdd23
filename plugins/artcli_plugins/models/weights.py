"""Weights in files: safetensors, or PyTorch's own format without code in it."""

from __future__ import annotations

import pickle
import re
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

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
        if not tensor.isfinite().all():
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
        with warnings.catch_warnings():  # of torch's, about how the file was pickled
            warnings.simplefilter("ignore")
            state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "weights_only" not in str(error).lower():
            raise _damaged(path, error) from error
        raise ArtcliError(
            f"{path} holds more than tensors, which is not loaded: it could run any code",
            "save the weights alone, best as safetensors",
        ) from error
    except (OSError, RuntimeError, EOFError, ValueError) as error:
        raise _damaged(path, error) from error
    for name in _NESTED:
        if isinstance(state, Mapping) and isinstance(state.get(name), Mapping):
            state = state[name]
            break
    if not isinstance(state, Mapping) or not all(isinstance(t, Tensor) for t in state.values()):
        raise ArtcliError(f"{path} holds no weights: {type(state).__name__}")
    return dict(state)


def _damaged(path: Path, error: Exception) -> ArtcliError:
    with path.open("rb") as file:
        pointer = file.read(40).startswith(b"version https://git-lfs")
    if pointer:
        return ArtcliError(f"{path} is a pointer of Git LFS, not the file", "run git lfs pull")
    said = (str(error) or type(error).__name__).strip().splitlines()[0]
    return ArtcliError(f"{path} is damaged: {said}", "was it downloaded whole?")


def _unwrapped(name: str) -> str:
    for wrapper in (*_WRAPPERS, *_WRAPPERS):  # wrapped in either order
        name = name.removeprefix(wrapper)
    return name
