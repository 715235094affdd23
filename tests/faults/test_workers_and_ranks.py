"""How many processes load the pictures, or learn together, changes no result.

Started by torchrun, this file is one rank of a training that notes what it draws.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch._dynamo  # imported before any fork: it starts threads
from command_line import artcli
from painted import MODEL, PLAIN_MODEL, contest_of, linked_copy, painted_workspace

from artcli.contest.splits import load_or_make_folds
from artcli.training.data import Batch, Drawn, TrainingSet
from artcli.workspace.files import sha256_file
from artcli.workspace.paths import Workspace

SMALL = (
    "--epochs", "2", "--crops", "1", "--batch-size", "8", "--image-size", "32", "--folds", "4",
)  # fmt: skip
RECIPES: Mapping[str, Sequence[str]] = {
    "cutmix, dropout, a sampler": (
        "--model", MODEL, "--head", "layernorm:dropout=0.3", "--mixer", "cutmix",
        "--sampler", "log",
    ),
    "mixup, gradients of two batches": (
        "--model", MODEL, "--mixer", "mixup", "--accumulate", "2",
    ),
    "a frozen body": ("--model", MODEL, "--freeze"),
    "three crops of each, without mixing": ("--model", PLAIN_MODEL, "--mixer", "none",
        "--crops", "3"),
}  # fmt: skip
PLAIN = (
    "--model", PLAIN_MODEL, "--head", "layernorm:dropout=0", "--mixer", "none",
    "--image-size", "64", "--epochs", "2", "--crops", "1", "--batch-size", "8", "--folds", "4",
)  # fmt: skip
LOSS_WITHIN = 1e-4
NOTES, UNAWARE = "DRAWS_NOTED_IN", "RANKS_UNAWARE"


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # forked children cannot use the threads of their parent
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with folds, and a process that is warm."""
    root = tmp_path_factory.mktemp("workers")
    workspace = painted_workspace(root / "fresh", each=6, pieces=4)
    load_or_make_folds(workspace, contest_of(workspace), 4)
    warm = linked_copy(workspace, root / "warm")
    _train(warm, RECIPES["cutmix, dropout, a sampler"], 0, 0)
    return workspace


def test_any_number_of_loaders(
    fresh: Workspace,
    full: bool,
    seed: int,
    shows: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def others(recipe: str, place: str, counts: Sequence[int]) -> list[str]:
        """Which numbers of loaders gave another submission than none did."""
        ends = {}
        for workers in (0, *counts):
            workspace = linked_copy(fresh, tmp_path / f"{place}-{workers}")
            _forked(lambda w=workspace, n=workers: _train(w, RECIPES[recipe], n, seed))
            ends[workers] = _said(workspace)
            shutil.rmtree(workspace.root)
        return [f"{recipe}: {n} loaders" for n in counts if ends[n] != ends[0]]

    recipes = list(RECIPES) if full else list(RECIPES)[:1]
    broken = [why for n, one in enumerate(recipes) for why in others(one, str(n), (1, 3))]
    monkeypatch.setattr(TrainingSet, "shown", _by_what_came_before)
    control = [2, 3] if full else [3]
    lost = len(others(recipes[0], "unkeyed", control))
    shows(
        "workers",
        "train and submit with 0, 1 and 3 loaders",
        trials=2 * len(recipes),
        broken=broken,
        without="a crop's chance follows from those that its process made before",
        control=(len(control), lost),
        figures=f"{len(recipes)} recipe{'s' * (len(recipes) > 1)}, submissions and predictions "
        "by sha256",
    )


def test_one_rank_or_two(
    fresh: Workspace, full: bool, seed: int, shows: Callable[..., None], tmp_path: Path
) -> None:
    if not full:
        pytest.skip(
            "starts torchrun three times, a minute; tests/training/test_ranks.py is quicker"
        )
    seeds = range(seed, seed + 5)
    worst, broken, lost, lost_by = 0.0, [], False, 0.0
    for one in seeds:
        alone = _ranks(linked_copy(fresh, tmp_path / f"one-{one}"), 1, one)
        both = _ranks(linked_copy(fresh, tmp_path / f"two-{one}"), 2, one)
        apart = _apart(alone, both)
        worst = max(worst, apart)
        broken += [f"seed {one}: other paintings"] * (alone[0] != both[0])
        broken += [f"seed {one}: losses {apart:.2g} apart"] * (apart > LOSS_WITHIN)
        if one == seed:
            unaware = _ranks(linked_copy(fresh, tmp_path / "unaware"), 2, one, unaware=True)
            lost_by = _apart(alone, unaware)
            lost = alone[0] != unaware[0] and lost_by > LOSS_WITHIN
    shows(
        "workers",
        "train by one rank and by two (no batch norm, dropout or mixing)",
        trials=len(seeds),
        broken=broken,
        without="each rank takes the first one's part of a batch",
        control=(1, int(lost)),
        figures=f"losses {worst:.1g} apart at most ({lost_by:.1g} without)",
    )


Trained = tuple[dict[str, list[int]], list[float]]  # what was drawn by batch; each epoch's losses


def _ranks(workspace: Workspace, ranks: int, seed: int, *, unaware: bool = False) -> Trained:
    """Train by so many ranks, each of which notes what it draws."""
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone",
        "--nproc-per-node", str(ranks), __file__, str(workspace.root), str(seed),
    ]  # fmt: skip
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(Path(__file__).parent.parent),
        NOTES: str(workspace.root),
        UNAWARE: "1" * unaware,
    }
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    drawn: dict[str, list[int]] = {}
    for rank in range(ranks):
        for line in (workspace.root / f"drawn-{rank}.jsonl").read_text().splitlines():
            place, paintings = json.loads(line)
            drawn[place] = sorted(drawn.get(place, []) + paintings)
    fold = workspace.run_dir("x") / "fold-0"
    history = [json.loads(line) for line in (fold / "history.jsonl").read_text().splitlines()]
    losses = [line[name] for line in history for name in ("train_loss", "validation_loss")]
    return drawn, losses


