"""Workspace plugins that nobody trusted, or that have changed since: nothing of them is run."""

from __future__ import annotations

import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from every_command import PLUGIN, SMALL, answered, call_of, commands, copied, trained_workspace

from artcli.commands import demo
from artcli.host import discovery, trust
from artcli.workspace.paths import Workspace
from artcli.workspace.settings import Settings, write_settings

CHEAP = ("init", "recipes", "plugins show", "plugins new", "train")
LOADLESS = {  # commands that ask for no plugin, and so load none
    "init", "eda", "runs", "runs show", "runs remove", "submit", "score", "bench", "plugins remove",
}  # fmt: skip
SHADOWED = ("torch", "random", "multiprocessing", "json", "rich", "artcli_plugins", "sitecustomize")


@pytest.fixture(scope="module")
def trained(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workspace]:
    root = tmp_path_factory.mktemp("untrusted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARTCLI_CONFIG_DIR", str(root / "config"))
        patch.setattr(demo, "RECIPE", SMALL)
        yield trained_workspace(root / "trained", runs=request.config.getoption("faults"))


def test_no_command_runs_a_plugin_of_the_workspace_that_is_not_trusted(
    trained: Workspace,
    full: bool,
    shows: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [one.name for one in commands()] if full else list(CHEAP)

    def ran(name: str) -> list[str]:
        """Which of the plugins a command has run: "mine" is the one that is trusted."""
        shutil.rmtree(tmp_path / "w", ignore_errors=True)
        workspace = copied(trained, tmp_path / "w")
        canaries = tmp_path / "canaries"
        shutil.rmtree(canaries, ignore_errors=True)
        canaries.mkdir()
        count = _fill(workspace, tmp_path / "outside", canaries)
        assert count == len(KINDS)
        answer = answered(call_of(name, workspace), tmp_path / "answer.json", patience=180)
        died = [] if answer and answer.code in {0, 1} else [f"answer {answer}"]
        return died + sorted(path.name for path in canaries.iterdir())

    loading = [name for name in names if name not in LOADLESS]
    broken = [
        f"{name}: ran {found}"
        for name in names
        if (found := ran(name)) != (["mine"] if name in loading else [])
    ]
    with monkeypatch.context() as patch:
        patch.setattr(trust, "is_approved", lambda _path, _data: True)
        patch.setattr(trust, "plugin_path", lambda workspace, name: workspace.root / name)
        patch.setattr(discovery, "plugin_path", lambda workspace, name: workspace.root / name)
        patch.setattr(discovery, "load_trusted", _imported)
        control = ran("recipes")
    shows(
        "untrusted plugins",
        "each command, in a workspace that lists them",
        trials=len(names),
        broken=broken,
        without="whatever is listed is imported",
        control=(1, int(len(KINDS.keys() & control) >= len(KINDS) - 1)),
        figures=f"{len(KINDS)} plugins in each: {', '.join(KINDS)}; {len(loading)} of the commands "
        "load plugins, and ran a trusted one",
    )


def test_what_was_checked_is_what_runs(
    shows: Callable[..., None],
    trials: Callable[[int, int], int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The file is replaced right after the check."""
    monkeypatch.setenv("ARTCLI_CONFIG_DIR", str(tmp_path / "config"))
    approved = trust.is_approved

    def is_approved(path: Path, data: bytes) -> bool:
        known = approved(path, data)
        path.write_text(_evil(tmp_path / "canary"))
        return known

    def ran(load: Callable[[Path], object]) -> bool:
        (tmp_path / "canary").unlink(missing_ok=True)
        path = tmp_path / "mine.py"
        path.write_text(PLUGIN)
        trust.approve(path, path.read_bytes())
        load(path)
        return (tmp_path / "canary").exists()

    monkeypatch.setattr(trust, "is_approved", is_approved)
    count = trials(3, 50)
    broken = ["what was put in its place ran" for _ in range(count) if ran(trust.load_trusted)]

    def load_by_path(path: Path) -> object:
        assert is_approved(path, path.read_bytes())
        return _imported(path)

    shows(
        "untrusted plugins",
        "a file replaced between its check and its import",
        trials=count,
        broken=broken,
        without="the file is checked, then imported by its path",
        control=(1, int(ran(load_by_path))),
    )


def test_files_in_the_folder_where_a_command_is_called_are_no_modules(
    full: bool, shows: Callable[..., None], tmp_path: Path
) -> None:
    """Called like modules that artcli and its workers import; and a distribution's metadata."""
    here, canaries = tmp_path / "here", tmp_path / "canaries"
    (here / "evil-1.dist-info").mkdir(parents=True)
    (here / "evil-1.dist-info" / "METADATA").write_text("Name: evil\nVersion: 1\n")
    (here / "evil-1.dist-info" / "entry_points.txt").write_text("[artcli]\nevil = evil\n")
    for name in (*SHADOWED, "evil"):
        (here / f"{name}.py").write_text(_evil(canaries / name))
    write_settings(Workspace(here), Settings())
    script = [str(Path(sys.executable).with_name("artcli"))]
    module = [sys.executable, "-m", "artcli"]
    called = [[*script, "doctor"], [*module, "plugins"]]
    if full:
        rest = ("--help", "plugins", "recipes", "init", "runs", "doctor")
        called += [[*start, word] for start in (script, module) for word in rest]
        called += [[*script, "init", "sample", "--sample"], [*script, "eda", "-w", "sample"]]
    free = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}

    def ran(words: list[str], names: tuple[str, ...]) -> list[str]:
        shutil.rmtree(canaries, ignore_errors=True)
        canaries.mkdir()
        for name in SHADOWED:  # python -m looks here itself, before artcli begins
            place = here / f"{name}.py"
            place.unlink(missing_ok=True)
            if name in names:
                place.write_text(_evil(canaries / name))
        subprocess.run(words, cwd=here, env=free, capture_output=True, check=False, timeout=170)
        return sorted(path.name for path in canaries.iterdir())

    later = ("torch", "rich", "artcli_plugins")
    broken = [
        f"{' '.join(words[1:])}: ran {found}"
        for words in called
        if (found := ran(words, later if words[0] == sys.executable else SHADOWED))
    ]
    shows(
        "untrusted plugins",
        "a folder with files that are called like modules",
        trials=len(called),
        broken=broken,
        without="Python is started as is usual",
        control=(1, int(bool(ran([sys.executable, "-c", "import torch"], SHADOWED)))),
        figures=f"files called {', '.join(SHADOWED)}; python -m artcli cannot keep Python from "
        "what it imports before artcli, the command artcli can",
    )


def _stranger(place: Path, text: str, _outside: Path) -> None:
    place.write_text(text)


def _edited(place: Path, text: str, _outside: Path) -> None:
    place.write_text(PLUGIN.replace("mine", place.stem))
    trust.approve(place, place.read_bytes())
    place.write_text(text)


def _link(place: Path, text: str, outside: Path) -> None:
    _edited(place, PLUGIN, outside)
    (outside / place.name).write_text(text)
    place.unlink()
    place.symlink_to(outside / place.name)


def _link_inside(place: Path, text: str, outside: Path) -> None:
    _edited(place, PLUGIN, outside)
    place.unlink()
    place.with_suffix(".txt").write_text(text)
    place.symlink_to(place.with_suffix(".txt"))


def _elsewhere(place: Path, text: str, outside: Path) -> None:
    """The very content is trusted, in another place."""
    (outside / place.name).write_text(text)
    trust.approve(mine := outside / place.name, mine.read_bytes())
    place.write_text(text)


def _compiled(place: Path, text: str, outside: Path) -> None:
    place.write_text(PLUGIN.replace("mine", place.stem))
    trust.approve(place, place.read_bytes())
    other = outside / place.name
    other.write_text(text)
    for mode in py_compile.PycInvalidationMode:
        made = py_compile.compile(str(other), invalidation_mode=mode)
        assert made is not None
        beside = place.parent / "__pycache__" / Path(made).name
        beside.parent.mkdir(exist_ok=True)
        shutil.copy(made, beside)
        shutil.copy(made, place.with_suffix(".pyc"))


def _encoded(place: Path, text: str, _outside: Path) -> None:
    """The very text is trusted, in another encoding."""
    place.write_text(text)
    trust.approve(place, place.read_bytes())
    place.write_bytes(b"# coding: utf-8\r\n" + text.encode())


KINDS: dict[str, Callable[[Path, str, Path], None]] = {
    "listed by a stranger": _stranger,
    "edited": _edited,
    "replaced by a link to a file outside": _link,
    "replaced by a link to a file inside": _link_inside,
    "trusted in another place": _elsewhere,
    "with a compiled file beside it": _compiled,
    "written down otherwise": _encoded,
    "outside, by a path with ..": lambda place, text, outside: (outside / place.name).write_text(
        text
    ),
}


def _fill(workspace: Workspace, outside: Path, canaries: Path) -> int:
    """Give a workspace every kind of plugin that must not run; how many there are."""
    outside.mkdir(exist_ok=True)
    mine = workspace.root / "plugins" / "mine.py"
    mine.write_text(_evil(canaries / "mine"))
    trust.approve(mine, mine.read_bytes())
    listed = ["plugins/mine.py"]
    for number, (what, make) in enumerate(KINDS.items()):
        place = workspace.root / "plugins" / f"evil{number}.py"
        make(place, _evil(canaries / what), outside)
        if what.startswith("outside"):
            trust.approve(mine := outside / place.name, mine.read_bytes())
            listed.append(f"../outside/{place.name}")
        else:
            listed.append(f"plugins/{place.name}")
    write_settings(workspace, Settings(plugins=tuple(listed)))
    return len(listed) - 1


def _evil(canary: Path) -> str:
    return f"open({str(canary)!r}, 'w').write('ran')\n{PLUGIN}"


def _imported(path: Path) -> ModuleType:
    """A file imported by its path, as Python does it."""
    spec = spec_from_file_location(f"evil_{np.random.default_rng().integers(1 << 60)}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
