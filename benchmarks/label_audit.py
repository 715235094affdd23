"""How many wrong labels an audit finds among its first 30 suspects, by the way it ranks them.

python benchmarks/label_audit.py WORKSPACE RUN [SEEDS]

RUN was trained with --freeze on all folds, so that its features are at hand. 1 % of the labels are
given to another artist, a linear classifier is cross-validated on the features with those labels,
and what it says of the paintings is ranked in several ways. The other artist is any one, or
(harder) one that the painting's own is taken for. The labels that were wrong before are among the
suspects, too, and count for nothing; the control is an order by chance.
"""

from __future__ import annotations

import os
import platform
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is imported

import numpy as np
import torch
import torch.nn.functional as F
from cleanlab.count import get_confident_thresholds
from cleanlab.rank import get_label_quality_scores
from numpy.typing import NDArray
from torch import Tensor

from artcli.contest.splits import load_or_make_folds
from artcli.contest.tables import Contest, read_contest
from artcli.host.discovery import load_host
from artcli.predicting.audit.suspects import by_painting, judge_labels
from artcli.predicting.predictions import WHOLE, Predictions
from artcli.training.components import bind_recipe
from artcli.training.data import TrainingSet
from artcli.training.devices import start_fabric
from artcli.training.features import Crops
from artcli.training.pixel_sets import PIECES, Wholes, piece_pixels, train_pixels
from artcli.training.recipe import read_recipe
from artcli.training.run import features_of
from artcli.training.trained import build_model
from artcli.workspace.paths import find_workspace

SHARE, SHOWN, SEEDS = 0.01, 30, 10
DECAY, STEPS = 1e-3, 60  # as sure of itself as a run with --freeze
WAYS = (
    ("self_confidence", False),
    ("self_confidence", True),
    ("normalized_margin", False),
    ("normalized_margin", True),
    ("confidence_weighted_entropy", False),
)

Numbers = NDArray[np.int64]
Floats = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Seen:
    """Features of N paintings: K crops to learn from `(N, K, F)`, and to judge by the pieces and
    then the whole `(N, PIECES + 1, F)`; class and fold `(N,)` of each."""

    contest: Contest
    crops: Tensor
    looks: Tensor
    labels: Numbers
    folds: Numbers


def features_of_run(root: str, run: str) -> Seen:
    workspace = find_workspace(Path(root))
    contest = read_contest(workspace)
    recipe = read_recipe(workspace.run_dir(run) / "recipe.toml")
    components = bind_recipe(load_host(workspace), recipe)
    fabric = start_fabric(recipe, "cpu")
    model = build_model(components, recipe, contest.classes())
    side = recipe.image_size or int(model.backbone.image_size)  # type: ignore[arg-type]
    pixels, rows = train_pixels(workspace, contest, side), np.arange(len(contest.train))
    features = features_of(workspace, fabric, components, model)
    shown = TrainingSet(
        pixels=pixels, rows=rows, labels=rows, expected=np.ones(len(rows)), crop=components.crop(),
        augmentation=components.augmentation(side), image_size=side, batch_size=1, seed=recipe.seed,
    )  # fmt: skip
    crops = features(fabric, Crops(shown, recipe.crops_each, "freeze", by_row=True), "Crops")
    wholes = features(fabric, Wholes(pixels, rows, side), "Wholes")
    found = load_or_make_folds(workspace, contest, recipe.folds)
    folds = np.array([found.fold_of[painting.id] for painting in contest.train])
    looks = wholes[:, None].repeat(1, PIECES + 1, 1)
    for fold in range(recipe.folds):
        pieces = piece_pixels(workspace, contest, found, fold, side).array
        said = features(fabric, pieces, f"Pieces of fold {fold}")
        looks[folds == fold, :PIECES] = said.view(-1, PIECES, said.shape[1])
    number = {artist: place for place, artist in enumerate(contest.artists)}
    labels = np.array([number[str(painting.artist)] for painting in contest.train])
    mean, deviation = crops.mean(0), crops.std(0)
    crops, looks = (crops - mean) / deviation, (looks - mean) / deviation
    by_row = crops.view(recipe.crops_each, len(rows), -1).transpose(0, 1)
    return Seen(contest, by_row, looks, labels, folds)


