"""Plugins from three sources, loaded alike; a broken one breaks nothing but itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from artcli.errors import ArtcliError, UsageError
from artcli.host.discovery import load_host
from artcli.host.kinds import KINDS
from artcli.host.loading import load_plugin, new_manager
from artcli.host.records import Component, Failure, Source
from artcli.host.trust import approve
from artcli.plugin import hookimpl
from artcli.workspace.paths import Workspace
from artcli.workspace.settings import Settings, write_settings

Install = Callable[..., None]

HUBER = """
from artcli.plugin import Component, hookimpl

@hookimpl
def artcli_components():
    return [Component("loss", "huber", huber, "no real one")]

def huber(class_counts, *, delta: float = 1.0):
    return lambda logits: delta * logits
"""
BROKEN = {
    "a module that cannot be imported": (
        "import no_such_package",
        "ModuleNotFoundError: No module named 'no_such_package'",
    ),
    "a syntax error": ("def (", "SyntaxError: "),
    "a module that ends the process": ("raise SystemExit(3)", "SystemExit: 3"),
    "a misspelt hook": (
        """
        from artcli.plugin import hookimpl

        @hookimpl
        def artcli_component(): return []
        """,
        "no hook to implement as artcli_component (did you mean 'artcli_components'?)",
    ),
    "a hook that is not marked": (
        "def artcli_components(): return []",
        "artcli_components lacks @hookimpl",
    ),
    "no hook at all": ("x = 1", "implements no hook of artcli (artcli_components)"),
    "a hook with parameters of its own": (
        """
        from artcli.plugin import hookimpl

        @hookimpl
        def artcli_components(workspace): return []
        """,
        "PluginValidationError: ",
    ),
    "a hook that raises": (
        """
        from artcli.plugin import hookimpl

        @hookimpl
        def artcli_components(): raise OSError("disk on fire")
        """,
        "OSError: disk on fire",
    ),
    "a hook that raises half-way": (
        """
        from artcli.plugin import Component, hookimpl

        @hookimpl
        def artcli_components():
            yield Component("loss", "half", "json:loads")
            raise OSError("disk on fire")
        """,
        "OSError: disk on fire",
    ),
}
MALFORMED = {
    "something else": ("'loss'", "gives 'loss', which is not a Component"),
    "another api": (
        "Component('loss', 'l', 'json:loads', api=2)",
        "its loss l is written for api 2; this artcli has 1",
    ),
    "an unknown kind": (
        "Component('los', 'l', 'json:loads')",
        "its los l is of no known kind (did you mean 'loss'?)",
    ),
    "a name that cannot be written": ("Component('loss', 'a+b', 'json:loads')", "its loss a+b"),
    "a file's name that is a path": ("Component('recipe', 'a/b', 'json:loads')", "its recipe a/b"),
    "a target that is no target": ("Component('loss', 'l', 'json')", "not module:callable: 'json'"),
    "a summary that is no text": ("Component('loss', 'l', 'json:loads', 3)", "not text: 3"),
    "one name twice": (
        "Component('loss', 'l', 'json:loads'), Component('loss', 'l', 'json:dumps')",
        "offers loss l twice",
    ),
}
OFFER = """
from artcli.plugin import Component, hookimpl

@hookimpl
def artcli_components():
    return [{}]