def _apart(one: Trained, other: Trained) -> float:
    return max(abs(a - b) for a, b in zip(one[1], other[1], strict=True))


def _train(workspace: Workspace, recipe: Sequence[str], workers: int, seed: int) -> None:
    answer = artcli(
        "train", "-w", workspace.root, "--name", "x", *SMALL, *recipe,
        "--workers", workers, "--seed", seed,
    )  # fmt: skip
    assert answer.code == 0, answer.err
    answer = artcli("submit", "x", "-w", workspace.root)
    assert answer.code == 0, answer.err


def _said(workspace: Workspace) -> Any:
    """The submission byte for byte, and the probabilities behind it."""
    files = sorted(workspace.predictions_dir("x").glob("*.npz"))
    return (workspace.submissions / "x.csv").read_bytes(), [sha256_file(file) for file in files]


def _forked(work: Callable[[], object]) -> None:
    child = os.fork()
    if child == 0:
        done = 1
        try:
            work()
            done = 0
        finally:
            os._exit(done)
    assert os.waitpid(child, 0)[1] == 0


def _by_what_came_before(self: TrainingSet, paintings: Any, _seeds: Sequence[int]) -> torch.Tensor:
    """`shown` as it is usually written, its chance drawn from the process's own generator."""
    seeds = np.random.randint(0, 2**31, len(paintings)).tolist()
    pictures = [self.picture(p, s) for p, s in zip(paintings.tolist(), seeds, strict=True)]
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)


def as_one_rank(root: str, seed: str) -> int:
    rank, taken = os.environ["RANK"], Drawn.__getitem__

    def noted(self: Drawn, place: tuple[int, int]) -> Batch:
        mine = dataclasses.replace(self, rank=0) if os.environ[UNAWARE] else self
        order = mine._order(place[0])
        whole = np.array_split(np.arange(len(order)), mine.batches_per_epoch)[place[1]]
        part = order[np.array_split(whole, mine.ranks)[mine.rank]]
        with (Path(os.environ[NOTES]) / f"drawn-{rank}.jsonl").open("a") as file:
            file.write(json.dumps([str(place), part.tolist()]) + "\n")
        batch = taken(mine, place)
        assert batch.labels.tolist() == mine.labels[part].tolist()
        return batch

    Drawn.__getitem__ = noted  # type: ignore[method-assign]
    answer = artcli(
        "train", "-w", root, "--name", "x", *PLAIN, "--seed", seed, "--workers", "0",
        "--device", "cpu",
    )  # fmt: skip
    print(answer.err, file=sys.stderr)
    return answer.code


if __name__ == "__main__":
    sys.exit(as_one_rank(*sys.argv[1:]))