def out_of_fold(seen: Seen, labels: Numbers) -> Predictions:
    """What classifiers that learnt from `labels` say of the paintings of other folds."""
    looks = seen.looks.shape[1]
    said = np.empty((len(labels), looks, len(seen.contest.artists)), np.float32)
    for fold in np.unique(seen.folds):
        learnt, held = seen.folds != fold, seen.folds == fold
        taught = torch.from_numpy(labels[learnt]).repeat_interleave(seen.crops.shape[1])
        weights = fit(seen.crops[learnt].flatten(0, 1), taught, said.shape[2])
        said[held] = logits(seen.looks[held], weights).softmax(-1).numpy()
    ids = np.repeat([painting.id for painting in seen.contest.train], looks)
    crops = np.tile([*range(PIECES), WHOLE], len(labels))
    return Predictions.make(
        ids.tolist(), said.reshape(len(ids), -1), seen.contest.artists,
        crops=crops, folds=np.repeat(seen.folds, looks),
    )  # fmt: skip


def fit(features: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Multinomial logistic regression: weights `(F + 1, C)`, the last row the bias."""
    weights = torch.zeros(features.shape[1] + 1, classes, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(logits(features, weights), labels) + DECAY * (weights**2).sum()
        torch.autograd.backward(loss)
        return loss

    optimizer.step(closure)  # type: ignore[arg-type]
    return weights.detach()


def logits(features: Tensor, weights: Tensor) -> Tensor:
    return features @ weights[:-1] + weights[-1]


def plant(seen: Seen, seed: int, taken: Floats) -> tuple[Numbers, NDArray[np.intp]]:
    """Labels of which some are wrong, and those: `taken` `(C, C)` weighs whose they become."""
    rng = np.random.default_rng([seed, 1])
    labels, count = seen.labels.copy(), round(SHARE * len(seen.labels))
    chosen = rng.choice(len(labels), count, replace=False)
    for row in chosen:
        weights = taken[labels[row]].copy()
        weights[labels[row]] = 0
        labels[row] = rng.choice(len(weights), p=weights / weights.sum())
    return labels, chosen


def rankings(oof: Predictions, labels: Numbers) -> Iterator[tuple[str, str, Floats]]:
    """(pooled, ranked by, quality `(N,)`) of the paintings in the order of their ids."""
    pieces = oof.pieces()
    _, place = np.unique(pieces.ids, return_inverse=True)
    mean = np.zeros((len(labels), len(oof.classes)))
    np.add.at(mean, place, pieces.probabilities / PIECES)
    for pooled, said in (
        ("geometric mean of pieces, and the whole", by_painting(oof)[1]),
        ("geometric mean of pieces", by_painting(pieces)[1]),
        ("mean of pieces", mean),
    ):
        yield pooled, "what is usual (ours)", judge_labels(labels, said)[0]
        threshold = get_confident_thresholds(labels, said)[labels]
        yield pooled, "share of the threshold", said[np.arange(len(labels)), labels] / threshold
        for method, adjusted in WAYS:
            name = f"`{method}`" + (", adjusted" if adjusted else "")
            yield (
                pooled,
                name,
                get_label_quality_scores(labels, said, method=method, adjust_pred_probs=adjusted),
            )
    yield "", "chance", np.random.default_rng(labels).random(len(labels))


def main(root: str, run: str, seeds: int = SEEDS) -> None:
    seen = features_of_run(root, run)
    ids = np.array([painting.id for painting in seen.contest.train])
    row_of = np.argsort(ids)  # `by_painting` puts paintings in the order of their ids
    _, said = by_painting(out_of_fold(seen, seen.labels))
    classes = len(seen.contest.artists)
    alike = np.stack([said[seen.labels[row_of] == number].mean(0) for number in range(classes)])
    kinds = {"any artist": np.ones((classes, classes)), "one alike": alike}
    found = defaultdict[tuple[str, str], dict[str, list[int]]](lambda: defaultdict(list))
    for kind, taken in kinds.items():
        for seed in range(seeds):
            labels, wrong = plant(seen, seed, taken)
            oof = out_of_fold(seen, labels)
            for pooled, ranked_by, quality in rankings(oof, labels[row_of]):
                first = row_of[np.argsort(quality, kind="stable")[:SHOWN]]
                found[pooled, ranked_by][kind].append(int(np.isin(wrong, first).sum()))
    planted = round(SHARE * len(ids))
    right = (said.argmax(1) == seen.labels[row_of]).mean()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}: {len(ids):,} paintings, of which")
    print(
        f"{right:.0%} are given to their artist; {planted} wrong labels planted, {seeds} times.\n"
    )
    print(f"| pooled | ranked by | {' | '.join(kinds)} |")
    print("|---|---|" + "---|" * len(kinds))
    for (pooled, ranked_by), counts in found.items():
        cells = [f"{np.mean(of):.1f} ({min(of)} to {max(of)})" for of in counts.values()]
        print(f"| {pooled} | {ranked_by} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main(*sys.argv[1:3], *map(int, sys.argv[3:]))
