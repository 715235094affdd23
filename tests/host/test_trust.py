"""A workspace's plugin runs only as the very bytes that the user approved."""

from __future__ import annotations

import py_compile
from pathlib import Path

import pytest

from artcli.errors import ArtcliError
from artcli.host.trust import (
    approve,
    config_dir,
    is_approved,
    load_trusted,
    plugin_path,
    revoke,
)
from artcli.workspace.paths import Workspace


@pytest.fixture(autouse=True)
def _own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARTCLI_CONFIG_DIR", str(tmp_path / "config"))


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file that appears when the plugin runs."""
    return tmp_path / "canary"


@pytest.fixture
def plugin(tmp_path: Path, canary: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(f"open({str(canary)!r}, 'a').write('ran ')\n")
    return path


def test_nothing_of_an_unapproved_file_runs(plugin: Path, canary: Path) -> None:
    with pytest.raises(ArtcliError, match=r"not trusted, run: artcli plugins add .*mine.py"):
        load_trusted(plugin)
    assert not canary.exists()


def test_an_approved_file_runs_until_it_is_revoked(plugin: Path, canary: Path) -> None:
    approve(plugin, plugin.read_bytes())
    assert load_trusted(plugin).__file__ == str(plugin)
    assert canary.read_text() == "ran "
    revoke(plugin)
    with pytest.raises(ArtcliError, match="not trusted"):
        load_trusted(plugin)
    assert canary.read_text() == "ran "
    revoke(plugin)  # twice is no error


def test_an_edit_revokes_and_undoing_it_restores(plugin: Path, canary: Path) -> None:
    source = plugin.read_text()
    approve(plugin, plugin.read_bytes())
    plugin.write_text(source + "# a comment is an edit\n")
    with pytest.raises(ArtcliError, match="not trusted"):
        load_trusted(plugin)
    assert not canary.exists()
    plugin.write_text(source)
    load_trusted(plugin)
    assert canary.exists()


def test_the_approval_is_of_one_place(plugin: Path, tmp_path: Path) -> None:
    approve(plugin, plugin.read_bytes())
    copy = tmp_path / "elsewhere" / "mine.py"
    copy.parent.mkdir()
    copy.write_bytes(plugin.read_bytes())
    assert is_approved(plugin, plugin.read_bytes())
    assert not is_approved(copy, copy.read_bytes())


def test_a_compiled_file_beside_it_is_neither_run_nor_written(plugin: Path, canary: Path) -> None:
    evil = plugin.with_name("evil.py")
    evil.write_text(f"open({str(canary)!r}, 'a').write('EVIL ')\n")
    for mode in py_compile.PycInvalidationMode:
        compiled = py_compile.compile(str(evil), invalidation_mode=mode)
        assert compiled is not None
        beside = plugin.parent / "__pycache__" / Path(compiled).name.replace("evil", "mine")
        beside.write_bytes(Path(compiled).read_bytes())
        (plugin.parent / "mine.pyc").write_bytes(Path(compiled).read_bytes())
    before = beside.read_bytes()
    approve(plugin, plugin.read_bytes())
    load_trusted(plugin)
    assert canary.read_text() == "ran "
    assert beside.read_bytes() == before


def test_the_module_knows_itself_and_a_failed_one_is_forgotten(tmp_path: Path) -> None:
    import sys

    path = tmp_path / "my plugin-2.py"
    path.write_text(
        "# -*- coding: latin-1 -*-\n"
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "@dataclass\n"
        "class Point:\n"
        "    x: int = 1\n"
        "NAME = 'Dürer'\n",
        encoding="latin-1",
    )
    approve(path, path.read_bytes())
    module = load_trusted(path)
    assert (module.Point(2).x, module.NAME) == (2, "Dürer")
    assert sys.modules[module.__name__] is module

    path.write_text("raise OSError('no')")
    approve(path, path.read_bytes())
    with pytest.raises(OSError, match="no"):
        load_trusted(path)
    assert module.__name__ not in sys.modules


def test_a_plugin_lies_inside_its_workspace(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "w")
    (workspace.root / "plugins").mkdir(parents=True)
    outside = tmp_path / "outside.py"
    outside.touch()
    (workspace.root / "plugins" / "link.py").symlink_to(outside)
    assert plugin_path(workspace, "plugins/a.py") == workspace.root / "plugins" / "a.py"
    for name in ("../outside.py", str(outside), "plugins/link.py"):
        with pytest.raises(ArtcliError, match="lies outside the workspace"):
            plugin_path(workspace, name)


def test_a_damaged_list_of_approvals_trusts_nothing(plugin: Path, canary: Path) -> None:
    approve(plugin, plugin.read_bytes())
    [listed] = config_dir().glob("*.json")
    listed.write_text("[]")
    with pytest.raises(ArtcliError, match="is damaged"):
        load_trusted(plugin)
    listed.write_text("{")
    with pytest.raises(ArtcliError, match="cannot be read"):
        load_trusted(plugin)
    assert not canary.exists()


def test_where_the_configuration_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert config_dir() == tmp_path / "config"
    monkeypatch.delenv("ARTCLI_CONFIG_DIR")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert config_dir() == tmp_path / "xdg" / "artcli"
