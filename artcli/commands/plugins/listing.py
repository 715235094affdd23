"""What all plugins offer, by kind, and how they are.

In: a host. Out: a `Listing`, for people or as JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from artcli import console
from artcli.host.discovery import Host
from artcli.host.kinds import KINDS, kind_named
from artcli.host.records import Failure, Registered, Source
from artcli.workspace.paths import SETTINGS_NAME


@dataclass(frozen=True)
class Listing:
    """`conflicts`: for each (kind, name) that several plugins offer, all of its sources."""

    components: tuple[Registered, ...]
    failures: tuple[Failure, ...]
    conflicts: dict[tuple[str, str], tuple[Source, ...]]


def listing(host: Host, kind: str | None = None) -> Listing:
    """Everything the host found (of one kind). Errors: `UsageError` for an unknown kind."""
    if kind is not None:
        kind_named(kind)
    conflicts = {
        key: tuple(offer.source for offer in offers)
        for key, offers in host.conflicts.items()
        if kind in (None, key[0])
    }
    return Listing(host.components(kind), host.failures, conflicts)


def as_json(found: Listing) -> dict[str, Any]:
    return {
        "components": [
            {
                "kind": one.component.kind,
                "name": one.component.name,
                "summary": one.component.summary,
                "default": KINDS[one.component.kind].default == one.component.name,
                "source": asdict(one.source),
                "conflict": (one.component.kind, one.component.name) in found.conflicts,
            }
            for one in found.components
        ],
        "failures": [
            {"source": asdict(failure.source), "reason": failure.reason}
            for failure in found.failures
        ],
        "conflicts": [
            {"kind": kind, "name": name, "sources": [asdict(source) for source in sources]}
            for (kind, name), sources in found.conflicts.items()
        ],
    }


def show(found: Listing) -> None:
    """The listing that a person reads: components, then what is wrong, then what to do next."""
    out = console.out()
    if found.components:
        out.print(console.table("", ["Kind", "Name", "What it is", "From"], _rows(found)))
    else:
        out.print("No plugin offers any.")
    for failure in found.failures:
        out.print(
            f"[red]broken[/]    {console.safe(sourced(failure.source))}: "
            f"{console.safe(failure.reason)}"
        )
    for (kind, name), sources in found.conflicts.items():
        sides = " and ".join(source.distribution for source in sources)
        pick = f'picks = {{ "{kind}.{name}" = "{sources[0].distribution}" }}'
        out.print(
            f"[red]conflict[/]  {kind} {name} is offered by {console.safe(sides)}; "
            f"choose one in {SETTINGS_NAME}: {console.safe(pick)}"
        )
    out.print("One of them in full: [bold]artcli plugins show KIND NAME[/]")


def _rows(found: Listing) -> Iterator[tuple[str, str, str, str]]:
    last = ""
    for one in found.components:
        kind, name = one.component.kind, one.component.name
        default = " (default)" if KINDS[kind].default == name else ""
        yield (
            "" if kind == last else kind,
            name + default,
            one.component.summary,
            sourced(one.source),
        )
        last = kind


def sourced(source: Source) -> str:
    """`artcli 0.1.0`, `workspace plugins/huber.py`."""
    return f"workspace {source}" if source.origin == "workspace" else str(source)
