"""Training on features alone: the body stays as it came, and only the head learns.

The fast road where there is no GPU. A few crops of each painting go through the body once, whose
features are kept; after that an epoch takes seconds, and everything else of a run (loss, sampler,
optimizer, schedule, average, early stop, resuming) is as ever.

Source: Sharif Razavian et al. 2014, "CNN Features off-the-shelf: an Astounding Baseline for
Recognition".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from artcli.training.data import Drawn, FeatureSet, TrainingSet
from artcli.training.features import Crops, Features

if TYPE_CHECKING:
    from lightning_fabric import Fabric

    from artcli.training.judging import Judge


def on_features(
    fabric: Fabric, features: Features, crops: int, dataset: TrainingSet, judge: Judge | None
) -> tuple[Drawn, Judge | None]:
    """What `dataset` and `judge` are when `crops` crops of each painting are all that is seen.

    The model's body no longer learns.
    """
    features.model.backbone.requires_grad_(False)
    shown = Crops(dataset, crops, "freeze", by_row=True)
    found = features(fabric, shown, "Features of the paintings")
    frozen = FeatureSet(
        features=found.view(crops, -1, found.shape[1]).transpose(0, 1).contiguous(),
        labels=dataset.labels,
        expected=dataset.expected,
        batch_size=dataset.batch_size,
        seed=dataset.seed,
        rank=dataset.rank,
        ranks=dataset.ranks,
    )
    if judge is None:
        return frozen, None
    pieces = features(fabric, judge.pieces, "Features of the validation pieces")
    wholes = features(fabric, judge.wholes, "Features of the validation paintings")
    return frozen, replace(judge, pieces=pieces.numpy(), wholes=wholes.numpy())
