"""What a person sees of a run: on a terminal two live bars, elsewhere a line an epoch.

Both stand on standard error. The bars show epochs and steps with the loss, the learning rate,
pictures per second and the time left; each finished epoch leaves a line with its scores.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from artcli import console

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rich.progress import Progress

    from artcli.host.records import Classes
    from artcli.training.loop import Cursor, Plan

_SLOW_EPOCH_SECONDS = 20.0
_SHOWN_ARTISTS = 4  # of each end of the list


class Display:
    """A `Watcher` for people; give it to `fit` inside `shown`."""

    def __init__(self, plan: Plan, progress: Progress | None) -> None:
        self._plan = plan
        self._progress = progress
        self._tasks = (
            [
                progress.add_task("Epochs", total=plan.epochs),
                progress.add_task("Pictures", total=plan.batches_per_epoch),
            ]
            if progress
            else []
        )
        self._told = time.monotonic()
        self._headed = False
        self._best = -1.0

    def step(self, cursor: Cursor, loss: float, lr: float) -> None:
        speed = cursor.pictures / cursor.seconds if cursor.seconds else 0.0
        text = f"loss {loss:.3f}  lr {lr:.1e}  {speed:.1f} pictures/s"
        if self._progress:
            part = cursor.batch / self._plan.batches_per_epoch
            self._progress.update(self._tasks[0], completed=cursor.epoch + part)
            self._progress.update(
                self._tasks[1],
                completed=cursor.batch,
                description=f"Epoch {cursor.epoch + 1}: {text}",
            )
        elif time.monotonic() - self._told > _SLOW_EPOCH_SECONDS:
            self._told = time.monotonic()
            done = f"batch {cursor.batch} of {self._plan.batches_per_epoch}"
            console.err().print(f"epoch {cursor.epoch + 1}, {done}: {text}", markup=False)

    def judging(self, pictures: int) -> console.Advance:
        """Shows a validation that looks at so many pictures; to be told of them as it does."""
        if not self._progress:
            return console.plain_lines("Validation", pictures)
        bar, task = self._progress, self._tasks[1]
        bar.reset(task, total=pictures, description="Validation")
        return lambda n=1: bar.advance(task, n)

    def epoch(self, step: int, metrics: dict[str, Any]) -> None:
        """A line of its own; the first one under the names of its columns."""
        del step  # it is in the metrics too
        self._told = time.monotonic()
        if not self._headed:
            console.err().print(_line(COLUMNS), style="dim", markup=False)
            self._headed = True
        console.err().print(epoch_line(metrics, self._plan.epochs))
        if self._progress:
            self._best = max(self._best, metrics.get("f1", -1.0))
            best = f"  best crop F1 {self._best:.4f}" if self._best >= 0 else ""
            self._progress.update(
                self._tasks[0], completed=metrics["epoch"], description=f"Epochs{best}"
            )
            self._progress.reset(
                self._tasks[1], total=self._plan.batches_per_epoch, description="Pictures"
            )


def show_draws(
    classes: Classes, labels: NDArray[np.int64], expected: NDArray[np.float64], sampler: str
) -> None:
    """How often an epoch shows each artist, before it does: artists by works, the ends in full.

    `labels` `(N,)` are the training paintings' classes, `expected` `(N,)` their draws in an epoch.
    The effective number of artists is that of equally frequent ones with the same entropy.
    """
    works = np.bincount(labels, minlength=len(classes.names))
    draws = np.bincount(labels, expected, minlength=len(classes.names))
    order = [int(place) for place in np.argsort(-works, kind="stable")]
    names = [(classes.names[n], works[n], f"{draws[n]:.0f}") for n in order]
    if len(order) > 2 * _SHOWN_ARTISTS + 1:
        left = len(order) - 2 * _SHOWN_ARTISTS
        names[_SHOWN_ARTISTS:-_SHOWN_ARTISTS] = [(f"… {left} more", "", "")]
    columns = ["Artist", ">Works", ">Draws an epoch"]
    console.err().print(console.table(f"Sampler {console.safe(sampler)}", columns, names))
    console.err().print(
        f"Effective number of artists: {effective_number(works):.1f} of {len(order)} by works, "
        f"{effective_number(draws):.1f} by draws",
        markup=False,
    )


def effective_number(counts: NDArray[Any]) -> float:
    """exp of the entropy of shares proportional to `counts` (Hill 1973, order 1)."""
    shares = counts[counts > 0] / counts.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


COLUMNS = ("epoch", "train loss", "val. loss", "crop F1", "whole F1", "pictures/s")


def epoch_line(metrics: dict[str, Any], epochs: int) -> str:
    """The line, in Rich's markup, on a finished epoch: aligned under `COLUMNS`."""
    validated = not math.isnan(metrics.get("f1", math.nan))
    names = ("train_loss", "validation_loss", "f1", "whole_f1")
    numbers = [f"{metrics[name]:.4f}" if name in metrics else "" for name in names]
    cells = (f"{metrics['epoch']}/{epochs}", *numbers, f"{metrics['images_per_second']:.0f}")
    forced = f"  forced loss {metrics['forced_loss']:.4f}" if "forced_loss" in metrics else ""
    return _line(cells) + ("  [green]best[/]" if validated and metrics["best"] else "") + forced


def _line(cells: Sequence[str]) -> str:
    return "  ".join(f"{cell:>{len(name)}}" for name, cell in zip(COLUMNS, cells, strict=True))


@contextmanager
def shown(plan: Plan) -> Iterator[Display]:
    """A display of the run while the body goes on."""
    if not console.err().is_terminal:
        yield Display(plan, None)
        return
    from rich import progress as bars

    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(bar_width=24),
        bars.TaskProgressColumn(),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=console.err(), transient=True) as progress:
        yield Display(plan, progress)
