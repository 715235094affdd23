"""Contracts of what accompanies a run: voters and observers.

Each takes `make`, the component with its options bound, and calls it as a run does.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from artcli.testing.promises import holds

Make = Callable[..., Any]


def check_voter(make: Make) -> None:
    """Fitted on out-of-fold probabilities (M, N, C), it turns (M, K, C) into (K, C)."""
    models, paintings, artists = 3, 24, 4
    random = np.random.default_rng(0)
    truth = np.arange(paintings) % artists
    scores = random.normal(size=(models, paintings, artists)) + 2 * np.eye(artists)[truth]
    probabilities = np.exp(scores) / np.exp(scores).sum(2, keepdims=True)
    kept = probabilities.copy()
    vote = make().fit(probabilities, truth)
    holds(callable(vote), "return the vote, something to call, from fit")
    for rows in (paintings, 5, 1):
        agreed = np.asarray(vote(probabilities[:, :rows]))
        holds(agreed.shape == (rows, artists), "give one row of probabilities a picture")
        holds(np.isfinite(agreed).all() and (agreed >= 0).all(), "give probabilities of 0 or above")
        holds(np.allclose(agreed.sum(1), 1, atol=1e-5), "give rows that sum to 1")
    sure = np.full((models, artists, artists), 0.001) + (1 - 0.001 * artists) * np.eye(artists)
    holds(
        np.array_equal(np.argmax(vote(sure), 1), np.arange(artists)),
        "name the artist of whom all models are sure",
    )
    holds(np.array_equal(probabilities, kept), "leave the probabilities as they are")


def check_observer(make: Make) -> None:
    """Told of epochs, closed, and made again for the same folder when a run is resumed."""
    with tempfile.TemporaryDirectory() as folder:
        run_dir = Path(folder)
        _observe(make(run_dir), range(1, 4))
        before = _sizes(run_dir)
        _observe(make(run_dir), range(4, 5))
        after = _sizes(run_dir)
        holds(
            all(after.get(path, -1) >= size for path, size in before.items()),
            "keep what it wrote before the run was resumed",
        )


def _observe(observer: Any, epochs: range) -> None:
    for epoch in epochs:
        metrics = {"train_loss": 1.0 / epoch, "lr": 1e-3}
        if epoch % 2 == 0:  # a run without validation has fewer numbers
            metrics |= {"validation_loss": float("nan"), "f1": 0.5}
        observer.epoch(10 * epoch, metrics)
    observer.close()


def _sizes(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
