"""From a component's name for a callable to the callable itself, checked against its kind."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from artcli.errors import ArtcliError
from artcli.host.kinds import KINDS
from artcli.host.options import Option, check_signature, check_value, gathers, options_of
from artcli.host.quiet import apart, said
from artcli.host.records import Component, Registered


def load_target(registered: Registered) -> Callable[..., Any]:
    """The callable that a component names: imported, its signature and defaults checked.

    Errors: `ArtcliError` that names the component and its distribution.
    """
    component = registered.component
    try:
        with apart():
            target = _import(component)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise ArtcliError(
            f"{described(registered)} cannot be imported: {said(error)}", _remedy(error, component)
        ) from error
    try:
        checked = _callable(target)
        check_signature(checked, KINDS[component.kind].positional)
        for option in options_of(checked):
            _check_default(option)
    except ArtcliError as error:
        raise ArtcliError(
            f"{described(registered)} cannot be used: {error.message}", error.hint
        ) from error
    except Exception as error:  # a signature may do anything, too
        raise ArtcliError(f"{described(registered)} cannot be used: {said(error)}") from error
    return checked


def described(registered: Registered) -> str:
    """`loss huber (from artcli-huber 1.0)`."""
    component = registered.component
    return f"{component.kind} {component.name} (from {registered.source})"


def _import(component: Component) -> Any:
    if not isinstance(component.target, str):
        return component.target
    module, _, path = component.target.partition(":")
    found: Any = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    return found


def _callable(target: Any) -> Callable[..., Any]:
    if not callable(target):
        raise ArtcliError(f"its target is not callable: {target!r}")
    checked: Callable[..., Any] = target
    return checked


def _remedy(error: BaseException, component: Component) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        if not str(component.target).startswith(f"{package}."):
            return f"it needs the package {package}, which is not installed"
    return "artcli --debug … shows where"


def _check_default(option: Option) -> None:
    """Refuse a default that its own type does not take (a component's is checked when bound)."""
    if option.required or gathers(option) or option.uses is not None:
        return
    try:
        check_value(option, option.default)
    except ValueError as error:
        raise ArtcliError(f"the default {error}") from error
