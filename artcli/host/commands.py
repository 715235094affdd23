"""Subcommands as plugins: the entry points of the group `artcli.commands`.

Listing them reads metadata, and the first line of each module's source, and imports nothing: no
one's import can slow or break `artcli --help`. A command's module is imported when it is called.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from artcli.errors import ArtcliError
from artcli.host.entries import offers_of
from artcli.host.quiet import apart, said

GROUP = "artcli.commands"
OWN_PACKAGE = "artcli.commands."
ORDER = (
    "init", "doctor", "eda", "augment-style", "train", "kfold", "recipes", "ladder", "runs",
    "predict", "tta", "ensemble", "submit", "score", "plugins", "bench", "demo",
)  # fmt: skip
_HEAD_BYTES = 2048
_DOCSTRING = re.compile(r'\s*(?:#[^\n]*\n\s*)*[rR]?("""|\'\'\'|"|\')\s*(.+?)\s*(?:\n|\1|$)')


@dataclass(frozen=True)
class Subcommand:
    """A subcommand by name, its help in one line, and everything that offers it.

    Of several offers ours wins, with a `warning`; between strangers nobody wins.
    """

    name: str
    summary: str
    offers: tuple[EntryPoint, ...]
    warning: str | None = None

    def load(self) -> Callable[..., Any]:
        """What the entry point names: a function, or a `typer.Typer`.

        Errors: `ArtcliError` that names the distribution.
        """
        if len(self.offers) > 1:
            raise ArtcliError(
                f"the command {self.name} is offered by {_sides(self.offers)}",
                "uninstall one of them",
            )
        try:
            with apart():
                target: Callable[..., Any] = self.offers[0].load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise ArtcliError(f"{self.described} cannot be imported: {said(error)}") from error
        if not callable(target):
            raise ArtcliError(f"{self.described} cannot be called: it is {target!r}")
        return target

    @property
    def described(self) -> str:
        return f"the command {self.name} of {_distribution(self.offers[0])}"


def find_subcommands() -> list[Subcommand]:
    """Every subcommand: ours in the order in which they are used, then the others by name."""
    offers: dict[str, list[EntryPoint]] = {}
    for offer in offers_of(GROUP)[0]:
        offers.setdefault(offer.entry.name, []).append(offer.entry)
    place = {name: number for number, name in enumerate(ORDER)}
    names = sorted(offers, key=lambda name: (place.get(name, len(place)), name))
    return [_subcommand(name, offers[name]) for name in names]


def _subcommand(name: str, offers: list[EntryPoint]) -> Subcommand:
    ours = [entry for entry in offers if entry.value.startswith(OWN_PACKAGE)]
    if ours:
        others = [entry for entry in offers if entry not in ours]
        warning = (
            f"{_sides(others)} offers a command {name}, too; artcli's own is used"
            if others
            else None
        )
        return Subcommand(name, _first_line(ours[0]), (ours[0],), warning)
    if len(offers) > 1:
        return Subcommand(name, f"(offered by {_sides(offers)})", tuple(offers))
    summary = f"{_first_line(offers[0])} (from {_distribution(offers[0])})".lstrip()
    return Subcommand(name, summary, tuple(offers))


def _sides(entries: Iterable[EntryPoint]) -> str:
    return " and ".join(sorted(map(_distribution, entries)))


def _distribution(entry: EntryPoint) -> str:
    return (entry.dist.name if entry.dist is not None else None) or entry.value


def _first_line(entry: EntryPoint) -> str:
    """The first line of the docstring of the entry's module, by reading; "" if there is none."""
    try:
        source = _source_of(entry.module)
        if source is None:
            return ""
        with source.open("rb") as file:
            head = file.read(_HEAD_BYTES).decode("utf-8", "replace")
    except Exception:  # whatever a stranger's files hold, help must come
        return ""
    found = _DOCSTRING.match(head.removeprefix("\ufeff"))
    return found[2] if found else ""


def _source_of(module: str) -> Path | None:
    """The source file of a module, found without importing its parent packages."""
    path: list[str] | None = None
    spec: ModuleSpec | None = None
    for depth in range(module.count(".") + 1):
        name = module.rsplit(".", module.count(".") - depth)[0]
        spec = PathFinder.find_spec(name, path)
        if spec is None:
            return None
        path = list(spec.submodule_search_locations or ())
    return Path(spec.origin) if spec and spec.origin and spec.has_location else None
