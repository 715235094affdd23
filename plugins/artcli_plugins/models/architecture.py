"""Which model a name means, and where its pre-trained weights lie: in timm, the hub or a folder.

In: a name such as `resnet18`, `resnet18.a1_in1k`, `local-dir:FOLDER` or `hf-hub:OWNER/NAME`.
Out: an `Architecture`, whose `weights_file` finds the weights, downloading them at most once.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import timm.models

from artcli.plugin import ArtcliError, UsageError

from .hub import fetch

WEIGHTS = ("model.safetensors", "pytorch_model.bin")


@dataclass(frozen=True)
class Architecture:
    """A model that timm can build.

    `name` is what timm calls it and `shown` what people do. `config` holds `input_size`,
    `classifier` and others. Its weights lie in `folder`, or in the hub's `repository`, or (both
    None) nowhere.
    """

    name: str
    shown: str
    config: dict[str, Any]
    folder: Path | None = None
    repository: str | None = None

    @property
    def image_size(self) -> int:
        """The side of the pictures that it was trained on."""
        return int(self.config.get("input_size", (3, 224, 224))[-1])

    @property
    def classifiers(self) -> tuple[str, ...]:
        """The layers of its own classifier, which no backbone has."""
        names = self.config.get("classifier") or ()
        layers = (names,) if isinstance(names, str) else tuple(names)
        # timm reads torchvision's files of a VGG, too, where the last layer is called otherwise
        return (*layers, "classifier.6") if self.name.startswith("vgg") else layers

    def weights_file(self) -> Path:
        """The file of its pre-trained weights. Errors: `ArtcliError` when there is none."""
        if self.repository:
            return fetch(self.repository, WEIGHTS[0])
        if self.folder:
            for path in (self.folder / name for name in WEIGHTS):
                if path.is_file():
                    return path
            raise ArtcliError(f"{self.folder} holds no weights", f"they are sought as {WEIGHTS[0]}")
        raise ArtcliError(
            f"there are no pre-trained weights of {self.shown} to be had",
            "give them as weights=FILE, or train from random weights with pretrained=false",
        )


def find(arch: str) -> Architecture:
    """The model that `arch` names. Errors: `ArtcliError`, with the nearest names if there are."""
    scheme, colon, rest = arch.partition(":")
    if colon and scheme == "local-dir":
        return _in_folder(Path(rest).expanduser(), arch)
    if colon and scheme == "hf-hub":
        folder = fetch(rest, "config.json").parent
        return Architecture(f"local-dir:{folder}", arch, _config(folder), repository=rest)
    if colon or "/" in arch:
        raise UsageError(
            f"arch={arch} is not the name of a model of timm",
            f"for a folder write arch=local-dir:{rest or arch}, for a repository of the hub "
            f"arch=hf-hub:{rest or arch}",
        )
    return _of_timm(arch)


def _of_timm(arch: str) -> Architecture:
    base, _, tag = arch.partition(".")
    names = timm.models.list_models()  # less than `is_model` knows: it still takes former names
    if base not in names:
        near = difflib.get_close_matches(base, names, n=5, cutoff=0.6)
        hint = f"did you mean {', '.join(near)}?" if near else None
        raise UsageError(f"timm has no model {base!r}", hint or "see timm.list_models()")
    tags = [
        name for name in timm.models.list_pretrained(f"{base}.*") if name.startswith(f"{base}.")
    ]
    if tag and arch not in tags:
        there = f"there are {', '.join(tags)}" if tags else "there are none"
        raise UsageError(f"timm has no weights {arch}", f"{there}; {base} alone is its default")
    config = timm.models.get_pretrained_cfg(arch) or timm.models.PretrainedCfg()
    return Architecture(arch, arch, vars(config), repository=config.hf_hub_id or None)


def _in_folder(folder: Path, arch: str) -> Architecture:
    if not folder.is_dir():
        raise ArtcliError(
            f"arch={arch}: {folder} is not a folder",
            "a folder with config.json and model.safetensors, as timm's save_for_hf writes it",
        )
    return Architecture(f"local-dir:{folder}", arch, _config(folder), folder=folder)


def _config(folder: Path) -> dict[str, Any]:
    """The part of `config.json` that describes the weights (older ones are that part alone)."""
    path = folder / "config.json"
    try:
        whole = json.loads(path.read_bytes())
        architecture = whole["architecture"]
        config = whole.get("pretrained_cfg", whole)
        int(config.get("input_size", (3, 224, 224))[-1])
    except FileNotFoundError:
        raise ArtcliError(
            f"{folder} holds no config.json", "which names the architecture"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ArtcliError(
            f"{path} is not a config of timm's ({type(error).__name__}: {error})",
            "was it downloaded whole?",
        ) from error
    if not timm.models.is_model(architecture):
        raise ArtcliError(
            f"{path} names {architecture}, which timm does not have",
            f"this is timm {timm.__version__}; a newer one may have it",
        )
    return dict(config)
