"""Every command with every kind of bad argument: an error of a few lines, and nothing changed."""

from __future__ import annotations

import os
import re
import resource
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import Answer
from every_command import (
    Called,
    answered,
    call_of,
    commands,
    copied,
    trained_workspace,
)
from typer.core import TyperGroup

from artcli import cli
from artcli.commands import demo
from artcli.host.discovery import load_host
from artcli.host.kinds import KINDS
from artcli.host.options import options_of
from artcli.host.targets import load_target
from artcli.workspace.paths import Workspace
from artcli.workspace.settings import Settings, write_settings

QUICK = 10  # seconds of processor time that a refusal may take
MOST_LINES = 6  # of an error
MOST_MISTAKES = 13  # lines, where one word holds many mistakes
MOST_LETTERS = 3500  # about a screen
USAGE = re.compile(r"(Usage: |Try |\s*$|[╭╰]─)")
TOO_MANY = 10**30
LONG = "x" * 100_000
TEXTS = (
    "", " ", "-", "--", ".", "..", "../up", "/etc", "a/b", "a\\b", "no-such", "CON", "a\nb",
    "é" * 300, "\x1b[31mred", "\udcff", LONG, "=1+1", "%s{}", "[red]", "a,b", "a=b", "a:b", "🎨",
)  # fmt: skip
NUMBERS = ("x", "", " ", "1.5", "nan", "inf", "-1", "0", str(TOO_MANY), "1e9", "0x10", LONG)
FLOATS = ("x", "", "nan", "inf", "-inf", "-1", "0", "1e400", str(TOO_MANY), "1e-300", LONG)
SPECS = (
    "no-such", "no-such:a=1", ":", "KNOWN:", "KNOWN:no_such=1", "KNOWN:a", "KNOWN:=1",
    "KNOWN:a=1,a=1",
    "(", ")", "((", "KNOWN:a=(", "KNOWN:a=" + "(" * 1000 + ")" * 1000, "+", "KNOWN+", "KNOWN+KNOWN",
    "KNOWN:OPTION=", "KNOWN:OPTION=x", "KNOWN:OPTION=nan", "KNOWN:OPTION=-1", "KNOWN:OPTION=1e999",
    "KNOWN:OPTION=(1,2)", "KNOWN:OPTION=none", f"KNOWN:OPTION={TOO_MANY}", "KNOWN:OPTION=\x1b[31m",
    "a+" * 2000 + "a", "KNOWN:" + ",".join(f"k{n}=1" for n in range(2000)),
    "KNOWN:base=(" * 400 + "KNOWN" + ")" * 400,
)  # fmt: skip
FILES = (
    "PLACE/missing", "PLACE", "PLACE/junk", "PLACE/empty", "PLACE/junk/below", "PLACE/loop",
    "PLACE/locked", "PLACE/pipe", "/dev/null", "/dev/zero", "/dev/full", "/proc/self/mem", "HERE",
    "HERE/data/train.csv", "HERE/checkpoints/a/recipe.toml", "", "\x1b[31m", "\udcff", LONG,
    "a/" * 3000,
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """Words after `artcli` of which one is bad.

    `command` and `bad` say which; `shared`: it is an option's, which other commands may have.
    """

    command: str
    words: tuple[str, ...]
    bad: str
    shared: bool


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    root = tmp_path_factory.mktemp("arguments")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARTCLI_CONFIG_DIR", str(root / "config"))
        patch.setattr(demo, "_steps", lambda _folder, _run: [])  # minutes; each is tried by itself
        yield trained_workspace(root / "trained")


def test_every_command_with_bad_arguments(
    trained: Workspace,
    trials: Callable[[int, int], int],
    seed: int,
    shows: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cases = _all_cases(_odd_files(tmp_path / "odd"))
    order = np.random.default_rng(seed).permutation(len(cases))
    (tmp_path / "away").mkdir()
    monkeypatch.chdir(tmp_path / "away")
    for state, few, many in (("trained", 30, len(cases)), ("empty", 5, 150), ("none", 5, 150)):
        place = Place(trained, state, tmp_path)
        count = trials(few, many)
        tried = [place.tried(cases[number]) for number in order[:count]]
        with monkeypatch.context() as patch:
            patch.setattr(cli.Root, "invoke", TyperGroup.invoke)
            unchecked = [place.tried(cases[number]) for number in order[: trials(5, 60)]]
        shows(
            "arguments",
            {"none": "without a workspace", "empty": "an empty workspace"}.get(
                state, "a workspace with runs"
            ),
            trials=count,
            broken=[f"{one.case.command} {one.case.bad}: {one.why}" for one in tried if one.why],
            without="an error is left to Python",
            control=(len(unchecked), sum(bool(one.why) for one in unchecked)),
            figures=_figures(tried),
        )


@dataclass(frozen=True)
class Tried:
    """What came of a case; `why` says what was wrong with that, `lines` are of the error."""

    case: Case
    code: int
    why: str
    seconds: float
    lines: int


def _figures(tried: Sequence[Tried]) -> str:
    refused = [one for one in tried if one.code]
    return (
        f"{len({one.case.command for one in tried})} commands; {len(refused):,} refused in at most "
        f"{max(one.seconds for one in refused):.1f} s of processor time and "
        f"{max(one.lines for one in refused)} lines, the others could be taken as they were"
    )


class Place:
    """A workspace for calls to work on, made anew where one has changed it.

    `state`: "trained", "empty", or "none", which is a folder with nothing in it.
    """

    def __init__(self, trained: Workspace, state: str, tmp_path: Path) -> None:
        self.trained, self.state, self.tmp_path = trained, state, tmp_path
        self.root = tmp_path / state
        self.before: dict[str, Any] | None = None

    def tried(self, case: Case) -> Tried:
        before = self.before or self._made()
        words = [word.replace("HERE", str(self.root)) for word in case.words]
        started = _processor_seconds()
        answer = answered(words, self.tmp_path / "answer.json", patience=100)
        seconds = _processor_seconds() - started
        changed = {
            name
            for name, facts in (_snapshot(self.root) | _snapshot(Path.cwd())).items()
            ^ before.items()
            # Locks, and pictures decoded for a training that then failed, are artcli's own.
            if facts and not re.search(r"/lock[^/]*$|\.lock$|/cache/", name)
        }
        if changed or answer is None:
            self.before = None
        if answer is None:
            return Tried(case, -1, "no answer, or it died", seconds, 0)
        lines = _error(answer)
        why = _wrong(answer, lines)
        if answer.code and changed:
            why = why or f"changed {sorted(changed)[:3]}"
        if answer.code and seconds > QUICK:
            why = why or f"took {seconds:.0f} s"
        return Tried(case, answer.code, why, seconds, len(lines))

    def _made(self) -> dict[str, Any]:
        for folder in (self.root, self.tmp_path / "away"):
            shutil.rmtree(folder, ignore_errors=True)
        (self.tmp_path / "away").mkdir()
        os.chdir(self.tmp_path / "away")
        if self.state == "trained":
            copied(self.trained, self.root)
        else:
            self.root.mkdir()
        if self.state == "empty":
            write_settings(Workspace(self.root), Settings())
        self.before = _snapshot(self.root) | _snapshot(Path.cwd())
        return self.before


def _error(answer: Answer) -> list[str]:
    """The lines of an error, without the usage and the notes that may come before it."""
    lines = [line for line in answer.err.splitlines() if not USAGE.match(line)]
    begin = [n for n, line in enumerate(lines) if line.lower().startswith(("error:", "│"))]
    return lines[begin[0] :] if begin else lines


def _wrong(answer: Answer, lines: list[str]) -> str:
    """What is wrong with an answer to bad words; "" where nothing is."""
    said = answer.err
    if "Traceback" in said or "internal error" in said:
        return said[-400:]
    if answer.code not in {0, 1, 2}:
        return f"exit code {answer.code}: {said[-200:]}"
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", said):
        return f"control characters: {said[-300:]!r}"
    if answer.code == 0:
        return ""
    if not lines:
        return f"exit code {answer.code} without a word"
    most = MOST_MISTAKES if lines[0].endswith(":") else MOST_LINES
    if len(lines) > most or sum(map(len, lines)) > MOST_LETTERS:
        return f"{len(lines)} lines, {len(said)} letters: {said[:300]}"
    return ""


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _snapshot(root: Path) -> dict[str, Any]:
    """Every file under a folder, by its content's own marks."""
    found = {}
    for folder, _, files in os.walk(root):
        for name in files:
            place = Path(folder, name)
            facts = place.lstat()
            found[str(place)] = (facts.st_size, facts.st_mtime_ns, facts.st_ino)
    return found


def _all_cases(place: Path) -> list[Case]:
    """Of an option that several commands share, each bad value goes to one of them in turn."""
    found = [case for one in commands() for case in _cases(one, _values(place))]
    alike: dict[str, list[Case]] = {}
    for case in found:
        alike.setdefault(case.bad if case.shared else repr(case), []).append(case)
    return [cases[number % len(cases)] for number, cases in enumerate(alike.values())]


def _values(place: Path) -> Callable[[Any], Sequence[str]]:
    """Gives the bad values of a parameter, by its type and its name."""

    def values(parameter: Any) -> Sequence[str]:
        kind = str(parameter.type_descriptor.annotation)
        if "bool" in kind:
            return ()
        if "int" in kind:
            return NUMBERS
        if "float" in kind:
            return FLOATS
        if "Path" in kind:
            return [word.replace("PLACE", str(place)) for word in FILES]
        texts = list(TEXTS)
        if parameter.metavar == "SPEC":
            kind = {"observers": "observer", "views": "view"}.get(parameter.name, parameter.name)
            known, option = _known(kind)
            specs = [word.replace("KNOWN", known).replace("OPTION", option) for word in SPECS]
            texts += specs
        elif "FILE" in str(parameter.metavar) or "MODEL" in str(parameter.metavar):
            texts += [word.replace("PLACE", str(place)) for word in FILES]
        return texts

    return values


def _cases(one: Called, values: Callable[[Any], Sequence[str]]) -> Iterator[Case]:
    """Each parameter with each of its bad values, in a call whose other words are good."""
    words = call_of(one.name, Workspace(Path("HERE")))[len(one.words) :]
    arguments, options = _taken_apart(one.command.params, words)

    def case(words: Sequence[str], bad: str, shared: bool = False) -> Case:
        return Case(one.name, (*one.words, *words), bad, shared)

    for parameter in one.command.params:
        name = parameter.opts[-1]
        others = {key: value for key, value in options.items() if key is not parameter}
        for value in values(parameter):
            if parameter.param_type_name == "argument":
                given = {**arguments, parameter.name: [value]}
                tail = _together(given, others)
            else:
                given = [value] * parameter.nargs
                tail = [*_together(arguments, others), name, *given]
            yield case(tail, f"{name} {_short(value)}", name.startswith("-"))
        if parameter.param_type_name == "option":
            rest = _together(arguments, others)
            if getattr(parameter, "is_flag", False):
                yield case([*rest, f"{name}=x"], f"{name}=x", True)
            else:
                yield case([*rest, name], f"{name} without a value", True)
        elif parameter.required:
            given = {key: value for key, value in arguments.items() if key != parameter.name}
            yield case(_together(given, others), f"without {name}")
    whole = _together(arguments, options)
    for word in ("--no-such", "-Z", "--no-such=1", "extra"):
        yield case([*whole, word, "more"], word)


def _taken_apart(
    parameters: Sequence[Any], words: Sequence[str]
) -> tuple[dict[str, list[str]], dict[Any, list[str]]]:
    """The words of each argument, and those of each option without its name."""
    named = {name: one for one in parameters for name in one.opts if name.startswith("-")}
    places = [one for one in parameters if one.param_type_name == "argument"]
    options: dict[Any, list[str]] = {}
    loose: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if word not in named:
            loose.append(word)
            continue
        taken = 0 if getattr(named[word], "is_flag", False) else named[word].nargs
        options[named[word]] = [left.pop(0) for _ in range(taken)]
    arguments = {}
    for place in places:
        count = len(loose) if place.nargs == -1 else 1
        if loose:
            arguments[place.name], loose = loose[:count], loose[count:]
    return arguments, options


def _together(arguments: dict[str, list[str]], options: dict[Any, list[str]]) -> list[str]:
    flat = [word for one, words in options.items() for word in (one.opts[-1], *words)]
    return [*(word for words in arguments.values() for word in words), *flat]


def _known(kind: str) -> tuple[str, str]:
    """A component of a kind, and an option that it has."""
    host = load_host()
    for name in (KINDS[kind].default, *host.names(kind)):
        if name and (options := options_of(load_target(host.find(kind, name)))):
            return name, options[0].name
    return str(KINDS[kind].default), "option"


def _short(value: str) -> str:
    return repr(value) if len(value) < 60 else f"{value[:50]!r}… ({len(value)} letters)"


def _odd_files(place: Path) -> Path:
    place.mkdir()
    (place / "junk").write_bytes(bytes(range(256)) * 40)
    (place / "empty").touch()
    (place / "loop").symlink_to(place / "loop")
    (place / "locked").write_text("x")
    (place / "locked").chmod(0)
    os.mkfifo(place / "pipe")
    return place
