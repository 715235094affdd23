"""The hooks a plugin may implement. There is one."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from artcli.host.records import Component

PROJECT = "artcli"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def artcli_components() -> Iterable[Component]:
    """The components this plugin offers. Must be cheap: name heavy code, do not import it."""
    raise NotImplementedError
