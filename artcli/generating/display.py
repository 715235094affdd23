"""What a person sees while works are made: on a terminal bars and live losses, elsewhere lines.

Both stand on standard error. With previews asked for, a picture of how things look is written every
so many steps.
"""

from __future__ import annotations

import math
import re
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artcli import console
from artcli.contest.images import encode_png
from artcli.workspace.files import write_bytes

if TYPE_CHECKING:
    from artcli.generating.request import Preview

_LINE_EVERY_SECONDS = 20.0
_MARKS = "▁▂▃▄▅▆▇█"
_WIDTH = 32  # marks of a curve


@dataclass
class Display:
    """A `Watch` for people; made by `shown`."""

    works: int
    done: int
    previews: Path
    preview_every: int | None = None
    bars: Any = None
    _curves: dict[str, deque[float]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=_WIDTH))
    )
    _what: str = ""
    _previewed: int = 0
    _told: float = field(default_factory=time.monotonic)
    _tasks: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        if self.bars is not None:
            self._tasks = (
                self.bars.add_task("Works", total=self.works, completed=self.done),
                self.bars.add_task("", total=None),
            )

    def step(
        self,
        what: str,
        step: int,
        steps: int,
        losses: Mapping[str, float],
        preview: Preview | None = None,
    ) -> None:
        if what != self._what:
            self._what, self._previewed = what, 0
            self._curves.clear()
        for name, loss in losses.items():
            self._curves[name].append(loss)
        if self.bars is not None:
            text = "  ".join(
                f"{name} {spark(self._curves[name])} {loss:.4g}" for name, loss in losses.items()
            )
            self.bars.update(
                self._tasks[1], description=f"{what}: {text}", completed=step, total=steps
            )
        elif time.monotonic() - self._told > _LINE_EVERY_SECONDS:
            self._told = time.monotonic()
            text = "  ".join(f"{name} {loss:.4g}" for name, loss in losses.items())
            console.err().print(f"{what}: step {step} of {steps}: {text}", markup=False)
        self._preview(what, step, steps, preview)

    def work(self, number: int) -> None:
        """`number` works are there."""
        self.done = number
        if self.bars is not None:
            self.bars.update(self._tasks[0], completed=number)
        elif time.monotonic() - self._told > _LINE_EVERY_SECONDS:
            self._told = time.monotonic()
            console.err().print(f"{number} of {self.works} works", markup=False)

    def _preview(self, what: str, step: int, steps: int, preview: Preview | None) -> None:
        if self.preview_every is None or preview is None:
            return
        number = step // self.preview_every
        if number > self._previewed or step == steps:
            self._previewed = number
            name = re.sub(r"[^a-z0-9]+", "-", what.lower()).strip("-")
            write_bytes(self.previews / f"{name}-{step:06}.png", encode_png(preview()))


def spark(values: Sequence[float]) -> str:
    """A curve in one line of text, of the logarithms of positive values, else of the values."""
    shown = [value for value in values if math.isfinite(value)]
    if not shown:
        return ""
    if min(shown) > 0:
        shown = [math.log(value) for value in shown]
    low, high = min(shown), max(shown)
    scale = (len(_MARKS) - 1) / (high - low) if high > low else 0.0
    return "".join(_MARKS[round((value - low) * scale)] for value in shown)


@contextmanager
def shown(works: int, done: int, previews: Path, preview_every: int | None) -> Iterator[Display]:
    """A display of the making of `works` works, of which `done` are there, while the body runs.

    Every `preview_every` steps a preview goes to the folder `previews` (None: never).
    """
    if not console.err().is_terminal:
        yield Display(works, done, previews, preview_every)
        return
    from rich import progress

    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(bar_width=24),
        progress.MofNCompleteColumn(),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=console.err(), transient=True) as bars:
        yield Display(works, done, previews, preview_every, bars)
