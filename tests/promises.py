"""What artcli promises when things go wrong, and the page that says how that was shown.

Each promise is tried under its fault, and tried again with its protection taken out: a test that
then finds nothing broken shows nothing, and fails.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reliability.md"
README = ROOT / "README.md"

PROMISES = {  # in the order of the page: what goes wrong, what holds all the same
    "killed": (
        "killed at any moment (SIGKILL)",
        "the resumed run ends with the same bits: weights, optimizer state, predictions",
    ),
    "save": (
        "killed at any write, flush or rename of a save",
        "the checkpoint before it, or the new one, loads",
    ),
    "power": (
        "power lost",
        "no state that cannot be read; no save lost that had been reported",
    ),
    "disk": (
        "disk full, read-only, no permission",
        "old files stay whole; one line says how much room is needed, before training where it can",
    ),
    "rot": (
        "bits changed in a checkpoint, a cache, predictions",
        "noticed before use, named, with the way on",
    ),
    "pickle": ("a hostile checkpoint", "nothing in it is run"),
    "signals": (
        "Ctrl-C, SIGTERM, a second signal",
        "saves, exits with 130 or 143, says how to go on",
    ),
    "dead": (
        "a loader process or a rank killed",
        "an error that names it within 10 s; what is resumed ends with the same bits",
    ),
    "writers": (
        "two writers on one run or one cache",
        "one goes on, the other is told who is there; a lock dies with its owner",
    ),
    "images": (
        "bad pictures",
        "each row is in the output or among those refused; none is shifted or skipped",
    ),
    "tables": ("bad tables", "each row is read, or refused by its line; no traceback"),
    "paths": (
        "paths and links out of the folder, bombs, disguised formats",
        "refused by name; nothing outside is read or written",
    ),
    "names": (
        "Unicode forms and letter case in names of files and artists",
        "found exactly, or refused",
    ),
    "broken plugins": (
        "a plugin that is broken",
        "every other command works; the plugin is named with its reason",
    ),
    "untrusted plugins": ("a workspace plugin untrusted or edited", "it is not imported"),
    "formulas": (
        "cells that a spreadsheet would run",
        "reports disarm them; submissions keep them, with a warning",
    ),
    "workers": (
        "0, 1 or 3 loader processes; 1 or 2 ranks",
        "the same submission, byte for byte; between ranks the same paintings, losses within 1e-4",
    ),
    "numbers": (
        "a loss that is not a number; memory short",
        "stops with the last good checkpoint; batches are halved when asked, and recorded",
    ),
    "hub": (
        "no model hub; weights half downloaded",
        "a clear error at once; never random weights in their place",
    ),
    "arguments": ("bad arguments, to every option", "an error of a few lines, no traceback"),
    "supply": ("supply chain", "hash-locked installs, known versions, no code run from data"),
}

LIMITS = """\
## What is not promised

- A trusted plugin is not sandboxed: what you add with `artcli plugins add`, or install, runs as you.
- The same bits hold on one machine, with the same versions and the same recipe. Another GPU, another version
  of a library, another batch size or another number of ranks may move last digits.
- A disk or file system that says it has flushed what it has not, or whose locks do not lock (some network
  file systems), can lose what was saved, and let two writers in.
- Power loss is a replay of the logged file operations, not a plug that was pulled: whatever the system may
  still have kept in memory is dropped, garbled or reordered there.
- What a killed command had not yet saved is done again: up to one epoch of training.
"""


@dataclass(frozen=True)
class Shown:
    """A promise put to the test: `trials` under the fault, `control` of them unprotected.

    `control_broken` of the control's trials came to grief with the protection taken out, as
    `without` says.
    """

    promise: str
    what: str
    trials: int
    without: str
    control: int
    control_broken: int
    figures: str
    seconds: float
    test: str


def write_page(
    shown: Sequence[Shown], *, seed: int, command: str, date: str, minutes: float
) -> None:
    """`docs/reliability.md`, and the short table in the README."""
    order = list(PROMISES)
    rows = sorted(shown, key=lambda row: order.index(row.promise))
    PAGE.write_text(_page(rows, seed, command, date, minutes), encoding="utf-8")
    text = README.read_text(encoding="utf-8")
    table = "\n".join(short_table(rows))
    README.write_text(
        re.sub(r"(?<=<!-- faults -->\n).*?(?=\n<!-- /faults -->)", table, text, flags=re.S),
        encoding="utf-8",
    )


def short_table(rows: Sequence[Shown]) -> list[str]:
    lines = ["| what goes wrong | what holds | trials |", "|---|---|---|"]
    for promise, (fault, holds) in PROMISES.items():
        trials = sum(row.trials for row in rows if row.promise == promise)
        lines.append(f"| {fault} | {holds} | {trials:,} |")
    return lines


def _page(rows: Sequence[Shown], seed: int, command: str, date: str, minutes: float) -> str:
    lines = [
        "# What holds when things go wrong",
        "",
        "Each promise is tried under its fault, and tried again with its protection taken out, where it has to",
        "break: a test that cannot fail shows nothing. This page is written by the run itself.",
        "",
        f"`{command}` on {date}, seed {seed}: {minutes:.0f} minutes. {_versions()}",
        "",
    ]  # fmt: skip
    for promise, (fault, holds) in PROMISES.items():
        chosen = [row for row in rows if row.promise == promise]
        lines += [f"## {fault[:1].upper()}{fault[1:]}", "", f"Promise: {holds}.", ""]
        lines += ["| tried on | trials | broken | taken out | broken then | s |", "|---|---|---|---|---|---|"]  # fmt: skip
        for row in chosen:
            what = f"{row.what}; {row.figures}" if row.figures else row.what
            lines.append(
                f"| {_cell(what)} | {row.trials:,} | 0 | {_cell(row.without)} "
                f"| {row.control_broken:,} of {row.control:,} | {row.seconds:.0f} |"
            )
        tests = sorted({row.test for row in chosen})
        lines += ["", f"({', '.join(f'`{test}`' for test in tests)})", ""]
    return "\n".join(lines) + "\n" + LIMITS


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _versions() -> str:
    names = ("artcli", "torch", "safetensors", "pillow", "filelock")
    known = ", ".join(f"{name} {version(name)}" for name in names)
    system = f"{platform.system()} {platform.machine()}"
    return f"Python {platform.python_version()}, {known}; {system}, no GPU."
