"""What the README says of commands, flags and code is what the program has."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from promises import PROMISES
from typer.main import get_command

from artcli.cli import app
from artcli.host.commands import find_subcommands

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
WRITTEN = sorted(  # but for the command that the guide itself adds
    {
        *re.findall(r"^\$ (artcli (?!greet).+)$", README + GUIDE, re.MULTILINE),
        *re.findall(r"`(artcli (?!greet)[^`]+)`", README + GUIDE),
    }
)


@pytest.mark.parametrize("line", WRITTEN)
def test_every_command_line_has_its_command_and_flags(line: str) -> None:
    words = shlex.split(line)[1:]
    command, context = get_command(app), get_command(app).make_context("artcli", ["demo"])
    while words and hasattr(command, "resolve_command") and not words[0].startswith("-"):
        _, command, words = command.resolve_command(context, words)
    known = {flag for option in command.params for flag in (*option.opts, *option.secondary_opts)}
    flags = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    assert flags <= known | {"--help"}


def test_the_table_lists_every_command() -> None:
    listed = re.findall(r"^\| `artcli ([\w-]+)` \|", README, re.MULTILINE)
    assert listed == [found.name for found in find_subcommands()]


def test_the_ten_lines_are_those_of_the_plugin_guide() -> None:
    (block,) = re.findall(r"^```python\n(.+?)^```$", README, re.MULTILINE | re.DOTALL)
    in_guide = re.search(r"^```python plugins/huber\.py\n(.+?)^```$", GUIDE, re.M | re.S)
    assert in_guide is not None
    guide = re.sub(r'    """.+?"""\n', "", in_guide[1], flags=re.S)
    assert block == guide


def test_the_two_commands_are_the_makefiles() -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"demo", "test"} <= set(targets)
    assert re.findall(r"^\$ make (\w+)$", README, re.MULTILINE) == ["demo", "test"]


def test_the_promises_are_those_that_were_tried() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", page, flags=re.MULTILINE)[1 : len(PROMISES) + 1]
    table = re.search(r"<!-- faults -->\n(.+?)<!-- /faults -->", README, re.DOTALL)
    assert table is not None
    rows = [line.strip("| ").split(" | ") for line in table[1].splitlines()[2:]]
    for (fault, holds), section, row in zip(PROMISES.values(), sections, rows, strict=True):
        assert section.startswith(fault[:1].upper() + fault[1:])
        tried = re.findall(r"^\| .+? \| ([\d,]+) \| 0 \| .+? \| ([\d,]+) of", section, re.MULTILINE)
        trials = sum(int(number.replace(",", "")) for number, _ in tried)
        assert row == [fault, holds, f"{trials:,}"]
        assert all(broken != "0" for _, broken in tried)
        assert trials > 0
