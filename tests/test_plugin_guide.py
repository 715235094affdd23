"""docs/plugins.md: its table is the table of kinds, and its blocks run from top to bottom."""

import difflib
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from artcli.host.kinds import KINDS
from artcli.training.recipe import Recipe
from artcli.workspace.settings import Settings

GUIDE = Path(__file__).parents[1] / "docs" / "plugins.md"
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [match.groups() for match in BLOCK.finditer(GUIDE.read_text(encoding="utf-8"))]

# The commands of a user's shell, in this test's Python and without any network.
SHELL = {
    "artcli": '-m artcli "$@"',
    "pytest": '-m pytest -p no:cacheprovider "$@"',
    "pip": "-m pip install --quiet --disable-pip-version-check --no-index --no-deps "
    '--no-build-isolation --target "$PYTHONPATH" "${@: -1}"',
}


def kinds_table() -> str:
    """The table of kinds as the guide shows it."""
    rows = [
        (
            f"`{kind.name}`",
            kind.what,
            f"`({', '.join((*kind.positional, '*', '…'))})`",
            kind.returns,
            f"`{kind.default}`" if kind.default else "",
            "yes" if kind.chain else "",
        )
        for kind in KINDS.values()
    ]
    head = ("kind", "what it is", "called with", "returns", "default", "chains")
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


def test_the_table_of_kinds_is_the_hosts() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    shown = re.search(r"<!-- kinds: .* -->\n(.*?)<!-- /kinds -->", text, re.DOTALL)
    assert shown is not None
    wrong = "\n".join(difflib.unified_diff(shown[1].splitlines(), kinds_table().splitlines()))
    assert shown[1].strip() == kinds_table(), wrong


def test_every_block_is_of_a_sort_that_is_run() -> None:
    assert {language for language, _, _ in BLOCKS} == {"python", "console", "toml"}
    assert GUIDE.read_text(encoding="utf-8").count("```") == 2 * len(BLOCKS)


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """The environment of a user whose commands are those of `SHELL`."""
    (tmp_path / "bin").mkdir()
    for name, words in SHELL.items():
        script = tmp_path / "bin" / name
        script.write_text(f"#!/bin/bash\nexec {sys.executable} {words}\n")
        script.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(tmp_path / "site"),
        "ARTCLI_CONFIG_DIR": str(tmp_path / "config"),
        "COLUMNS": "200",
    }


def test_the_blocks_run_and_say_what_is_written(tmp_path: Path, shell: dict[str, str]) -> None:
    here = tmp_path / "contest"
    here.mkdir()
    (here / "artcli.toml").touch()
    for language, name, text in BLOCKS:
        if language == "console":
            for step in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                run(*step.split("\n", 1), here, shell)
        elif name == "recipe":
            assert Recipe.model_validate(tomllib.loads(text)).crop.startswith("strip:share=0.2,")
        elif name == "artcli.toml":
            assert len(Settings.model_validate(tomllib.loads(text)).picks) == 2
        elif (here / name).exists():  # an excerpt of what a command wrote
            assert text in (here / name).read_text()
        else:
            (here / name).parent.mkdir(parents=True, exist_ok=True)
            (here / name).write_text(text)


def run(command: str, output: str, folder: Path, environment: dict[str, str]) -> None:
    """Run one command; each line of `output` must be in what it says (`…` is anything)."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    for line in output.splitlines():
        pattern = re.escape(line.strip()).replace("…", ".*")
        assert re.search(pattern, done.stdout), f"{command}: {line!r} is not in\n{done.stdout}"
