"""How long blending takes: 20 models, 12,670 pieces, 50 artists, one thread.

python benchmarks/blending.py [VOTER …]

The models are made up: noise around a truth, half of it shared by all models, some of it by the
five pieces of a painting. Each voter blends them and is judged nested; all single models, all pairs
and the full set are compared. The control is the same work for one model.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is imported

import numpy as np
from numpy.typing import NDArray

from artcli.host.discovery import load_host
from artcli.predicting.blending import Method
from artcli.predicting.ensembling import make_ensemble, of_runs
from artcli.predicting.exam import Exam, Lineup

T = TypeVar("T")
MODELS, PAINTINGS, PIECES, ARTISTS = 20, 2534, 5, 50
VOTERS = ("soft", "hard", "rank", "geometric", "weighted", "greedy")


def made_up(
    models: int = MODELS, paintings: int = PAINTINGS, artists: int = ARTISTS, seed: int = 0
) -> tuple[Lineup, NDArray[np.intp]]:
    """A line-up of made-up models, and five splits `(N,)` of its pieces by painting."""
    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.full(artists, 2.0))
    named = rng.choice(artists, paintings, p=share)
    truth, rows = np.repeat(named, PIECES), paintings * PIECES
    of_painting = np.repeat(rng.normal(size=(paintings, artists)), PIECES, axis=0)
    shared = of_painting + rng.normal(size=(rows, artists))
    shared[np.arange(rows), truth] += rng.normal(5.3, 1.5, rows)
    oof = np.empty((models, rows, artists), np.float32)
    for model in range(models):
        logits = shared + rng.normal(0, 0.9, (rows, artists))
        shares = np.exp(logits - logits.max(1, keepdims=True))
        oof[model] = shares / shares.sum(1, keepdims=True)
    ids = np.repeat([f"painting {number}" for number in range(paintings)], PIECES)
    crops = np.tile(np.arange(PIECES, dtype=np.int16), paintings)
    splits = np.repeat(rng.permutation(paintings) % 5, PIECES)
    classes = tuple(f"artist {number}" for number in range(artists))
    exam = Exam(ids, crops, splits.astype(np.int16), truth, classes)
    names = tuple(f"model-{number}" for number in range(models))
    return Lineup(names, exam, oof, (), np.zeros((models, 0, artists), np.float32)), splits


def main(voters: list[str]) -> None:
    host = load_host()
    lineup, splits = made_up()
    one = of_runs(lineup, lineup.names[:1])
    models, pieces, artists = lineup.oof.shape
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, one thread: {models} models,")
    print(f"{pieces:,} pieces, {artists} artists.\n")
    print("| voter | seconds | without comparison | of one model | F1 | naive | proposed |")
    print("|---|---:|---:|---:|---:|---:|---|")
    for voter in voters:
        method = Method(host.bind("voter", voter))
        control, _ = timed(partial(make_ensemble, one, splits, method))
        alone, _ = timed(partial(make_ensemble, lineup, splits, method, compare=False))
        seconds, made = timed(partial(make_ensemble, lineup, splits, method))
        assert made.comparison is not None
        sets, proposed = len(made.comparison.sets), made.comparison.proposed
        print(
            f"| {voter} | {seconds:.1f} | {alone:.1f} | {control:.1f} | {made.f1.value:.4f} "
            f"| {made.naive:.4f} | {len(proposed)} of {models}, of {sets} sets |",
            flush=True,
        )


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """The seconds of this process's own work, which others on the machine do not lengthen."""
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


if __name__ == "__main__":
    main(sys.argv[1:] or list(VOTERS))
