"""Plugin files of a workspace: registered in `artcli.toml`, trusted by their content.

In: a workspace and a file. A file is tried before it is registered; a broken one leaves no trace.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artcli import console
from artcli.errors import ArtcliError, UsageError
from artcli.host import trust
from artcli.host.discovery import load_host
from artcli.host.loading import load_plugin, new_manager
from artcli.host.nearest import did_you_mean
from artcli.host.records import Failure, Registered, Source
from artcli.host.targets import load_target
from artcli.workspace.files import write_bytes
from artcli.workspace.paths import Workspace
from artcli.workspace.settings import hold_settings, write_settings

FOLDER = "plugins"


@dataclass(frozen=True)
class Added:
    """A registered file, what it offers, and whether it was copied or known before.

    `clashes`: what others offer too, as `loss focal`, with the others' names.
    """

    path: Path
    name: str
    components: tuple[Registered, ...]
    copied: bool
    again: bool
    clashes: dict[str, str]


def add(workspace: Workspace, file: Path) -> Added:
    """Copy `file` in if it lies outside, try it, trust its content and register it.

    Errors: `ArtcliError` when it cannot be read, when another file is in the copy's place, or when
    the plugin is broken; then nothing is registered, trusted or left behind.
    """
    with hold_settings(workspace) as settings:
        data = trust.read_plugin(file)
        if file.suffix != ".py":
            raise UsageError(f"{file} is not a Python file", "a plugin's name ends in .py")
        path, copied = _placed(workspace, file, data)
        console.note(f"trying {file} (sha256 {hashlib.sha256(data).hexdigest()[:12]}…)")
        name = path.relative_to(workspace.root.resolve()).as_posix()
        again = name in settings.plugins
        try:
            components = _tried(path, name, file, data)
        except BaseException:
            trust.revoke(path)
            if copied:
                path.unlink(missing_ok=True)
            raise
        if not again:
            plugins = (*settings.plugins, name)
            write_settings(workspace, settings.model_copy(update={"plugins": plugins}))
    return Added(path, name, components, copied, again, _clashes(workspace, name))


def _placed(workspace: Workspace, file: Path, data: bytes) -> tuple[Path, bool]:
    """Where the file lies in the workspace, and whether it had to be copied there."""
    path = file.resolve()
    if path.is_relative_to(workspace.root.resolve()):
        return path, False
    place = workspace.root.resolve() / FOLDER / file.name
    if not place.exists():
        write_bytes(place, data)
        return place, True
    if place.read_bytes() != data:
        raise ArtcliError(f"another {file.name} is in {place.parent}", "rename one of the two")
    return place, False


def _tried(path: Path, name: str, file: Path, data: bytes) -> tuple[Registered, ...]:
    """What the file offers, each component imported and its signature checked."""
    trust.approve(path, data)
    source = Source(name, "", "workspace")
    loaded = load_plugin(new_manager(), name, source, lambda: trust.load_trusted(path))
    if isinstance(loaded, Failure):
        raise ArtcliError(f"{file} is broken: {loaded.reason}", "mend it, and add it again")
    if not loaded:
        raise ArtcliError(f"{file} offers nothing", "artcli_components must return components")
    for registered in loaded:
        load_target(registered)
    return loaded


def _clashes(workspace: Workspace, name: str) -> dict[str, str]:
    """Components of this file that another plugin offers too."""
    return {
        " ".join(key): next(o.source.distribution for o in offers if o.source.distribution != name)
        for key, offers in load_host(workspace).conflicts.items()
        if any(offer.source.distribution == name for offer in offers)
    }


def remove(workspace: Workspace, named: str) -> Path:
    """Unregister the file `named`, or the one that offers a component of that name.

    Its approval goes too; the file stays. Errors: `UsageError` when there is no such plugin, or
    more than one.
    """
    with hold_settings(workspace) as settings:
        matching = _matching(workspace, settings.plugins, named)
        if len(matching) > 1:
            raise UsageError(f"{named!r} may be any of {', '.join(matching)}", "name the file")
        if not matching:
            registered = ", ".join(settings.plugins) or "none"
            raise UsageError(
                f"no plugin file {named!r} is registered{did_you_mean(named, settings.plugins)}",
                f"registered: {registered}; an installed one goes with: pip uninstall",
            )
        (name,) = matching
        kept = tuple(plugin for plugin in settings.plugins if plugin != name)
        write_settings(workspace, settings.model_copy(update={"plugins": kept}))
    path = workspace.root / name
    trust.revoke(path)
    return path


def _matching(workspace: Workspace, plugins: tuple[str, ...], named: str) -> list[str]:
    """The registered files that `named` may mean: by path, by file name, by what they offer."""
    path = Path(named).resolve()
    if exact := [name for name in plugins if name == named or (workspace.root / name) == path]:
        return exact
    if by_name := [name for name in plugins if named in (Path(name).name, Path(name).stem)]:
        return by_name
    offering = {
        one.source.distribution
        for one in load_host(workspace).components()
        if one.source.origin == "workspace" and one.component.name == named
    }
    return [name for name in plugins if name in offering]


def as_json(added: Added) -> dict[str, Any]:
    return {
        "file": added.path,
        "registered": added.name,
        "copied": added.copied,
        "components": [
            {"kind": one.component.kind, "name": one.component.name} for one in added.components
        ],
        "clashes": added.clashes,
    }


def show_added(added: Added, place: str) -> None:
    """`place`: what repeats the workspace in a command, ` -w DIR` or nothing."""
    out = console.out()
    if added.copied:
        out.print(f"Copied to {console.safe(added.path)}")
    out.print(f"{console.safe(added.name)} offers:")
    for one in added.components:
        component = one.component
        out.print(f"  {component.kind} {component.name}  {console.safe(component.summary)}")
    console.success("trusted as it is now" + ("" if added.again else ", and registered"))
    for key, other in added.clashes.items():
        console.warn(f"{key} is offered by {other} too; see: artcli plugins")
    first, safe_place = added.components[0].component, console.safe(place)
    out.print(f"Next: [bold]artcli plugins show {first.kind} {first.name}{safe_place}[/]")
