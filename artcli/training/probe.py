"""The head's first weights: a probe of the body as it came, before both are trained.

A head of random weights sends random gradients through a pre-trained body and spoils what it
knows. So the head alone is fitted first, on features computed once (LP-FT: Kumar et al. 2022,
"Fine-tuning can distort pretrained features"), at the price of a few forward passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from artcli import console
from artcli.training.data import TrainingSet, one_hot
from artcli.training.keys import key
from artcli.training.loop import Criterion

if TYPE_CHECKING:
    from artcli.training.model import PaintingModel

PASSES, BATCH, RATE, DECAY = 40, 128, 1e-3, 0.05


def fit_head(
    model: PaintingModel,
    dataset: TrainingSet,
    criterion: Criterion,
    crops: int,
    device: torch.device,
) -> None:
    """Fit `model.head` on the features of `crops` crops of each painting; the body stays.

    All chance is keyed by the data set's seed.
    """
    model.to(device)
    features, labels = _features(model, dataset, crops, device)
    classes = int(model.head(features[:2]).logits.shape[1])
    optimizer = torch.optim.AdamW(model.head.parameters(), lr=RATE, weight_decay=DECAY)
    model.head.train()
    for number in range(PASSES):
        generator = torch.Generator().manual_seed(key(dataset.seed, "probe", number))
        torch.manual_seed(key(dataset.seed, "probe forward", number))
        order = torch.randperm(len(features), generator=generator)
        for chosen in order.tensor_split(-(-len(order) // BATCH)):
            targets = one_hot(labels[chosen], classes).to(device)
            output = model.head(features[chosen], targets)
            loss = criterion(output.logits, targets)
            if output.auxiliary_loss is not None:
                loss = loss + output.auxiliary_loss
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()


@torch.no_grad()
def _features(
    model: PaintingModel, dataset: TrainingSet, crops: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Features `(crops x N, F)` and labels `(crops x N,)`."""
    model.eval()
    count = len(dataset.rows)
    found: list[Tensor] = []
    with console.progress("Fitting the head", crops * count) as advance:
        for number in range(crops):
            for start in range(0, count, dataset.batch_size):
                chosen = range(start, min(count, start + dataset.batch_size))
                pictures = [
                    dataset.picture(painting, key(dataset.seed, "probe", number, painting))
                    for painting in chosen
                ]
                images = torch.stack([torch.from_numpy(picture) for picture in pictures])
                images = images.permute(0, 3, 1, 2).to(device)
                found.append(model.backbone(model.normalise(images)).float())
                advance(len(chosen))
    return torch.cat(found), torch.from_numpy(dataset.labels).repeat(crops)
