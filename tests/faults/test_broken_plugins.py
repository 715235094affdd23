"""Plugins broken in every way that they can be: the commands work as without them, and say why."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
from command_line import Answer
from every_command import SMALL, answered, call_of, commands, copied, trained_workspace

from artcli.commands import demo
from artcli.host import commands as host_commands
from artcli.host import discovery, entries
from artcli.workspace.paths import Workspace

OFFER = """
from artcli.plugin import Component, hookimpl

@hookimpl
def artcli_components():
    {}

def mine(class_counts, *, delta: float = 1.0):
    return lambda logits, targets: logits.sum()
"""
GOOD = "return [Component('loss', 'mine-too', mine)]"
ODD_ERROR = """
class Untold(Exception):
    def __str__(self): raise ValueError("no")
raise Untold
"""


@dataclass(frozen=True)
class Kind:
    """A way to be broken: a module's source, and what is said of it.

    `used`: the fault shows when what it offers is asked for, and doctor asks. `twice`: two
    distributions hold it. `name`: of its entry point.
    """

    source: str
    reason: str
    used: bool = False
    twice: bool = False
    name: str = ""


KINDS = {
    "a package that is not there": Kind("import no_such_package", "No module named 'no_such_pack"),
    "a syntax error": Kind("def (", "SyntaxError"),
    "bytes that are no text": Kind("\udcff\udcfe", "SyntaxError"),
    "an import that ends the process": Kind("raise SystemExit(3)", "SystemExit: 3"),
    "an import that raises what is no Exception": Kind(
        "class Odd(BaseException): pass\nraise Odd('odd')", "Odd: odd"
    ),
    "an error that cannot be told": Kind(ODD_ERROR, "Untold"),
    "an import without end": Kind("def f(): f()\nf()", "RecursionError"),
    "an import short of memory": Kind("raise MemoryError", "MemoryError"),
    "a misspelt hook": Kind(
        OFFER.format(GOOD).replace("def artcli_components", "def artcli_component"), "did you mean"
    ),
    "an unmarked hook": Kind(OFFER.format(GOOD).replace("@hookimpl", ""), "lacks @hookimpl"),
    "no hook": Kind("x = 1", "implements no hook"),
    "a hook with a parameter": Kind(
        OFFER.format(GOOD).replace("components()", "components(run)"), "PluginValidationError"
    ),
    "a hook that raises": Kind(OFFER.format("raise OSError('on fire')"), "OSError: on fire"),
    "a hook that raises half-way": Kind(
        OFFER.format("yield Component('loss', 'half', mine); raise OSError('fell')"),
        "OSError: fell",
    ),
    "a hook without end": Kind(
        OFFER.format(
            "for n in iter(int, 1): yield Component('loss', f'l{next(count)}', mine)"
        )
        + "\nfrom itertools import count as counting\ncount = counting()",
        "it offers more than 10,000",
    ),
    "a hook that ends the process": Kind(OFFER.format("raise SystemExit"), "SystemExit"),
    "a hook that gives no list": Kind(OFFER.format("return 3"), "TypeError"),
    "a hook that gives junk": Kind(OFFER.format("return ['loss']"), "is not a Component"),
    "another api": Kind(OFFER.format("return [Component('loss', 'l', mine, api=2)]"), "for api 2"),
    "an unknown kind": Kind(
        OFFER.format("return [Component('los', 'l', mine)]"), "of no known kind"
    ),
    "a name with escapes": Kind(
        OFFER.format(r"return [Component('loss', '\x1b[31m', mine)]"), "cannot be written"
    ),
    "a module that raises when looked at": Kind(
        "def __dir__(): raise RuntimeError('private')", "RuntimeError: private"
    ),
    "the name of a default": Kind(
        OFFER.format("return [Component('loss', 'cross-entropy', mine)]"),
        "loss cross-entropy is offered by artcli and",
    ),
    "the name of another stranger's": Kind(
        OFFER.format("return [Component('loss', 'twin', mine)]"),
        "loss twin is offered by BROKEN and BROKEN_too", used=True, twice=True,
    ),
    "a target that is not there": Kind(
        OFFER.format("return [Component('loss', 'gone', 'artcli_gone:loss')]"),
        "loss gone (from BROKEN 1.2) cannot be imported: ModuleNotFoundError", used=True,
    ),
    "a target of any options": Kind(
        OFFER.format("return [Component('loss', 'any', any_one)]")
        + "\ndef any_one(class_counts, **more): pass",
        "loss any (from BROKEN 1.2) cannot be used: takes **more", used=True,
    ),
    "a target whose signature raises": Kind(
        OFFER.format("return [Component('loss', 'odd', Odd())]")
        + "\nclass Odd:\n    def __call__(self): pass\n    @property\n"
        + "    def __signature__(self): raise RuntimeError('secret')",
        "loss odd (from BROKEN 1.2) cannot be used", used=True,
    ),
    "a recipe that is no file": Kind(
        OFFER.format("return [Component('recipe', 'nowhere', lambda: None)]"),
        "",  # told by artcli recipes
    ),
    "one that prints": Kind("print('{ noise')\n" + OFFER.format(GOOD) + "\nprint('noise')", ""),
    "one that warns": Kind(
        "import warnings; warnings.warn('noise')\n" + OFFER.format(GOOD), ""
    ),
    "a slow import": Kind("import time; time.sleep(0.5)\n" + OFFER.format(GOOD), ""),
}  # fmt: skip
COMMANDS = {
    "a command that cannot be imported": Kind("import no_such_package", "cannot be imported"),
    "a command that ends the process": Kind("raise SystemExit(3)", "cannot be imported"),
    "a command that raises what is no Exception": Kind(
        "class Odd(BaseException): pass\nraise Odd('odd')", "cannot be imported: Odd"
    ),
    "a command that is not there": Kind("x = 1", "cannot be imported: AttributeError"),
    "a command that cannot be called": Kind("command = 3", "cannot be called: it is 3"),
    "a command of unknown types": Kind("def command(x: 'no_such_type'): pass", "cannot be called"),
    "a command of two strangers": Kind("def command(): pass", "is offered by artcli", twice=True),
    "a command called like ours": Kind(
        "def command(): raise SystemExit(3)", "artcli's own is used", name="submit"
    ),
}
FILES = {  # of a distribution, in its .dist-info
    "no metadata": {"entry_points.txt": b"[artcli]\nx = artcli_no_module\n"},
    "entry points that are no table": {
        "METADATA": b"Name: x\n", "entry_points.txt": b"nonsense\n= \n",
    },
    "an entry point of no module": {
        "METADATA": b"Name: x\nVersion: 1\n", "entry_points.txt": b"[artcli]\nx = 3 4:\n",
    },
}  # fmt: skip
# Called beside all kinds at once and beside a few, not beside each:
SLOW = {"eda", "doctor", "bench", "demo", "kfold", "ladder", "tta"}
LISTS = {"plugins", "doctor"}  # which change what they say, as they should
CHEAP = ("init", "recipes show", "plugins show", "plugins new", "submit", "train")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    root = tmp_path_factory.mktemp("plugins")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARTCLI_CONFIG_DIR", str(root / "config"))
        patch.setattr(demo, "RECIPE", SMALL)
        yield trained_workspace(root / "trained")


@dataclass
class Bench:
    """Where plugins are installed, and commands called with them and without."""

    trained: Workspace
    root: Path

    def install(self, name: str, files: Mapping[str, bytes], modules: Mapping[str, str]) -> None:
        site = self.root / "site"
        info = site / f"{name}-1.2.dist-info"
        info.mkdir(parents=True)
        for file, content in files.items():
            (info / file).write_bytes(content)
        for module, source in modules.items():
            text = dedent(source)
            (site / f"{module}.py").write_text(text, encoding="utf-8", errors="surrogateescape")

    def install_kind(self, kind: Kind, number: int = 0, group: str = "artcli") -> str:
        """The distribution that is broken so, by its name."""
        first = f"artcli_broken_{number}"
        for module in (first, f"{first}_too")[: 1 + kind.twice]:
            target = f"{module}:command" if group == "artcli.commands" else module
            table = f"[{group}]\n{kind.name or f'broken-{number}'} = {target}\n".encode()
            metadata = f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.2\n".encode()
            self.install(
                module, {"METADATA": metadata, "entry_points.txt": table}, {module: kind.source}
            )
        return first

    def clear(self) -> None:
        shutil.rmtree(self.root / "site", ignore_errors=True)
        (self.root / "site").mkdir()

    def call(self, words: list[str]) -> Answer:
        place = self.root / "answer.json"
        answer = answered(words, place, patience=120)
        return answer or Answer(-1, "", "no answer, or it died")

    def command(self, name: str) -> Answer:
        """The smallest call of a command, in a fresh copy of the workspace."""
        shutil.rmtree(self.root / "w", ignore_errors=True)
        workspace = copied(self.trained, self.root / "w")
        return self.call(call_of(name, workspace))


@pytest.fixture
def bench(trained: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    (tmp_path / "site").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return Bench(trained, tmp_path)


def test_commands_work_beside_each_kind_of_broken_plugin(
    bench: Bench,
    full: bool,
    trials: Callable[[int, int], int],
    seed: int,
    shows: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kinds = list(KINDS.items())
    chosen = np.random.default_rng(seed).permutation(len(kinds))[: trials(4, len(kinds))]
    names = [one.name for one in commands()]
    called = [name for name in names if name not in SLOW | LISTS] if full else ["recipes"]
    slow = sorted(SLOW - LISTS) if full else []
    without = {name: _told(bench.command(name)) for name in [*called, *slow]}
    broken, tried = [], 0
    for number in chosen:
        what, kind = kinds[number]
        bench.clear()
        module = bench.install_kind(kind, number)
        for name in [*called, *(slow if number in chosen[:2] else [])]:
            answer, tried = bench.command(name), tried + 1
            if name == "recipes" and "recipe" in kind.source:
                broken += [f"{what}: {answer}"] * ("nowhere" not in answer.err + answer.out)
            elif name == "bench" and answer.code == without[name][0]:
                continue  # it tells speeds
            elif _told(answer) != without[name]:
                broken.append(f"{what}, {name}: {answer} instead of {without[name]}")
        tried += 1
        broken += [f"{what}: {said}" for said in _not_named(bench, kind, module)]
    with monkeypatch.context() as patch:  # loaded as is usual: whatever is raised, is raised
        patch.setattr(discovery, "load_plugin", _trusting)
        failed, control = 0, 0
        for number in chosen:
            if "end" in kinds[number][0].partition("without ")[2]:
                continue  # it would not end
            bench.clear()
            bench.install_kind(kinds[number][1], number)
            control += 1
            failed += _told(bench.command("recipes")) != without["recipes"]
    shows(
        "broken plugins",
        "each kind, by itself",
        trials=tried,
        broken=broken,
        without="plugins are loaded without a guard",
        control=(control, failed),
        figures=f"{len(chosen)} kinds of broken plugin, {len(called) + 1} commands each"
        + f", and {len(slow)} slow ones beside two of them" * full,
    )


def _not_named(bench: Bench, kind: Kind, module: str) -> list[str]:
    """What is wrong with what is said of a broken plugin, if anything."""
    if kind.used:
        answer = bench.call(["plugins", "show", "loss", _offered(kind)])
        wrong = kind.reason.replace("BROKEN", module) not in answer.err or answer.code != 1
        return [f"plugins show: {answer}"] * wrong
    listed = bench.call(["plugins", "--json"])
    try:
        found = json.loads(listed.out)
    except ValueError:
        return [f"plugins --json: {listed}"]
    wrong = []
    if kind.reason:
        shown = bench.call(["plugins"])
        wrong += [f"plugins: {shown}"] * (kind.reason not in shown.out or module not in shown.out)
        named = {one["source"]["distribution"] for one in found["failures"]}
        wrong += [f"not named: {found['failures']}"] * (
            not found["conflicts"] and module not in named
        )
    return wrong + [f"exit code {listed.code}"] * (listed.code != 0)


def _offered(kind: Kind) -> str:
    name = re.search(r"Component\('loss', '([a-z]+)'", kind.source)
    assert name is not None
    return name[1]


def test_commands_work_beside_all_of_them_at_once(
    bench: Bench, full: bool, shows: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [one.name for one in commands() if one.name not in LISTS]
    called, helped = (names, commands()) if full else (list(CHEAP), commands()[::6])
    without = {name: _told(bench.command(name)) for name in called}

    def differing() -> list[str]:
        answers = {name: bench.command(name) for name in called}
        wrong = [
            f"{name}: {answer} instead of {without[name]}"
            for name, answer in answers.items()
            if name not in {"recipes", "bench"} and _told(answer) != without[name]
        ]
        answers = {one.name: bench.call([*one.words, "--help"]) for one in helped}
        return wrong + [f"{name} --help: {one}" for name, one in answers.items() if one.code != 0]

    everything = {**KINDS, **COMMANDS}
    modules = {
        what: bench.install_kind(kind, number, "artcli.commands" if what in COMMANDS else "artcli")
        for number, (what, kind) in enumerate(everything.items())
    }
    for what, files in FILES.items():
        bench.install(what.replace(" ", "_"), files, {})
    broken = differing()
    examined = bench.call(["doctor"]) if full else None
    shown = bench.call(["plugins"])
    for what, kind in KINDS.items():
        for answer in (None if kind.used else shown, examined):
            reason = kind.reason.replace("BROKEN", modules[what])
            if answer is not None and _even(reason) not in _even(answer.out):
                broken.append(f"{what} is not named: {answer}")
    for what in FILES:
        named = what.replace(" ", "_") in shown.out or "x 1" in shown.out or "x:" in shown.out
        broken += [f"{what} is not named: {shown.out}"] * (not named)
    for number, (what, kind) in enumerate(everything.items()):
        if what in COMMANDS:
            here = str(bench.trained.root)
            words = [kind.name, "nobody", "-w", here] if kind.name else [f"broken-{number}"]
            answer = bench.call(words)
            untold = _even(kind.reason) not in _even(answer.err)
            wrong = answer.code != 1 or untold or "internal" in answer.err
            broken += [f"{what}: {answer}"] * wrong
    with monkeypatch.context() as patch:
        patch.setattr(discovery, "offers_of", _all_together)
        patch.setattr(host_commands, "offers_of", _all_together)
        control = bench.command("recipes")
    shows(
        "broken plugins",
        "all kinds at once, commands and distributions among them",
        trials=len(called) + len(helped) + len(everything) + len(FILES),
        broken=broken,
        without="entry points are read as importlib.metadata reads them",
        control=(1, int(control.code != 0)),
        figures=f"{len(everything) + len(FILES)} kinds; an import that calls os._exit ends the "
        "command, as does one that crashes Python: that is not survived",
    )


def test_help_never_waits_for_a_plugin_that_is_slow_to_import(
    bench: Bench, shows: Callable[..., None]
) -> None:
    importing = (
        "from artcli.host import commands as c; [one.load() for one in c.find_subcommands()]"
    )
    began = time.perf_counter()
    without = _ended_in(60, bench, ["-c", importing])
    patience = 3 * (time.perf_counter() - began)
    bench.install_kind(Kind("import time; time.sleep(600)\n" + OFFER.format(GOOD), ""), 0)
    waiting = Kind("import time; time.sleep(600)\ndef command(): pass", "")
    bench.install_kind(waiting, 1, "artcli.commands")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    called = (["--help"], ["--version"], ["score", "--help"])
    broken = [
        f"{words}: {ended}"
        for words in called
        if (ended := _ended_in(60, bench, ["-m", "artcli", *words])) != 0
    ]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    shows(
        "broken plugins",
        "help, beside a plugin whose import does not end",
        trials=len(called),
        broken=broken,
        without="help imports what it lists",
        control=(1, int(without == 0 and _ended_in(patience, bench, ["-c", importing]) is None)),
        figures=f"{seconds / len(called):.1f} s of processor time each",
    )


def _ended_in(seconds: float, bench: Bench, words: list[str]) -> int | None:
    """The exit code of Python, called so; None where it takes longer."""
    try:
        return subprocess.run(
            [sys.executable, *words],
            env={**os.environ, "PYTHONPATH": str(bench.root / "site")},
            capture_output=True,
            check=False,
            timeout=seconds,
        ).returncode
    except subprocess.TimeoutExpired:
        return None


def _told(answer: Answer) -> tuple[int, str]:
    """Exit code and results, without times and speeds."""
    return answer.code, re.sub(r"\d[\d.,]* ?(s|min|h|pictures/s)\b", "T", answer.out)


def _even(text: str) -> str:
    return "".join(text.split())


def _trusting(manager: object, name: str, source: object, load: Callable[[], object]) -> tuple:
    """`load_plugin` without its guard."""
    plugin = load()
    manager.register(plugin, name)  # type: ignore[attr-defined]
    offered = getattr(plugin, "artcli_components", list)()
    return tuple(discovery.Registered(component, source) for component in offered)


def _all_together(group: str) -> tuple[list[entries.Offer], list[entries.Unreadable]]:
    from importlib.metadata import entry_points

    found = [entry for entry in entry_points(group=group) if entry.dist is not None]
    return [entries.Offer(one, one.dist.name, one.dist.version) for one in found], []
