"""Trust in a workspace's own plugin files, by content.

A workspace is a folder that may come from anyone, and its plugins are code. So a file runs only
when the user has approved these very bytes: the approval (absolute path and sha256) lies in the
user's own configuration folder, and what was hashed is what is executed, never a `.pyc` beside it.
An edit revokes the approval.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import ExecutionLoader
from pathlib import Path
from types import CodeType, ModuleType

from artcli.errors import ArtcliError
from artcli.workspace.files import read_json, write_json
from artcli.workspace.locks import hold
from artcli.workspace.paths import Workspace
from artcli.workspace.plain_files import read_plain

CONFIG_VARIABLE = "ARTCLI_CONFIG_DIR"
APPROVALS_NAME = "trusted-plugins.json"


def config_dir() -> Path:
    """The user's own configuration folder; `ARTCLI_CONFIG_DIR` and `XDG_CONFIG_HOME` move it."""
    if own := os.environ.get(CONFIG_VARIABLE):
        return Path(own)
    if base := os.environ.get("XDG_CONFIG_HOME"):
        return Path(base) / "artcli"
    if sys.platform == "win32" and (base := os.environ.get("APPDATA")):
        return Path(base) / "artcli"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "artcli"
    return Path.home() / ".config" / "artcli"


def approve(path: Path, data: bytes) -> None:
    """Trust the file while it holds `data`."""
    with _approvals() as approvals:
        approvals[_key(path)] = _digest(data)


def revoke(path: Path) -> None:
    """Trust the file no more; it need not exist."""
    with _approvals() as approvals:
        approvals.pop(_key(path), None)


def is_approved(path: Path, data: bytes) -> bool:
    """Whether the user has approved `path` with exactly this content."""
    return _read_approvals().get(_key(path)) == _digest(data)


def plugin_path(workspace: Workspace, name: str) -> Path:
    """Where the plugin file that `artcli.toml` calls `name` lies. Errors: outside the workspace."""
    path = (workspace.root / name).resolve()
    if not path.is_relative_to(workspace.root.resolve()):
        raise ArtcliError(f"{name} lies outside the workspace", "copy it into the workspace")
    return path


def read_plugin(path: Path) -> bytes:
    try:
        return read_plain(path)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise ArtcliError(f"{path} cannot be read: {said}") from error


def load_trusted(path: Path) -> ModuleType:
    """The module that an approved file makes: the bytes that were checked, read once.

    Errors: `ArtcliError` when the file is missing or not approved; whatever the file itself raises.
    """
    data = read_plugin(path)
    if not is_approved(path, data):
        raise ArtcliError(f"not trusted, run: artcli plugins add {path}")
    place = hashlib.sha256(_key(path).encode()).hexdigest()[:8]
    name = f"artcli_workspace_{re.sub(r'[^A-Za-z0-9]', '_', path.stem)}_{place}"
    loader = _BytesLoader(path, data)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None  # a loader was given
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # so that dataclasses and `name:callable` targets find it
    try:
        loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


class _BytesLoader(ExecutionLoader):
    """Executes bytes already read; looks at no file, so no `.pyc` and no later edit can slip in."""

    def __init__(self, path: Path, data: bytes) -> None:
        self._path, self._data = str(path), data

    def get_filename(self, fullname: str) -> str:
        return self._path

    def get_source(self, fullname: str) -> str:
        return importlib.util.decode_source(self._data)

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self._data, self._path)


@contextmanager
def _approvals() -> Iterator[dict[str, str]]:
    """The approvals, to be changed; written back when the body ends."""
    file = config_dir() / APPROVALS_NAME
    with hold(file.with_suffix(".lock"), "the list of trusted plugins", wait=True):
        approvals = _read_approvals()
        yield approvals
        write_json(file, approvals)


def _read_approvals() -> dict[str, str]:
    file = config_dir() / APPROVALS_NAME
    approvals = read_json(file) if file.exists() else {}
    if not isinstance(approvals, dict):
        raise ArtcliError(f"{file} is damaged", "remove it, and add your plugins again")
    return approvals


def _key(path: Path) -> str:
    return str(path.resolve())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
