"""`plugins new`: a starter becomes a workspace's plugin file, or a package to publish.

In: a kind and a name. Out: files, written where nothing was before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

from artcli import console
from artcli.commands.plugins.files import FOLDER, Added, add
from artcli.errors import ArtcliError, UsageError
from artcli.host.discovery import load_host
from artcli.host.kinds import kind_named
from artcli.host.spec import is_name
from artcli.training.recipe import Recipe
from artcli.workspace.files import write_text
from artcli.workspace.paths import Workspace

_TEST = '''"""The contract of every component that this package offers."""

import pytest
from {module} import artcli_components

from artcli.plugin import Component
from artcli.testing import check


@pytest.mark.parametrize("component", artcli_components(), ids=lambda one: one.name)
def test_contract(component: Component) -> None:
    check(component)
'''

_PYPROJECT = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{distribution}"
version = "0.1.0"
description = "The {kind} {name}, for artcli"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["artcli"]

[project.optional-dependencies]
test = ["pytest"]

[project.entry-points.artcli]
{module} = "{module}"

[tool.hatch.build.targets.wheel]
only-include = ["{module}.py"]

[tool.ruff]
line-length = 100
"""

_README = """# {distribution}

The {kind} `{name}` for artcli: {summary}.

```
pip install -e .                    # artcli finds it by itself
artcli plugins show {kind} {name}
{use}
pip install -e '.[test]' && pytest  # holds it to the contract of its kind
```
"""


@dataclass(frozen=True)
class Started:
    """What was written; `added` for a workspace's file, `folder` for a package."""

    kind: str
    name: str
    written: tuple[Path, ...]
    added: Added | None = None
    folder: Path | None = None


def start(kind: str, name: str, workspace: Workspace | None, beside: Path | None) -> Started:
    """Write the starter of a kind, named `name`.

    With `beside`: a package, in a new folder there. Without: a file of the workspace, which is then
    registered. Errors: `UsageError` for an unknown kind, one without a starter, a name that cannot
    be one; `ArtcliError` when the name or the place is taken.
    """
    text = _starter(kind)
    if not is_name(name):
        raise UsageError(f"{name!r} cannot be a name", "use letters, digits and _ . -")
    host = load_host(workspace)
    if name in host.names(kind):
        raise ArtcliError(
            f"there is a {kind} {name} already, from {host.find(kind, name).source}",
            "choose another name",
        )
    function = _function(kind, name)
    text = text.replace("starter-name", name).replace("starter_name", function)
    if beside is not None:
        return _package(kind, name, function, text, beside)
    assert workspace is not None  # the caller found one
    path = workspace.root / FOLDER / f"{function}.py"
    _write_new(path, text)
    return Started(kind, name, (path,), added=add(workspace, path))


def _starter(kind: str) -> str:
    if kind_named(kind).file:
        raise UsageError(
            f"a {kind} is a file, and needs no plugin to be used",
            f"artcli {kind}s show NAME > FILE gives one to begin from",
        )
    starter = resources("artcli.commands.plugins.starters") / f"{kind}.py"
    return starter.read_text(encoding="utf-8")


def _function(kind: str, name: str) -> str:
    """A function's name: `my-huber` of the kind loss gives `my_huber_loss`."""
    plain = re.sub(r"\W+", "_", name).strip("_").lower()
    if plain.startswith("test"):  # pytest would take it for a test
        plain = f"{kind}_{plain}"
    return plain if plain.endswith(kind) else f"{plain}_{kind}"


def _package(kind: str, name: str, function: str, text: str, beside: Path) -> Started:
    module = f"artcli_{function}"
    distribution = module.replace("_", "-")
    folder = beside / distribution
    if folder.exists():
        raise ArtcliError(f"{folder} exists", "choose another name, or move it away")
    code = text[: text.index("\n\ndef test_contract")]
    code = code.replace(f"target={function},", f'target="{module}:{function}",')
    facts = {"kind": kind, "name": name, "module": module, "distribution": distribution}
    summary = re.search(r'summary="(.*)"', text)
    facts["summary"] = summary[1] if summary else name
    facts["use"] = _use(kind, name)
    contents = {
        "pyproject.toml": _PYPROJECT.format(**facts),
        "README.md": _README.format(**facts),
        f"{module}.py": code,
        "tests/test_contract.py": _TEST.format(**facts),
    }
    for place, content in contents.items():
        _write_new(folder / place, content)
    return Started(kind, name, tuple(folder / place for place in contents), folder=folder)


def _write_new(path: Path, text: str) -> None:
    if path.exists():
        raise ArtcliError(f"{path} exists", "choose another name, or move it away")
    write_text(path, text)


def as_json(made: Started) -> dict[str, Any]:
    return {"kind": made.kind, "name": made.name, "written": made.written, "folder": made.folder}


def show(made: Started, place: str) -> None:
    """What was written, and the commands that use it, with the workspace's `place` in them."""
    out, safe = console.out(), console.safe
    for path in made.written:
        out.print(f"Wrote {safe(path)}")
    if made.folder is not None:
        here = safe(made.folder.name)
        out.print(f"Next: [bold]pip install -e ./{here}[/], then [bold]pytest ./{here}[/]")
    else:
        (path,) = made.written
        console.success(f"{made.kind} {made.name} is registered and trusted as it is now")
        out.print(f"Its test:           [bold]pytest {safe(path)}[/]")
        out.print(f"After each change:  [bold]artcli plugins add {safe(f'{path}{place}')}[/]")
    out.print(f"Use it:             [bold]{safe(_use(made.kind, made.name) + place)}[/]")


def _use(kind: str, name: str) -> str:
    """The command that shows the component at work, or in full where none takes its kind alone."""
    if kind == "generator":
        return f"artcli augment-style --generator {name}"
    if kind == "executor":
        return f"artcli kfold --executor {name}"
    run = kind in Recipe.model_fields or f"{kind}s" in Recipe.model_fields
    return f"artcli train --{kind} {name}" if run else f"artcli plugins show {kind} {name}"
