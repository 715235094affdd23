"""A contest small enough to train on in a second: three artists told apart by their textures."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
from PIL import Image
from small_contests import ARTISTS, write_tables

from artcli.contest.tables import Contest, read_contest
from artcli.training.recipe import Recipe, make_recipe
from artcli.workspace.paths import Workspace
from artcli.workspace.settings import Settings, write_settings

MODEL = "timm:arch=test_efficientnet,pretrained=false"  # batch norm and all, 0.1 M parameters
PLAIN_MODEL = "timm:arch=test_vit,pretrained=false,image_size=64"  # no batch norm, no dropout


def painted_workspace(root: Path, *, each: int = 8, pieces: int = 6) -> Workspace:
    workspace = Workspace(root)
    root.mkdir(parents=True)
    write_settings(workspace, Settings())
    write_tables(workspace.data, each=each, pieces=pieces)
    artists = list(ARTISTS)
    for table in ("train.csv", "test.csv"):
        for number, line in enumerate((workspace.data / table).read_text("utf-8").splitlines()[1:]):
            paint(workspace.data / line.split(",")[1], number, number % len(artists))
    return workspace


def linked_copy(workspace: Workspace, place: Path) -> Workspace:
    """A copy whose files are the same on disk, until one of the two replaces them."""
    shutil.copytree(workspace.root, place, copy_function=os.link)
    return Workspace(place)


def paint(path: Path, number: int, artist: int) -> None:
    rng = np.random.default_rng(number)
    y, x = np.mgrid[0:48, 0:64]
    wave = np.sin((x if artist == 0 else y if artist == 1 else x + y) / 3 + rng.uniform(0, 6))
    grey = 128 + 60 * wave + rng.normal(0, 12, wave.shape)
    colour = rng.uniform(0.6, 1.0, 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(grey[..., None] * colour, 0, 255).astype(np.uint8)).save(path)


def contest_of(workspace: Workspace) -> Contest:
    return read_contest(workspace)


def small_recipe(**changes: object) -> Recipe:
    """Two short epochs at 32 pixels, with everything that draws lots switched on."""
    chosen = {
        "model": MODEL,
        "head": "layernorm:dropout=0.3",
        "mixer": "cutmix",
        "sampler": "log",
        "epochs": 2,
        "crops": 1,
        "batch_size": 6,
        "image_size": 32,
        "folds": 4,
        **changes,
    }
    return make_recipe(chosen)
