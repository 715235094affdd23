"""Every command with the smallest call that does its work, over one small trained workspace."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch._dynamo  # imported before any fork: it starts threads
from command_line import Answer, artcli
from painted import MODEL, painted_workspace
from small_contests import ARTISTS, write_csv

from artcli.cli import _loaded
from artcli.host.commands import ORDER, find_subcommands
from artcli.host.trust import approve
from artcli.workspace.paths import Workspace

ROOM = 3 * 1024**3  # bytes of memory that a forked command may take beside what is there
SMALL = (
    "--model", MODEL, "--image-size", "32", "--epochs", "1", "--crops", "1", "--probe", "0",
    "--batch-size", "16", "--folds", "2",
)  # fmt: skip
WORKS = (
    "--generator", "style-transfer:pretrained=false,size=32,steps=1,scales=1,batch=1",
    "--rarest", "1", "--each", "1", "--extra-rarest", "0", "--folds", "2",
)  # fmt: skip
PLUGIN = '''
from artcli.plugin import Component, hookimpl

@hookimpl
def artcli_components():
    return [Component("loss", "mine", mine, "cross-entropy by another name")]

def mine(_class_counts, *, scale: float = 1.0):
    """It is scaled."""
    import torch.nn.functional as F
    return lambda logits, targets: scale * F.cross_entropy(logits, targets)
'''
CALLS: dict[str, tuple[str, ...]] = {  # HERE is the workspace
    "init": ("HERE",),
    "doctor": ("-w", "HERE"),
    "eda": ("-w", "HERE"),
    "augment-style": ("-w", "HERE", *WORKS, "--name", "new"),
    "train": ("-w", "HERE", *SMALL, "--name", "new", "--workers", "0"),
    "kfold": ("-w", "HERE", *SMALL, "--name", "new", "--workers", "0"),
    "recipes": ("-w", "HERE"),
    "recipes show": ("adamw", "-w", "HERE"),
    "ladder": ("baseline", "a", "-w", "HERE", *SMALL, "--name", "new", "--workers", "0"),
    "runs": ("-w", "HERE"),
    "runs show": ("a", "-w", "HERE"),
    "runs remove": ("b", "--yes", "-w", "HERE"),
    "predict": ("a", "HERE/data/test", "-w", "HERE"),
    "tta": ("a", "-w", "HERE", "--views", "flips"),
    "ensemble": ("a", "b", "-w", "HERE"),
    "submit": ("a", "--name", "new", "-w", "HERE"),
    "score": ("a.csv", "-w", "HERE"),
    "plugins": ("-w", "HERE"),
    "plugins show": ("loss", "focal", "-w", "HERE"),
    "plugins add": ("HERE/other.py", "-w", "HERE"),
    "plugins remove": ("mine.py", "-w", "HERE"),
    "plugins new": ("crop", "new", "-w", "HERE"),
    "bench": ("--seconds", "0.1", "--paintings", "4", *SMALL),
    "demo": ("HERE",),
}


@dataclass(frozen=True)
class Called:
    """A command of the tree by its whole name, and Typer's object for it."""

    name: str
    command: Any

    @property
    def words(self) -> list[str]:
        return self.name.split()


def commands() -> list[Called]:
    """Ours, each before its subcommands."""
    listed = {found.name: found for found in find_subcommands()}
    return [one for name in ORDER for one in _under(name, _loaded(listed[name]))]


def _under(name: str, command: Any) -> Iterator[Called]:
    yield Called(name, command)
    for word, inner in getattr(command, "commands", {}).items():
        yield from _under(f"{name} {word}", inner)


def call_of(name: str, workspace: Workspace) -> list[str]:
    """The words after `artcli`."""
    here = str(workspace.root)
    return [*name.split(), *(word.replace("HERE", here) for word in CALLS[name])]


def trained_workspace(root: Path, *, runs: bool = True) -> Workspace:
    """Two runs of two folds, a plugin of its own that is trusted, one to be added, a submission
    and what scores it.

    Without `runs`: but for the runs and the submission. The approval is kept where
    `ARTCLI_CONFIG_DIR` says.
    """
    torch.set_num_threads(1)  # forked children cannot use the threads of their parent
    workspace = painted_workspace(root, each=4, pieces=4)
    rows = [f"TEST_{n:05},{list(ARTISTS)[n % 3]},Private,p{n}" for n in range(4)]
    write_csv(workspace.solution_csv, "id,artist,Usage,painting", rows)
    mine = root / "plugins" / "mine.py"
    mine.parent.mkdir()
    mine.write_text(PLUGIN, encoding="utf-8")
    (root / "other.py").write_text(PLUGIN.replace("mine", "other"), encoding="utf-8")
    here = ("-w", root)
    training = (
        ("kfold", *here, *SMALL, "--name", "a", "--workers", "0"),
        ("kfold", *here, *SMALL, "--name", "b", "--workers", "0", "--seed", "1"),
        ("submit", "a", *here),
    )
    for words in (("plugins", "add", mine, *here), *(training if runs else ())):
        answer = artcli(*words)
        assert answer.code == 0, answer.err
    return workspace


def copied(workspace: Workspace, place: Path) -> Workspace:
    """A copy to be worked on, its plugin trusted too."""
    shutil.copytree(workspace.root, place)
    approve(mine := place / "plugins" / "mine.py", mine.read_bytes())
    return Workspace(place)


def answered(words: Sequence[str], place: Path, patience: float = 60) -> Answer | None:
    """The answer to the words in a forked process, by way of the file `place`; None where it took
    longer than `patience` seconds, or died.
    """
    place.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, patience)
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + ROOM, taken + ROOM))
        try:
            answer = artcli(*words)
            text = json.dumps([answer.code, answer.out, answer.err])
            place.write_text(text, encoding="utf-8", errors="surrogatepass")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    if not place.exists():
        return None
    return Answer(*json.loads(place.read_text(encoding="utf-8", errors="surrogatepass")))
