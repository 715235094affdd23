"""Contracts of what accompanies a run: voters, executors and observers.

Each takes `make`, the component with its options bound, and calls it as a run does.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from artcli.errors import ArtcliError, UsageError
from artcli.host import small_jobs
from artcli.host.jobs import Job
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


def check_executor(make: Make) -> None:
    """It makes the calls of jobs, wherever, and it is as if they were made here."""
    values = [["a", 1.5, None], {"b": "Künstler"}, 3]  # the first takes the longest
    wanted = [
        Job(f"job {n}", f"{small_jobs.__name__}:echo", {"value": value, "seconds": 0.2 * (n == 0)})
        for n, value in enumerate(values)
    ]
    told: list[tuple[str, Any]] = []
    results = make().run(wanted, lambda job, result: told.append((job.name, result)))
    holds(results == [{"value": value} for value in values], "give results in the order of jobs")
    holds(
        sorted(told) == [(job.name, result) for job, result in zip(wanted, results, strict=True)],
        "tell of each job and its result once",
    )
    with tempfile.TemporaryDirectory() as folder:
        _fail(make(), Path(folder))


def _fail(executor: Any, folder: Path) -> None:
    """Of three jobs the first is refused."""
    said = {"message": "there is no such thing", "hint": "look elsewhere"}
    wanted = [Job("refused", f"{small_jobs.__name__}:refuse", said)]
    for name in ("second", "third"):
        given = {"folder": str(folder), "name": name, "seconds": 0.2}
        wanted.append(Job(name, f"{small_jobs.__name__}:sign", given))
    told: list[str] = []
    raised: ArtcliError | None = None
    try:
        executor.run(wanted, lambda job, _: told.append(job.name))
    except ArtcliError as error:
        raised = error
    begun, ended = ({path.stem for path in folder.glob(f"*.{end}")} for end in ("begun", "ended"))
    holds(raised is not None, "raise what a job raises")
    holds(
        isinstance(raised, UsageError) and vars(raised).items() >= said.items(),
        "raise a job's error with its own message, hint and exit code",
    )
    holds(begun == ended == set(told), "let the jobs end that it has begun, and tell of them")
    time.sleep(0.3)
    holds(len(list(folder.glob("*.begun"))) == len(begun), "begin nothing after a job has failed")


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
