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
from artcli.training.recipe import Recipe, flag_of
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
TAKEN = {  # what of all that may be taken, by parameter; anything else must be refused
    "-w": ("HERE",),
    "folder": ("PLACE/missing", "HERE", "", "\x1b[31m"),
    "images": ("HERE",),
    "plugins new name": ("no-such", "CON"),
    "predict --batch-size": (str(TOO_MANY),),  # all that there are, at once
    "tta --batch-size": (str(TOO_MANY),),
    "--clip": ("0", "1e-300", str(TOO_MANY)),
    "--csv": ("PLACE/missing", "PLACE/loop", "\x1b[31m", "\udcff"),
    "--ema": ("0", "1e-300"),
    "--executor": ("KNOWN:OPTION=none",),
    "--extra-rarest": ("0",),
    "--head-lr": ("1e-300", str(TOO_MANY)),
    "--layer-decay": ("1e-300",),
    "--mixer": ("KNOWN+KNOWN",),
    "--name": ("no-such",),
    "--optimizer": (f"KNOWN:OPTION={TOO_MANY}",),
    "--patience": ("0",),
    "--preview": (str(TOO_MANY),),
    "--probe": ("0",),
    "--recipe": ("PLACE/empty", "HERE/checkpoints/a/recipe.toml"),
    "--seed": ("0",),
    "--top": (str(TOO_MANY),),
    "--views": ("KNOWN+KNOWN",),
    "--weakest": ("0", str(TOO_MANY)),
    "--workers": ("0",),
}


@dataclass(frozen=True)
class Case:
    """Words after `artcli` of which one is odd.

    `command` and `bad` say which; `takers`: the commands that treat it alike, of which one is
    asked; `fits`: it may be taken, and what is done with it may fail later on.
    """

    command: str
    words: tuple[str, ...]
    bad: str
    takers: str
    fits: bool


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    root = tmp_path_factory.mktemp("arguments")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARTCLI_CONFIG_DIR", str(root / "config"))
        # All others take minutes, and are tried by themselves; to paint takes one.
        patch.setattr(demo, "_steps", lambda folder, _run: [("begin", ["init", folder])])
        yield trained_workspace(root / "trained")


