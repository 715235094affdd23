"""`artcli.toml`: the plugins a workspace registers, and which one is meant where two clash."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from artcli.errors import ArtcliError, Problems
from artcli.workspace.files import write_text
from artcli.workspace.locks import hold
from artcli.workspace.paths import Workspace


class Settings(BaseModel):
    """What `artcli.toml` may hold.

    `plugins`: Python files, relative to the workspace, each one a self-contained plugin.
    `picks`: `"loss.focal" = "artcli-other"`, the distribution to take where two offer one name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    plugins: tuple[str, ...] = ()
    picks: dict[str, str] = Field(default_factory=dict)


def read_settings(workspace: Workspace) -> Settings:
    """The settings of a workspace; `ArtcliError` when the file is not valid."""
    path = workspace.settings_file
    try:
        return Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ArtcliError(
            f"{path} cannot be read: {error}", "mend it; an empty file serves too"
        ) from error
    except ValidationError as error:
        raise Problems(
            f"{path} is not valid",
            [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()],
            f"it may hold: {', '.join(Settings.model_fields)}",
        ) from error


@contextmanager
def hold_settings(workspace: Workspace) -> Iterator[Settings]:
    """The settings, which nobody else changes while the body does; whoever comes second waits."""
    with hold(workspace.root / ".settings.lock", "the settings", wait=True):
        yield read_settings(workspace)


def write_settings(workspace: Workspace, settings: Settings) -> None:
    import tomli_w

    write_text(
        workspace.settings_file,
        "# The settings of this artcli workspace. `artcli plugins add FILE` fills `plugins`.\n"
        + tomli_w.dumps(settings.model_dump(mode="json")),
    )
