"""Features of a body that stays as it is, computed once and kept in the workspace's cache.

A picture's features are known by the net (its weights, how it was made, the precision) and by the
picture itself, byte for byte. So they serve every fold, run and epoch that shows the same picture,
and nothing has to be cleared by hand when data, crops or weights change. A file whose sha256
differs is made anew.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from artcli import console
from artcli.errors import ArtcliError
from artcli.training.data import TrainingSet, channels_first
from artcli.training.devices import SMALLER, looking_at, pictures_at_once
from artcli.training.keys import key
from artcli.workspace.files import as_os_error, need_room, replacing
from artcli.workspace.locks import hold

if TYPE_CHECKING:
    from lightning_fabric import Fabric
    from numpy.typing import NDArray

    from artcli.training.loop import Pictures
    from artcli.training.model import PaintingModel

MARK_BYTES = 16
MOST_BYTES = 2**30  # of one net's features; the oldest make room for new ones


@dataclass(frozen=True)
class Features:
    """The features that one net gives; `file` keeps them."""

    model: PaintingModel
    file: Path
    learnt: int | None = None  # pictures from which is learnt at once, as in `pictures_at_once`

    @classmethod
    def of(
        cls, folder: Path, model: PaintingModel, *facts: object, learnt: int | None = None
    ) -> Features:
        """Those of `model`'s body; `facts` are what decides its features beside its weights."""
        file = folder / "features" / f"{body_mark(model, *facts)}.safetensors"
        return cls(model, file, learnt)

    @torch.no_grad()
    def __call__(self, fabric: Fabric, pictures: Pictures, what: str) -> Tensor:
        """Features `(N, F)` float32 on the CPU of N >= 1 pictures `(N, S, S, 3)` uint8.

        Of several ranks, the first to come computes them and the others read them. Errors:
        `ArtcliError` where they are not finite, or memory is short.
        """
        was_training = self.model.training
        fabric.to_device(self.model).eval()
        with hold(self.file.with_suffix(".lock"), "features", wait=True):
            known = _read(self.file)
            wanted: list[bytes] = []
            count = len(known)
            together = pictures_at_once(fabric.device.type, self.learnt)
            try:
                with console.progress(what, len(pictures)) as advance:
                    for start in range(0, len(pictures), together):
                        batch = pictures[np.arange(start, min(start + together, len(pictures)))]
                        marks = [_mark(picture) for picture in batch]
                        new = [n for n, mark in enumerate(marks) if mark not in known]
                        if new:
                            features = self._compute(fabric, batch[new])
                            known |= zip([marks[n] for n in new], features, strict=True)
                        wanted += marks
                        advance(len(batch))
            finally:  # what was computed before an interruption need not be again
                if len(known) > count:
                    _write(self.file, known)
        self.model.train(was_training)
        return torch.stack([known[mark] for mark in wanted])

    def _compute(self, fabric: Fabric, batch: NDArray[np.uint8]) -> Tensor:
        images = channels_first(torch.from_numpy(batch)).to(fabric.device)
        with looking_at(len(batch), SMALLER), fabric.autocast():
            features: Tensor = self.model.backbone(self.model.normalise(images))
        features = features.float().cpu()
        if not features.isfinite().all():
            raise ArtcliError(
                "the model gives features that are not finite",
                "try --precision 32, or other weights",
            )
        return features


def body_mark(model: PaintingModel, *facts: object) -> str:
    """A hash of what decides the features of `model`'s body: its weights, its normalising, and
    `facts`."""
    digest = hashlib.blake2b(repr(facts).encode(), digest_size=16)
    normalised = {"mean": model.mean, "std": model.std}
    for name, tensor in {**model.backbone.state_dict(), **normalised}.items():
        digest.update(name.encode())
        digest.update(tensor.contiguous().cpu().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def _mark(picture: NDArray[np.uint8]) -> bytes:
    shape = str(picture.shape).encode()
    return hashlib.blake2b(picture.tobytes(), digest_size=MARK_BYTES, key=shape).digest()


def _read(file: Path) -> dict[bytes, Tensor]:
    """What is kept, by each picture's mark; nothing when the file is damaged: it can be remade."""
    try:
        kept = load_file(file)
        marks, features = kept["marks"], kept["features"]
        if kept["sum"].numpy().tobytes() != _sum(marks, features):
            return {}
    except (OSError, SafetensorError, KeyError):
        return {}
    whole = features.ndim == 2 and marks.shape == (len(features), MARK_BYTES)
    if not whole or (marks.dtype, features.dtype) != (torch.uint8, torch.float32):
        return {}
    return {mark.tobytes(): row for mark, row in zip(marks.numpy(), features, strict=True)}


def _write(file: Path, known: dict[bytes, Tensor]) -> None:
    width = next(iter(known.values())).numel() * 4
    newest = list(known.items())[-max(1, MOST_BYTES // width) :]
    marks = np.frombuffer(b"".join(mark for mark, _ in newest), np.uint8).reshape(-1, MARK_BYTES)
    features = torch.stack([row for _, row in newest])
    kept = {"marks": torch.from_numpy(marks.copy()), "features": features}
    kept["sum"] = torch.from_numpy(np.frombuffer(_sum(**kept), np.uint8).copy())
    need_room(file.parent, size := marks.nbytes + features.nbytes, "the features of pictures")
    with replacing(file, size) as temporary:
        try:
            save_file(kept, temporary)
        except SafetensorError as error:  # how it reports a full disk
            raise as_os_error(error) from error


def _sum(marks: Tensor, features: Tensor) -> bytes:
    """The sha256 of what a file keeps."""
    digest = hashlib.sha256(repr((marks.shape, features.shape)).encode())
    for kept in (marks, features):
        digest.update(kept.numpy().data)
    return digest.digest()


@dataclass(frozen=True)
class Crops:
    """`count` crops of each painting of a training set as pictures: crop by crop, all paintings.

    `purpose` and the crop's number key the chance, and with `by_row` the painting's row in the
    table instead of its place in the fold, so that folds share their crops.
    """

    dataset: TrainingSet
    count: int
    purpose: str
    by_row: bool = False

    def __len__(self) -> int:
        return self.count * len(self.dataset.rows)

    def __getitem__(self, chosen: Any) -> NDArray[np.uint8]:
        """`(len(chosen), S, S, 3)` uint8 RGB."""
        return np.stack(
            [self._picture(*divmod(n, len(self.dataset.rows))) for n in chosen.tolist()]
        )

    def _picture(self, number: int, painting: int) -> NDArray[np.uint8]:
        which = int(self.dataset.rows[painting]) if self.by_row else painting
        seed = key(self.dataset.seed, self.purpose, number, which)
        return self.dataset.picture(painting, seed)