"""


def test_a_strangers_plugin_is_found_beside_our_own(install: Install) -> None:
    install("artcli-huber", {"artcli_huber": HUBER})
    host = load_host()
    assert host.failures == ()
    assert host.find("loss", "huber").source.distribution == "artcli-huber"
    assert host.find("loss", "focal").source.distribution == "artcli"
    assert host.names("loss")[-1] == "huber"
    assert {one.component.kind for one in host.components("loss")} == {"loss"}
    assert host.bind("loss", "huber:delta=2")((1,))(3) == 6.0


def test_a_distribution_with_two_folders_of_metadata_counts_once(
    install: Install, tmp_path: Path
) -> None:
    install("artcli-huber", {"artcli_huber": HUBER})
    older = tmp_path / "site" / "artcli_huber.egg-info"  # where its sources lie, of setuptools
    older.mkdir()
    (older / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: artcli-huber\nVersion: 1.2\n")
    (older / "entry_points.txt").write_text("[artcli]\nartcli_huber = artcli_huber\n")
    host = load_host()
    assert host.failures == ()
    assert host.find("loss", "huber").source.distribution == "artcli-huber"


def test_every_default_of_the_table_is_there() -> None:
    host = load_host()
    defaults = {(kind.name, kind.default) for kind in KINDS.values() if kind.default}
    assert defaults <= set(host.offers)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        *BROKEN.values(),
        *((OFFER.format(offers), reason) for offers, reason in MALFORMED.values()),
    ],
    ids=[*BROKEN, *MALFORMED],
)
def test_a_broken_plugin_is_named_with_its_reason_and_breaks_nothing_else(
    install: Install, source: str, reason: str
) -> None:
    install("artcli-broken", {"artcli_broken": source})
    install("artcli-huber", {"artcli_huber": HUBER})
    host = load_host()
    [failure] = host.failures
    assert str(failure.source) == "artcli-broken 1.2"
    assert reason in failure.reason
    assert "\n" not in failure.reason
    assert {one.source.distribution for one in host.components()} == {"artcli", "artcli-huber"}
    assert host.bind("loss", "huber").options == {"delta": 1.0}


def test_asking_for_what_a_broken_plugin_may_have_had_says_why_it_is_missing(
    install: Install,
) -> None:
    install("artcli-broken", {"artcli_broken": "import no_such_package"})
    with pytest.raises(UsageError) as caught:
        load_host().bind("loss", "arcface")
    assert caught.value.message == "there is no loss 'arcface'"
    assert caught.value.hint is not None
    assert "artcli-broken (ModuleNotFoundError: No module named 'no_such_" in caught.value.hint


def test_an_unknown_name_lists_the_nearest_and_the_known() -> None:
    host = load_host()
    with pytest.raises(UsageError, match=r"no loss 'focul' \(did you mean 'focal'\?\)") as caught:
        host.bind("loss", "focul")
    assert caught.value.hint == f"loss can be: {', '.join(host.names('loss'))}"
    with pytest.raises(UsageError, match=r"no kind 'los' \(did you mean 'loss'\?\)"):
        load_host().bind("los", "focal")


def test_one_plugin_registered_twice_counts_once(install: Install) -> None:
    install("artcli-twice", {"artcli_huber": HUBER}, {"one": "artcli_huber", "two": "artcli_huber"})
    host = load_host()
    assert len(host.offers["loss", "huber"]) == 1
    assert host.failures[0].reason == "it is the same plugin as artcli-twice:one"


def test_two_offers_of_one_name_trouble_only_who_asks_for_it(
    install: Install, tmp_path: Path
) -> None:
    install("artcli-other", {"artcli_other": HUBER.replace("huber", "focal")})
    host = load_host()
    with pytest.raises(ArtcliError) as caught:
        host.bind("loss", "focal")
    assert caught.value.message == "loss focal is offered by artcli and artcli-other"
    assert caught.value.hint == 'choose one in artcli.toml: picks = { "loss.focal" = "artcli" }'
    assert host.bind("loss", "cross-entropy").text == "cross-entropy"
    assert list(host.conflicts) == [("loss", "focal")]

    workspace = Workspace(tmp_path)
    write_settings(workspace, Settings(picks={"loss.focal": "artcli-other"}))
    host = load_host(workspace)
    assert host.find("loss", "focal").source.distribution == "artcli-other"
    assert host.conflicts == {}


def test_a_default_stays_ours_until_the_workspace_picks_another(
    install: Install, tmp_path: Path
) -> None:
    install("artcli-other", {"artcli_other": HUBER.replace("huber", "cross-entropy", 1)})
    host = load_host()
    assert host.find("loss", "cross-entropy").source.distribution == "artcli"
    assert list(host.conflicts) == [("loss", "cross-entropy")]
    workspace = Workspace(tmp_path)
    write_settings(workspace, Settings(picks={"loss.cross-entropy": "artcli-other"}))
    found = load_host(workspace).find("loss", "cross-entropy")
    assert found.source.distribution == "artcli-other"


def test_what_a_plugin_prints_is_no_result(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("artcli-loud", {"artcli_loud": "print('imported')" + HUBER})
    assert load_host().failures == ()
    assert capsys.readouterr() == ("", "imported\n")


def test_listing_imports_no_component(install: Install) -> None:
    install(
        "artcli-lazy",
        {"artcli_lazy": OFFER.format("Component('loss', 'lazy', 'artcli_lazy_heavy:loss')")},
    )
    host = load_host()
    assert host.failures == ()
    with pytest.raises(ArtcliError) as caught:
        host.bind("loss", "lazy")
    assert caught.value.message.startswith("loss lazy (from artcli-lazy 1.2) cannot be imported")
    assert caught.value.hint == "it needs the package artcli_lazy_heavy, which is not installed"


def workspace_with(tmp_path: Path, name: str, source: str) -> Workspace:
    workspace = Workspace(tmp_path / "w")
    path = workspace.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(source))
    write_settings(workspace, Settings(plugins=(name,)))
    return workspace


def test_a_workspace_plugin_that_is_trusted_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTCLI_CONFIG_DIR", str(tmp_path / "config"))
    workspace = workspace_with(tmp_path, "plugins/mine.py", HUBER)
    [failure] = load_host(workspace).failures
    path = workspace.root / "plugins/mine.py"
    assert failure.reason == f"not trusted, run: artcli plugins add {path}"

    approve(path, path.read_bytes())
    host = load_host(workspace)
    assert host.failures == ()
    assert str(host.find("loss", "huber").source) == "plugins/mine.py"
    assert host.bind("loss", "huber")((1,))(3) == 3.0
    assert "huber" not in load_host().names("loss")  # not without the workspace


@pytest.mark.parametrize("name", ["../outside.py", "plugins/gone.py"])
def test_a_workspace_plugin_outside_or_missing_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("ARTCLI_CONFIG_DIR", str(tmp_path / "config"))
    workspace = workspace_with(tmp_path, name, HUBER)
    path = workspace.root / name
    approve(path, path.read_bytes())
    if "gone" in name:
        path.unlink()
    [failure] = load_host(workspace).failures
    assert failure.source.distribution == name
    assert ("lies outside the workspace" in failure.reason) == ("outside" in name)
    assert ("cannot be read" in failure.reason) == ("gone" in name)


def test_a_failed_plugin_leaves_nothing_registered() -> None:
    class Plugin:
        @hookimpl
        def artcli_components(self) -> list[Component]:
            raise OSError("no")

    manager = new_manager()
    source = Source("artcli-broken", "1.2", "installed")
    assert isinstance(load_plugin(manager, "it", source, Plugin), Failure)
    assert manager.get_plugins() == set()
    assert manager.hook.artcli_components() == []
