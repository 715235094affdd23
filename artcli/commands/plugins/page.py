"""One component in full, read from its signature and its docstring, or from its file.

In: a host, a kind and a name. Out: a `Page`, for people or as JSON.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artcli import console
from artcli.commands.plugins.listing import sourced
from artcli.errors import ArtcliError
from artcli.host.discovery import Host
from artcli.host.kinds import KINDS
from artcli.host.options import Option, gathers, options_of
from artcli.host.records import Component
from artcli.host.spec import from_table
from artcli.host.targets import load_target
from artcli.training.named import recipe_path

SHOWN_IN_USAGE = 2


@dataclass(frozen=True)
class Row:
    """An option: `takes` is its type, range and choices as people read them; `default` as it is
    written on the command line, None where the option must be given.
    """

    name: str
    takes: str
    default: str | None
    what: str


@dataclass(frozen=True)
class Page:
    """A component; `given` and `returns` are its kind's, `target` is where its code is.

    Of a kind of files, `text` is what the file says and `target` is its path.
    """

    kind: str
    name: str
    summary: str
    usage: str
    options: tuple[Row, ...]
    given: tuple[str, ...]
    returns: str
    text: str
    source: str
    target: str


def page(host: Host, kind_name: str, name: str) -> Page:
    """The page of a component.

    Errors: `UsageError` for an unknown kind or name, `ArtcliError` for a conflict or a component
    that cannot be imported.
    """
    registered = host.find(kind_name, name)
    target = load_target(registered)
    options, kind, component = options_of(target), KINDS[kind_name], registered.component
    file = recipe_path(host, name) if kind.file else None
    return Page(
        kind=kind.name,
        name=name,
        summary=component.summary,
        usage=f"--{kind.name} {_example(name, options)}",
        options=tuple(map(_row, options)),
        given=kind.positional,
        returns=kind.returns,
        text=inspect.getdoc(target) or "" if file is None else _contents(file),
        source=sourced(registered.source),
        target=_place(component, target) if file is None else str(file),
    )


def _contents(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ArtcliError(f"{file} cannot be read: {error}") from error


def _example(name: str, options: tuple[Option, ...]) -> str:
    """The component with what must be given, or else its first options at their defaults."""
    needed = {option.name: option.name.upper() for option in options if option.required}
    default = {
        option.name: option.default
        for option in options
        if not option.required and not gathers(option) and option.default not in (None, "")
    }
    shown = needed or dict(list(default.items())[:SHOWN_IN_USAGE])
    return from_table({"name": name, **shown})


def _row(option: Option) -> Row:
    if gathers(option):
        return Row("…", option.annotation, "", option.doc or "whatever else it is given")
    default = None if option.required else _written(option.default)
    return Row(option.name, option.annotation, default, option.doc)


def _written(value: Any) -> str:
    """A default as a user writes it."""
    if value is None:
        return "none"
    return from_table({"name": "x", "y": value}).removeprefix("x:y=")


def _place(component: Component, target: Callable[..., Any]) -> str:
    if isinstance(component.target, str):
        return component.target
    return f"{target.__module__}:{getattr(target, '__qualname__', repr(target))}"


def show(found: Page) -> None:
    """The page that a person reads."""
    out, safe = console.out(), console.safe
    out.print(f"[bold]{safe(found.kind)} {safe(found.name)}[/]  {safe(found.summary)}")
    out.print(f"\n  {safe(found.usage)}\n")
    if found.options:
        columns = ["Option", "Takes", "Default", "What it is"]
        out.print(console.table("", columns, _cells(found)))
    elif not KINDS[found.kind].file:
        out.print("It has no options.\n")
    if found.text:
        out.print(safe(found.text) + "\n")
    if not KINDS[found.kind].file:
        out.print(f"Given    {safe(', '.join(found.given) or 'nothing')}")
        out.print(f"Returns  {safe(found.returns)}")
    out.print(f"From     {safe(found.source)} ({safe(found.target)})")


def _cells(found: Page) -> Iterator[tuple[str, str, str, str]]:
    for row in found.options:
        yield row.name, row.takes, "must be given" if row.default is None else row.default, row.what
