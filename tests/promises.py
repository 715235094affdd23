"""What artcli promises when things go wrong, and the page that says how that was shown.

Each promise is tried under its fault, and tried again with its protection taken out: a test that
then finds nothing broken shows nothing, and fails.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

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
        "noticed before use: named, with the way on, or made anew",
    ),
    "pickle": ("a hostile checkpoint", "nothing in it is run"),
    "signals": (
        "Ctrl-C, SIGTERM, a second signal",
        "the first saves, exits with 130 or 143 and says how to go on; a second ends it within 2 s",
    ),
    "dead": (
        "a process killed: of loaders, of a picture pool, of a fold, or a rank",
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
        "refused by name; no row, name or linked file leads out (a folder that its owner linked is "
        "used as it is)",
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
        "the same submission, byte for byte; between ranks the same paintings, and losses within "
        "1e-4 (a model without batch norm, dropout and mixing)",
    ),
    "numbers": (
        "a number that is none, in training or in a generator; memory short",
        "stops with the last good checkpoint; batches are halved when asked, and recorded",
    ),
    "hub": (
        "no model hub; weights half downloaded",
        "a clear error: at once if no hub is reached, within half a minute if one hangs; "
        "never random weights in their place",
    ),
    "arguments": (
        "bad arguments, to every option",
        "an error of a few lines, unless it can be taken as it is; no traceback",
    ),
    "supply": (
        "supply chain",
        "hash-locked installs, known versions; nothing is called that could run what it reads",
    ),
}


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
    shown: Sequence[Shown],
    skipped: Sequence[str],
    *,
    seed: int,
    command: str,
    date: str,
    minutes: float,
) -> None:
    """`docs/reliability.md`, and the short table in the README."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=False, keep_trailing_newline=True
    )
    environment.filters["cell"] = _cell
    sections = [
        {
            "fault": fault,
            "holds": holds,
            "rows": (rows := [row for row in shown if row.promise == promise]),
            "tests": sorted({row.test for row in rows}),
        }
        for promise, (fault, holds) in PROMISES.items()
    ]
    page = environment.get_template("reliability.md.j2").render(
        sections=sections,
        skipped=sorted(skipped),
        seed=seed,
        command=command,
        date=date,
        minutes=minutes,
        versions=_versions(),
    )
    before, start, rest = README.read_text(encoding="utf-8").partition("<!-- faults -->\n")
    _, end, after = rest.partition("<!-- /faults -->")
    assert all((start, end)), "the README has no place for the table"
    PAGE.write_text(page, encoding="utf-8")
    README.write_text(before + start + _short_table(shown) + end + after, encoding="utf-8")


def _short_table(shown: Sequence[Shown]) -> str:
    lines = ["| what goes wrong | what holds | trials |", "|---|---|---|"]
    for promise, (fault, holds) in PROMISES.items():
        trials = sum(row.trials for row in shown if row.promise == promise)
        lines.append(f"| {fault} | {holds} | {trials:,} |")
    return "".join(f"{line}\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _versions() -> str:
    import torch  # of which the other tests' start knows nothing

    names = ("artcli", "torch", "safetensors", "pillow", "filelock")
    known = ", ".join(f"{name} {version(name)}" for name in names)
    system = f"{platform.system()} {platform.machine()}"
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    return f"Python {platform.python_version()}, {known}; {system}, {gpu}."
