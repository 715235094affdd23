"""Discovery: every component that this machine and this workspace offer.

Sources, all loaded alike: the entry points of the group `artcli` (our own distribution's among
them), and the Python files that the workspace's `artcli.toml` lists. Nothing here imports a
component's target; that happens when a component is bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from artcli.errors import ArtcliError, UsageError
from artcli.host import binding
from artcli.host.binding import Bound
from artcli.host.entries import Offer, offers_of
from artcli.host.kinds import KINDS, kind_named
from artcli.host.loading import load_plugin, new_manager
from artcli.host.nearest import did_you_mean
from artcli.host.records import Failure, Registered, Source
from artcli.host.trust import load_trusted, plugin_path
from artcli.workspace.paths import SETTINGS_NAME, Workspace
from artcli.workspace.settings import Settings, read_settings

__all__ = ["Bound", "Host", "load_host"]

GROUP = "artcli"
FIRST_PARTY = "artcli"  # our own distribution
Key = tuple[str, str]  # kind, name


@dataclass(frozen=True)
class Host:
    """The components found, and the plugins that could not be loaded.

    `offers` holds, for each (kind, name), everything that offers it: more than one is a conflict,
    which troubles only the command that asks for that very component.
    """

    offers: Mapping[Key, tuple[Registered, ...]]
    failures: tuple[Failure, ...]

    def components(self, kind: str | None = None) -> tuple[Registered, ...]:
        """Everything found (of one kind), in the order of the table of kinds, then of discovery.

        Each side of a conflict is there; `conflicts` tells which they are.
        """
        wanted = KINDS if kind is None else (kind,)
        return tuple(
            registered
            for name in wanted
            for (found, _), offers in self.offers.items()
            if found == name
            for registered in offers
        )

    def names(self, kind: str) -> list[str]:
        return [name for found, name in self.offers if found == kind]

    @property
    def conflicts(self) -> dict[Key, tuple[Registered, ...]]:
        """What more than one distribution offers, and `artcli.toml` does not decide."""
        return {key: offers for key, offers in self.offers.items() if len(offers) > 1}

    def find(self, kind: str, name: str) -> Registered:
        """The component of this name.

        Between several nobody wins, but a kind's default, which also those use who ask for nothing,
        stays ours. Errors: `UsageError` (unknown), `ArtcliError` (conflict).
        """
        kind_named(kind)
        offers = self.offers.get((kind, name), ())
        if not offers:
            raise self._unknown(kind, name)
        if len(offers) > 1 and KINDS[kind].default == name:
            offers = (
                tuple(one for one in offers if one.source.distribution == FIRST_PARTY) or offers
            )
        if len(offers) > 1:
            sides = " and ".join(offer.source.distribution for offer in offers)
            raise ArtcliError(
                f"{kind} {name} is offered by {sides}",
                f"choose one in {SETTINGS_NAME}: "
                f'picks = {{ "{kind}.{name}" = "{offers[0].source.distribution}" }}',
            )
        return offers[0]

    def bind(self, kind: str, text: str) -> Bound:
        """`text` as a checked call of this kind. Errors: as `artcli.host.binding.bind`."""
        return binding.bind(kind, text, self.find)

    def bind_all(self, wanted: Mapping[str, tuple[str, str]]) -> dict[str, Bound]:
        """Bind `{"--loss": ("loss", "focal:gamma=3")}`; every mistake in one `UsageProblems`."""
        return binding.bind_all(wanted, self.find)

    def _unknown(self, kind: str, name: str) -> UsageError:
        names = self.names(kind)
        message = f"there is no {kind} {name!r}{did_you_mean(name, names)}"
        if self.failures:
            broken = "; ".join(
                f"{failure.source.distribution} ({failure.reason})" for failure in self.failures
            )
            return UsageError(message, f"it may be in a plugin that could not be loaded: {broken}")
        return UsageError(message, f"{kind} can be: {', '.join(names)}" if names else None)


def load_host(workspace: Workspace | None = None) -> Host:
    """Discover what is installed and, with a workspace, what its `artcli.toml` registers.

    A plugin that cannot be loaded is a `Failure` of the host, never an error here. Errors:
    `ArtcliError` when `artcli.toml` itself cannot be read.
    """
    settings = Settings() if workspace is None else read_settings(workspace)
    manager = new_manager()
    offers: dict[Key, tuple[Registered, ...]] = {}
    failures: list[Failure] = []
    installed, unreadable = offers_of(GROUP)
    failures += [
        Failure(Source(one.distribution, "", "installed"), one.reason) for one in unreadable
    ]
    for name, source, load in (*_installed(installed), *_of_workspace(workspace, settings.plugins)):
        loaded = load_plugin(manager, name, source, load)
        if isinstance(loaded, Failure):
            failures.append(loaded)
            continue
        for registered in loaded:
            key = (registered.component.kind, registered.component.name)
            offers[key] = (*offers.get(key, ()), registered)
    picked = {key: _picked(key, found, settings.picks) for key, found in offers.items()}
    return Host(picked, tuple(failures))


Plugin = tuple[str, Source, Callable[[], object]]


def _installed(offers: Iterable[Offer]) -> Iterator[Plugin]:
    """Our own distribution's plugins, then the others' by name."""
    for offer in sorted(
        offers, key=lambda offer: (offer.distribution != FIRST_PARTY, offer.distribution)
    ):
        source = Source(offer.distribution, offer.version, "installed")
        yield f"{source.distribution}:{offer.entry.name}", source, offer.entry.load


def _of_workspace(workspace: Workspace | None, names: Iterable[str]) -> Iterator[Plugin]:
    for name in dict.fromkeys(names):
        source = Source(name, "", "workspace")

        def load(name: str = name) -> object:
            assert workspace is not None  # no workspace, no names
            return load_trusted(plugin_path(workspace, name))

        yield f"workspace:{name}", source, load


def _picked(
    key: Key, found: tuple[Registered, ...], picks: Mapping[str, str]
) -> tuple[Registered, ...]:
    """The one that `artcli.toml` picks, if it picks one that exists; else all."""
    pick = picks.get(".".join(key))
    chosen = tuple(one for one in found if one.source.distribution == pick)
    return chosen or found
