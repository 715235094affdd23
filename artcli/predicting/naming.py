"""Who painted these? Any picture files in, the most probable artists of each out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from artcli.contest.images import SUFFIXES, BadImage, read_image, resize
from artcli.contest.workers import cores
from artcli.errors import ArtcliError, Problems
from artcli.predicting.looking import mean_probabilities
from artcli.predicting.predict import trained_folds
from artcli.training.trained import load_trained

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.host.discovery import Host
    from artcli.workspace.paths import Workspace


@dataclass(frozen=True)
class Named:
    """What a run (the mean of its `folds`) says of pictures; row i of `probabilities` is paths[i].

    `asked` is all that was to be named, in the order it was found in; `bad` what of it could not
    be, with the reason.
    """

    folds: tuple[str, ...]
    classes: tuple[str, ...]
    asked: tuple[Path, ...]
    probabilities: NDArray[np.float32]
    bad: Mapping[Path, str]

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        return tuple(path for path in self.asked if path not in self.bad)

    def top(self, row: int, most: int) -> list[tuple[str, float]]:
        """The `most` probable artists of a picture, with their probabilities."""
        order = np.argsort(-self.probabilities[row], kind="stable")[:most]
        return [(self.classes[c], float(self.probabilities[row, c])) for c in order]


def name_pictures(
    workspace: Workspace,
    host: Host,
    run: str,
    paths: Iterable[Path],
    *,
    batch_size: int | None = None,
    device: str = "auto",
) -> Named:
    """Name the painters of any pictures: files, or folders, searched to the bottom.

    Each is decoded and squashed to the model's size, as a picture of the test is. Errors:
    `Problems` when there is no picture at all, `ArtcliError` when the run has no model.
    """
    asked = _find(paths)
    files = [path for path, why in asked.items() if not why]
    bad = {path: why for path, why in asked.items() if why}
    if not files:
        kinds = f"pictures end in {' '.join(sorted(SUFFIXES))}"
        raise Problems("there is no picture to name", list(bad.values()), kinds)
    labels = trained_folds(workspace, run)
    trained = [load_trained(workspace, host, run, label) for label in labels]
    if any(other.classes != trained[0].classes for other in trained):
        raise ArtcliError(f"the folds of the run {run} were trained on different artists")
    pictures = _Decoded(files, trained[0].image_size)
    models = [one.model for one in trained]
    values = mean_probabilities(
        models, pictures, batch_size=batch_size, device=device, description="Naming painters"
    )
    good = [row for row in range(len(files)) if row not in pictures.bad]
    why = bad | {files[row]: problem for row, problem in pictures.bad.items()}
    bad = {path: why[path] for path in asked if path in why}
    return Named(tuple(labels), trained[0].classes, tuple(asked), values[good], bad)


def _find(paths: Iterable[Path]) -> dict[Path, str]:
    """The files meant, each once, and what is wrong with those that cannot be read; "" else."""
    named, found = list(paths), dict[Path, str]()
    for path in named:
        if not path.is_dir():
            found.setdefault(path, "")
            continue
        for file, why in list(_walk(path)) or [(path, f"{path} holds no pictures")]:
            if not why or file == path or file not in named:
                found.setdefault(file, why)
    return found


def _walk(folder: Path) -> Iterator[tuple[Path, str]]:
    """The pictures below, in order, but hidden ones, each with ""; and folders that are not looked
    into, with the reason: links to folders may lead around."""
    unread: list[OSError] = []
    for where, folders, files in os.walk(folder, onerror=unread.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            path = Path(where) / name
            if path.is_symlink():
                yield path, f"{path} is a link to a folder, which is not followed: name it, too"
        for name in sorted(files):
            path = Path(where) / name
            if path.suffix.lower() in SUFFIXES and not name.startswith("."):
                yield path, ""
    for error in unread:
        yield Path(error.filename), f"{error.filename} cannot be read: {error.strerror}"


@dataclass(frozen=True)
class _Decoded:
    """Files, decoded in several threads as they are read; a bad one is black, and noted."""

    files: Sequence[Path]
    side: int
    bad: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, chosen: NDArray[np.intp], /) -> NDArray[np.uint8]:
        with ThreadPoolExecutor(cores(), "decode") as pool:
            return np.stack(list(pool.map(self._read, chosen.tolist())))

    def _read(self, row: int) -> NDArray[np.uint8]:
        try:
            return resize(read_image(self.files[row]), self.side, self.side)
        except BadImage as error:
            self.bad[row] = error.message
            return np.zeros((self.side, self.side, 3), np.uint8)