def test_every_command_with_bad_arguments(
    trained: Workspace,
    trials: Callable[[int, int], int],
    seed: int,
    shows: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cases = _all_cases(tmp_path / "odd")
    order = np.random.default_rng(seed).permutation(len(cases))
    monkeypatch.chdir(tmp_path)
    for state, few, many in (("trained", 26, len(cases)), ("empty", 4, 150), ("none", 4, 150)):
        place = Place(trained, state, tmp_path)
        count = trials(few, many)
        tried = [place.tried(cases[number]) for number in order[:count]]
        unchecked = []
        for invoke in (TyperGroup.invoke, lambda *_: None):
            with monkeypatch.context() as patch:
                patch.setattr(cli.Root, "invoke", invoke)
                found = [place.tried(cases[number]) for number in order[: trials(4, 60)]]
            assert any(one.why for one in found), "nothing broke without the protection"
            unchecked += found
        shows(
            "arguments",
            {"none": "without a workspace", "empty": "an empty workspace"}.get(
                state, "a workspace with runs"
            ),
            trials=count,
            broken=[f"{one.case.command} {one.case.bad}: {one.why}" for one in tried if one.why],
            without="an error is left to Python; or whatever is said is taken",
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
        self.root, self.odd, self.away = tmp_path / state, tmp_path / "odd", tmp_path / "away"
        self.before: dict[str, Any] | None = None

    def tried(self, case: Case) -> Tried:
        before = self.before or self._made()
        words = [word.replace("HERE", str(self.root)) for word in case.words]
        started = _processor_seconds()
        answer = answered(words, self.tmp_path / "answer.json", patience=100)
        seconds = _processor_seconds() - started
        changed = {
            name
            for name, facts in self._snapshot().items() ^ before.items()
            # Locks, and pictures decoded for a training that then failed, are artcli's own.
            if facts and not re.search(r"/lock[^/]*$|\.lock$|/cache/", name)
        }
        if changed or answer is None:
            self.before = None
        if answer is None:
            return Tried(case, -1, "no answer, or it died", seconds, 0)
        lines = _error(answer)
        why = _wrong(answer)
        fits = case.fits or (self.state != "trained" and "'HERE/" in case.bad)  # is not there
        if not (fits and (changed or answer.code == 0)):  # it is refused
            why = why or _refused_otherwise(answer, lines)
            if changed:
                why = why or f"changed {sorted(changed)[:3]}"
        if answer.code and seconds > QUICK:
            why = why or f"took {seconds:.0f} s"
        return Tried(case, answer.code, why, seconds, len(lines))

    def _made(self) -> dict[str, Any]:
        for folder in (self.root, self.away, self.odd):
            shutil.rmtree(folder, ignore_errors=True)
        self.away.mkdir()
        os.chdir(self.away)
        _make_odd_files(self.odd)
        if self.state == "trained":
            copied(self.trained, self.root)
        else:
            self.root.mkdir()
        if self.state == "empty":
            write_settings(Workspace(self.root), Settings())
        self.before = self._snapshot()
        return self.before

    def _snapshot(self) -> dict[str, Any]:
        return _snapshot(self.root) | _snapshot(self.away) | _snapshot(self.odd)


def _error(answer: Answer) -> list[str]:
    """The lines of an error, without the usage and the notes that may come before it."""
    lines = [line for line in answer.err.splitlines() if not USAGE.match(line)]
    begin = [n for n, line in enumerate(lines) if line.lower().startswith(("error:", "│"))]
    return lines[begin[0] :] if begin else lines


def _wrong(answer: Answer) -> str:
    """What is wrong with any answer to odd words; "" where nothing is."""
    said = answer.err
    if "Traceback" in said or "internal error" in said:
        return said[-400:]
    if answer.code not in {0, 1, 2}:
        return f"exit code {answer.code}: {said[-200:]}"
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", said):
        return f"control characters: {said[-300:]!r}"
    return ""


def _refused_otherwise(answer: Answer, lines: list[str]) -> str:
    """What is wrong with a refusal, whose error has these lines; "" where nothing is."""
    if answer.code == 0:
        return "it was taken"
    if not lines:
        return f"exit code {answer.code} without a word"
    most = MOST_MISTAKES if lines[0].endswith(":") else MOST_LINES
    if len(lines) > most or sum(map(len, lines)) > MOST_LETTERS:
        return f"{len(lines)} lines, {len(answer.err)} letters: {answer.err[:300]}"
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
    """Of an option that several commands treat alike, each bad value goes to one in turn."""
    found = [case for one in commands() for case in _cases(one, place)]
    alike: dict[tuple[str, str], list[Case]] = {}
    for case in found:
        alike.setdefault((case.takers, case.bad), []).append(case)
    return [cases[number % len(cases)] for number, cases in enumerate(alike.values())]


def _takers(command: str, parameter: Any, value: str | None = None) -> str:
    """The commands that have one declaration of an option, and let one function treat it.

    `value`: None where it lacks one, or is given one that it has not.
    """
    name, kind = parameter.opts[-1], str(parameter.type_descriptor.annotation)
    if not name.startswith("-"):
        return command
    if value is None or name == "--device" or not _is_a(kind, value):  # no command is called
        return f"all with {kind}"
    recipes = {flag_of(field) for field in Recipe.model_fields}
    trainers = ("train", "kfold")  # by recipe_from_flags
    return " ".join(trainers) if command in trainers and name in recipes else command


def _is_a(kind: str, value: str) -> bool:
    """Whether Typer takes the text for a value of the kind."""
    try:
        (int if "int" in kind else float if "float" in kind else str)(value)
    except ValueError:
        return False
    return True


def _values(parameter: Any) -> Sequence[str]:
    """The odd values of a parameter, by its type; `_cases` fills in what is in capitals."""
    kind = str(parameter.type_descriptor.annotation)
    if "bool" in kind:
        return ()
    if "int" in kind:
        return NUMBERS
    if "float" in kind:
        return FLOATS
    if "Path" in kind:
        return FILES
    if parameter.metavar == "SPEC":
        return (*TEXTS, *SPECS)
    named = "FILE" in str(parameter.metavar) or "MODEL" in str(parameter.metavar)
    return (*TEXTS, *FILES) if named else TEXTS


def _cases(one: Called, place: Path) -> Iterator[Case]:
    """Each parameter with each of its odd values, in a call whose other words are good."""
    words = call_of(one.name, Workspace(Path("HERE")))[len(one.words) :]
    arguments, options = _taken_apart(one.command.params, words)

    def case(words: Sequence[str], bad: str, takers: str = "", fits: bool = False) -> Case:
        return Case(one.name, (*one.words, *words), bad, takers or one.name, fits)

    for parameter in one.command.params:
        name = parameter.opts[-1]
        others = {key: value for key, value in options.items() if key is not parameter}
        known, option = _known(parameter)
        for odd in _values(parameter):
            value = odd.replace("PLACE", str(place)).replace("KNOWN", known)
            value = value.replace("OPTION", option)
            if parameter.param_type_name == "argument":
                given = {**arguments, parameter.name: [value]}
                tail = _together(given, others)
            else:
                given = [value] * parameter.nargs
                tail = [*_together(arguments, others), name, *given]
            fits = odd in (*TAKEN.get(name, ()), *TAKEN.get(f"{one.name} {name}", ()))
            takers = _takers(one.name, parameter, value)
            yield case(tail, f"{name} {_short(value)}", takers, fits)
        if parameter.param_type_name == "option":
            rest = _together(arguments, others)
            if getattr(parameter, "is_flag", False):
                yield case([*rest, f"{name}=x"], f"{name}=x", _takers(one.name, parameter))
            else:
                lacking = f"{name} without a value"
                yield case([*rest, name], lacking, _takers(one.name, parameter))
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


def _known(parameter: Any) -> tuple[str, str]:
    """A component of the kind that a parameter takes, and an option that it has."""
    if parameter.metavar != "SPEC":
        return "", ""
    kind = {"observers": "observer", "views": "view"}.get(parameter.name, parameter.name)
    host = load_host()
    for name in (KINDS[kind].default, *host.names(kind)):
        if name and (options := options_of(load_target(host.find(kind, name)))):
            return name, options[0].name
    return str(KINDS[kind].default), "option"


def _short(value: str) -> str:
    return repr(value) if len(value) < 60 else f"{value[:50]!r}… ({len(value)} letters)"


def _make_odd_files(place: Path) -> None:
    place.mkdir()
    (place / "junk").write_bytes(bytes(range(256)) * 40)
    (place / "empty").touch()
    (place / "loop").symlink_to(place / "loop")
    (place / "locked").write_text("x")
    (place / "locked").chmod(0)
    os.mkfifo(place / "pipe")
