"""One plugin, from its source to its components, or to the reason why it could not be loaded.

All three sources (our own distribution, other distributions, the workspace's files) take this one
path: load, check the hooks' names, register, ask for components, check them. Whatever goes wrong
is the plugin's own failure: what was registered is taken back and the reason is remembered.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import pluggy

from artcli.errors import ArtcliError
from artcli.host import hooks
from artcli.host.kinds import KINDS
from artcli.host.nearest import did_you_mean
from artcli.host.quiet import apart, said
from artcli.host.records import API, Component, Failure, Registered, Source
from artcli.host.spec import is_name

_TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
MOST = 10_000  # components of one plugin: a generator may have no end
_PREFIX = f"{hooks.PROJECT}_"  # of every hook's name
_MARK = f"{hooks.PROJECT}_impl"  # the attribute that pluggy's marker sets


def new_manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    return manager


def load_plugin(
    manager: pluggy.PluginManager, name: str, source: Source, load: Callable[[], object]
) -> tuple[Registered, ...] | Failure:
    """The components of the plugin that `load` gives, or its failure; an error never leaves.

    `name` is the plugin's name in `manager`, unique to its source.
    """
    try:
        with apart():
            components = _loaded(manager, name, load)
    except KeyboardInterrupt:  # the user's own
        raise
    except BaseException as error:
        return Failure(source, error.message if isinstance(error, ArtcliError) else said(error))
    return tuple(Registered(component, source) for component in components)


def _loaded(
    manager: pluggy.PluginManager, name: str, load: Callable[[], object]
) -> list[Component]:
    plugin = load()
    _check_hooks(plugin)
    if plugin in manager.get_plugins():
        raise ArtcliError(f"it is the same plugin as {manager.get_name(plugin)}")
    try:
        manager.register(plugin, name)
        return _components(manager, plugin)
    except BaseException:
        if manager.has_plugin(name):
            manager.unregister(name=name)
        raise


def _check_hooks(plugin: object) -> None:
    """Refuse what pluggy would take in silence: a misspelt hook, one not marked, or none."""
    known = [name for name in vars(hooks) if name.startswith(_PREFIX)]
    found = False
    for name in dir(plugin):
        member = getattr(plugin, name, None)
        marked = getattr(member, _MARK, None) if inspect.isroutine(member) else None
        if marked is None and not (name.startswith(_PREFIX) and inspect.isroutine(member)):
            continue
        hook = (marked or {}).get("specname") or name
        if hook not in known:
            raise ArtcliError(f"it has no hook to implement as {hook}{did_you_mean(hook, known)}")
        if marked is None:
            raise ArtcliError(f"{name} lacks @hookimpl above it")
        found = True
    if not found:
        raise ArtcliError(f"it implements no hook of artcli ({', '.join(known)})")


def _components(manager: pluggy.PluginManager, plugin: object) -> list[Component]:
    """What this plugin alone offers, checked."""
    others = manager.get_plugins() - {plugin}
    offers = manager.subset_hook_caller("artcli_components", others)()
    components: list[Component] = []
    seen: set[tuple[str, str]] = set()
    for component in (one for offer in offers for one in offer):
        _check_component(component)
        if (key := (component.kind, component.name)) in seen:
            raise ArtcliError(f"it offers {component.kind} {component.name} twice")
        seen.add(key)
        components.append(component)
        if len(components) > MOST:
            raise ArtcliError(f"it offers more than {MOST:,} components")
    return components


def _check_component(component: Any) -> None:
    if not isinstance(component, Component):
        raise ArtcliError(f"artcli_components gives {component!r}, which is not a Component")
    what = f"its {component.kind} {component.name}"
    if component.api != API:
        raise ArtcliError(f"{what} is written for api {component.api!r}; this artcli has {API}")
    if component.kind not in KINDS:
        near = did_you_mean(str(component.kind), KINDS)
        raise ArtcliError(f"{what} is of no known kind{near}; kinds: {', '.join(KINDS)}")
    plus = KINDS[component.kind].file
    if not (isinstance(component.name, str) and is_name(component.name, plus=plus)):
        raise ArtcliError(f"{what} has a name that cannot be written; use letters, digits, _ . -")
    if not callable(component.target) and not _TARGET.fullmatch(str(component.target)):
        raise ArtcliError(f"{what} has a target that is not module:callable: {component.target!r}")
    if not isinstance(component.summary, str):
        raise ArtcliError(f"{what} has a summary that is not text: {component.summary!r}")
