"""Models look at pictures: the loop that turns pixels into probabilities.

Every picture is read once. Its batch is moved to the device once, each view of it is made there
once, and all models see that; a body that several of them share, as the folds of a run with
--freeze do, sees it once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import torch

from artcli import console
from artcli.errors import ArtcliError
from artcli.host.records import View
from artcli.training.devices import looking_at, pick_device, pictures_at_once
from artcli.training.features import body_mark
from artcli.training.loop import Pictures
from artcli.training.model import PaintingModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLAIN = View("plain", lambda pieces, _size: pieces)  # the pictures as they are


@torch.inference_mode()
def look(
    models: Sequence[torch.nn.Module],
    images: Pictures,
    views: Sequence[View] = (PLAIN,),
    *,
    batch_size: int | None = None,
    device: str = "auto",
    description: str = "Predicting",
) -> NDArray[np.float32]:
    """What each of M models thinks of N >= 1 pictures, seen in V ways.

    models: `PaintingModel`s, which are moved to `device` and left in evaluation mode; images:
    `(N, S, S, 3)` uint8 RGB; device: auto, cpu, cuda or mps. Returns `(M, V, N, C)` float32; rows
    sum to 1. Errors: `ArtcliError` for a view that does not give what a view must, for
    probabilities that are not finite, and where memory is short.
    """
    target = pick_device(device)
    for model in models:
        model.to(target).to(memory_format=torch.channels_last).eval()
    bodies = _bodies(models)
    batches: list[NDArray[np.float32]] = []
    looks = len(models) * len(views)
    with console.progress(description, len(images)) as advance:
        for batch in _read_ahead(images, batch_size or pictures_at_once(target)):
            moved, said = batch.to(target), []
            for view in views:
                seen, features = _seen(view, moved), dict[str, torch.Tensor]()
                for model, body in zip(models, bodies, strict=True):
                    with looking_at(len(batch), "give artcli predict a smaller --batch-size"):
                        if isinstance(model, PaintingModel) and bodies.count(body) > 1:
                            if body not in features:
                                features[body] = model.backbone(model.normalise(seen))
                            output = model(features[body])
                        else:
                            output = model(seen)
                    said.append(output.logits.float().softmax(1))
                    done = len(batch) * len(said)
                    advance(done // looks - (done - len(batch)) // looks)
            _refuse_non_finite(together := torch.stack(said))  # one answer is awaited
            batches.append(together.cpu().numpy())
    rows = np.concatenate(batches, 1)
    return rows.reshape(len(views), len(models), *rows.shape[1:]).swapaxes(0, 1)


def _refuse_non_finite(said: torch.Tensor) -> None:
    if not said.isfinite().all():
        raise ArtcliError(
            "the model says of a picture what is no number",
            "train it again, at a lower learning rate or with --precision 32",
        )


def probabilities(
    model: torch.nn.Module,
    images: Pictures,
    *,
    batch_size: int | None = None,
    device: str = "auto",
    description: str = "Predicting",
) -> NDArray[np.float32]:
    """What one model thinks of pictures as they are, `(N, C)`; else as `look`."""
    return mean_probabilities(
        [model], images, batch_size=batch_size, device=device, description=description
    )


def mean_probabilities(
    models: Sequence[torch.nn.Module],
    images: Pictures,
    *,
    batch_size: int | None = None,
    device: str = "auto",
    description: str = "Predicting",
) -> NDArray[np.float32]:
    """`probabilities`, the mean over several models."""
    said = look(models, images, batch_size=batch_size, device=device, description=description)
    mean: NDArray[np.float32] = said[:, 0].mean(0)
    return mean


def _bodies(models: Sequence[torch.nn.Module]) -> list[str]:
    """A mark of each model's body: models of one mark have the same, weight by weight."""
    return [
        body_mark(model, repr(model.backbone)) if isinstance(model, PaintingModel) else str(number)
        for number, model in enumerate(models)
    ]


def _seen(view: View, batch: torch.Tensor) -> torch.Tensor:
    seen = view.fn(batch, batch.shape[-1])
    if seen.shape != batch.shape or seen.dtype != torch.uint8:
        raise ArtcliError(
            f"the view {view.name} gives {tuple(seen.shape)} of {seen.dtype}, not "
            f"{tuple(batch.shape)} of torch.uint8",
            "hold its plugin to the contract of views: artcli.testing.check",
        )
    return seen.contiguous(memory_format=torch.channels_last)


def _read_ahead(images: Pictures, batch_size: int) -> Iterator[torch.Tensor]:
    """Batches `(B, 3, S, S)` uint8, channels last; the next is read while one is in use."""

    def read(start: int) -> torch.Tensor:
        # Chosen by number, not as a slice: the pixels of a map are then read here, not later.
        chosen = np.arange(start, min(start + batch_size, len(images)))
        return torch.from_numpy(np.ascontiguousarray(images[chosen])).permute(0, 3, 1, 2)

    with ThreadPoolExecutor(1, "read-ahead") as reader:
        coming = reader.submit(read, 0)
        for start in range(0, len(images), batch_size):
            batch = coming.result()
            if start + batch_size < len(images):
                coming = reader.submit(read, start + batch_size)
            yield batch
