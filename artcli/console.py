"""What the user sees: results on standard output, everything else on standard error.

Results go to `out()` or, for scripts, as one JSON document through `print_json`. Notes, warnings
and progress go to `err()`, so that `artcli … --json | jq` always works. On a terminal progress is a
bar; elsewhere it is a plain line every ten seconds.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

T = TypeVar("T")
Advance = Callable[..., None]

# What a terminal would obey and not show, or could not encode: control characters, marks that turn
# the direction of what follows, halves of surrogate pairs (bytes of a name that are no text).
_UNSHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

PLAIN_LINE_EVERY_SECONDS = 10.0


@cache
def _console(stderr: bool) -> Console:
    from rich.console import Console

    class Printable(Console):
        def render_str(self, text: str, **settings: Any) -> Text:
            return super().render_str(printable(text), **settings)

    return Printable(stderr=stderr, highlight=False, soft_wrap=True, emoji=False)


def out() -> Console:
    """The console of results (standard output)."""
    return _console(False)


def err() -> Console:
    """The console of notes, warnings, errors and progress (standard error)."""
    return _console(True)


def safe(text: object) -> str:
    """`text` with Rich's markup escaped: file names and artists may hold brackets."""
    from rich.markup import escape

    return escape(str(text))


def printable(text: str) -> str:
    """`text` with what a terminal would obey written out; names of files may hold it."""
    return _UNSHOWN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def note(text: str) -> None:
    err().print(text, style="dim", markup=False)


def warn(text: str) -> None:
    err().print(f"[yellow]warning:[/] {safe(text)}")


def success(text: str) -> None:
    err().print(f"[green]✓[/] {safe(text)}")


def print_json(value: Any) -> None:
    """Write `value` as one JSON document; paths as text, NaN as null."""
    text = json.dumps(_finite(value), ensure_ascii=False, indent=2, default=str)
    sys.stdout.write(_UNSHOWN.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A Rich table of plain cells (escaped); a column named `>…` is right-aligned.

    Where there is too little room, cells go on in a line below, and nothing is cut off.
    """
    from rich import box
    from rich.table import Table

    made = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        right = column.startswith(">")
        justify: Literal["left", "right"] = "right" if right else "left"
        made.add_column(column.removeprefix(">"), justify=justify, overflow="fold")
    for row in rows:
        made.add_row(*(safe(cell) for cell in row))
    return made


def figures(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """`table` with its columns close together, and those that are right-aligned on one line: a
    number cut short would be another number."""
    made = table(title, columns, rows)
    made.collapse_padding = True
    for column in made.columns:
        column.no_wrap = column.justify == "right"
    return made


def duration(seconds: float) -> str:
    """Seconds as people say them: `42 s`, `13 min`, `2.4 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


@contextmanager
def progress(description: str, total: int | None = None) -> Iterator[Advance]:
    """Progress of work of `total` steps; yields `advance(n=1)`, safe to call from threads."""
    if err().is_terminal:
        with _bar() as bar:
            task = bar.add_task(description, total=total)
            yield lambda n=1: bar.advance(task, n)
    else:
        yield plain_lines(description, total)


def _bar() -> Any:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err(),
        transient=True,
    )


def plain_lines(description: str, total: int | None) -> Advance:
    """Progress for those without a terminal."""
    done, printed = 0, time.monotonic()

    def advance(n: int = 1) -> None:
        nonlocal done, printed
        done += n
        if time.monotonic() - printed >= PLAIN_LINE_EVERY_SECONDS:
            printed = time.monotonic()
            err().print(f"{description}: {done}" + (f" of {total}" if total else ""), markup=False)

    return advance


def track(items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
    """Yield `items` under a progress display."""
    if total is None and isinstance(items, Sized):
        total = len(items)
    with progress(description, total) as advance:
        for item in items:
            yield item
            advance()
