"""The root command: what help costs, what errors look like, and what a stranger cannot break."""

from __future__ import annotations

import os
import re
import signal
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from artcli import cli
from artcli.host.commands import ORDER, find_subcommands

Install = Callable[..., None]
Run = Callable[..., int]
HEAVY = (
    "torch", "torchvision", "timm", "albumentations", "cv2", "pandas", "sklearn", "numpy", "scipy",
    "matplotlib", "rich", "pydantic", "PIL", "lightning_fabric",
)  # fmt: skip
COMMANDS = '''
"""Do what a stranger's command does.

More of it.
"""
import os, signal, sys, time
from artcli.errors import ArtcliError, Interrupted, Problems, UsageError

def advise(name: str):
    raise ArtcliError(f"{name} [bold] is missing", "write it")

def misuse():
    raise UsageError("no such thing")

def fail():
    return {}["key"]

def stop():
    raise Interrupted(signal.SIGTERM, "go on with --resume")

def interrupt():
    raise KeyboardInterrupt

def wait(done: str):
    try:
        print("ready", flush=True)
        time.sleep(60)
    finally:
        open(done, "w").close()

def chatter():
    for _ in range(100_000):
        print("line")
'''


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Calls the command line in this process; gives its exit code."""

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["artcli", *arguments])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        return int(caught.value.code or 0)

    return run


@pytest.fixture
def stranger(install: Install) -> None:
    """A distribution with a command for each way to end."""
    names = ("advise", "misuse", "fail", "stop", "interrupt", "wait", "chatter")
    install(
        "artcli-stranger",
        {"artcli_stranger": COMMANDS},
        {name: f"artcli_stranger:{name}" for name in names},
        "artcli.commands",
    )


def started(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "artcli", *arguments],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_help_imports_nothing_heavy_and_no_command() -> None:
    program = (
        "import sys; sys.argv = ['artcli', '--help']\n"
        "from artcli.__main__ import main\n"
        "try: main()\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0
    loaded = set(done.stderr.split())
    assert "artcli.cli" in loaded
    assert not loaded & set(HEAVY)
    assert not [name for name in loaded if name.startswith("artcli.commands")]
    for name in ORDER:
        assert f"\n  {name} " in done.stdout


def test_help_answers_within_three_tenths_of_a_second() -> None:
    """Median of ten. Processor time, since the wall clock of a busy machine tells of the others."""
    times = []
    for _ in range(10):
        process = subprocess.Popen(
            [sys.executable, "-m", "artcli", "--help"], stdout=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        times.append(usage.ru_utime + usage.ru_stime)
    assert process.returncode == 0
    assert statistics.median(times) < 0.3


def test_every_command_of_ours_says_in_one_line_what_it_does() -> None:
    found = {command.name: command for command in find_subcommands()}
    for name in ORDER:
        assert len(found[name].summary) > 20, name
        assert callable(found[name].load()), name


def test_the_version(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    from importlib.metadata import version

    assert run("--version") == 0
    assert capsys.readouterr().out == f"artcli {version('artcli')}\n"


@pytest.mark.usefixtures("stranger")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["advise", "it"], 1, "error: it [bold] is missing\nhint: write it\n"),
        (["misuse"], 2, "error: no such thing\n"),
        (["fail"], 1, "error: internal error: KeyError: 'key'\nhint: run again with --debug"),
        (["stop"], 143, "error: interrupted\nhint: go on with --resume\n"),
        (["interrupt"], 130, "error: interrupted\nhint: call it again\n"),
        (["advise"], 2, "Missing argument"),
        (["advise", "it", "--nope"], 2, "No such option: --nope"),
        (["advize"], 2, "No such command 'advize'. Did you mean 'advise'?"),
        (["--nope"], 2, "No such option: --nope"),
        (["advise", "\x1b[31m"], 1, "error: \\x1b[31m [bold] is missing"),
        (["advise", "it", "--\x1b[31m"], 2, "No such option: --\\x1b[31m"),
        (["advise", "a" * 9000 + "z"], 1, "aaa … aaa"),
        (["advise", "it", "-" * 9000], 2, "--- … ---"),
    ],
)
def test_errors_are_short_and_their_exit_code_tells_whose_they_are(
    run: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    assert run(*arguments) == code
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""
    assert "Traceback" not in shown.err
    assert len(shown.err) < 2000


def test_a_terminal_that_cannot_show_a_letter_gets_its_number(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "artcli", "init", "Dürer"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, b"D\\xfcrer" in done.stdout) == (0, True), done.stderr


@pytest.mark.usefixtures("stranger")
def test_a_traceback_comes_when_asked_for(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--debug", "fail") == 1
    shown = capsys.readouterr().err
    assert "Traceback (most recent call last)" in shown
    assert 'return {}["key"]' in shown


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    here = tmp_path / "here"
    for call, code, said in (("--version", 0, ""), ("runs", 1, "that this was called in is gone")):
        command = f"rmdir {here} && exec {sys.executable} -m artcli {call}"
        here.mkdir(exist_ok=True)
        shown = subprocess.run(
            ["sh", "-c", command], cwd=here, capture_output=True, text=True, check=False
        )
        assert shown.returncode == code, shown.stderr
        assert said in shown.stderr
        assert len(shown.stderr.splitlines()) <= 2


@pytest.mark.usefixtures("stranger")
def test_a_terminated_command_tidies_up(tmp_path: Path) -> None:
    process = started(tmp_path, "wait", str(tmp_path / "done"))
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    _, shown = process.communicate(timeout=30)
    assert (process.returncode, shown) == (143, "error: interrupted\nhint: call it again\n")
    assert (tmp_path / "done").exists()


@pytest.mark.usefixtures("stranger")
def test_a_command_that_a_script_put_in_the_background_ignores_a_ctrl_c(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell does for `&`
    try:
        process = started(tmp_path, "wait", str(tmp_path / "done"))
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    for number in (signal.SIGINT, signal.SIGTERM):
        process.send_signal(number)
    assert process.wait(timeout=30) == 143


def test_an_import_changes_nothing_for_processes_that_others_start() -> None:
    look = (
        "import os; before = set(os.environ); import artcli.plugin; print(set(os.environ) - before)"
    )
    ours = {"PYTHONSAFEPATH", "NO_ALBUMENTATIONS_UPDATE"}
    free = {name: value for name, value in os.environ.items() if name not in ours}
    shown = subprocess.check_output([sys.executable, "-c", look], env=free, text=True)
    assert shown == "{'NO_ALBUMENTATIONS_UPDATE'}\n"


@pytest.mark.usefixtures("stranger")
def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    process = started(tmp_path, "chatter")
    assert process.stdout is not None
    assert process.stdout.readline() == "line\n"
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.wait(timeout=30)


@pytest.mark.usefixtures("stranger")
def test_a_strangers_command_is_listed_with_its_distribution_and_its_help(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--help") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "advise Do what a stranger's command does. (from artcli-stranger)" in shown
    assert "artcli_stranger" not in sys.modules
    assert run("wait", "--help") == 0


def test_a_broken_command_breaks_neither_help_nor_the_others(
    install: Install, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    install(
        "artcli-broken",
        {"artcli_broken": "import no_such_package"},
        {"broken": "artcli_broken:command", "gone": "artcli_gone.deep:command"},
        "artcli.commands",
    )
    assert run("--help") == 0
    assert re.search(r"broken +\(from artcli-broken\)", capsys.readouterr().out)
    assert run("score", "--help") == 0
    assert run("broken") == 1
    assert capsys.readouterr().err == (
        "error: the command broken of artcli-broken cannot be imported: "
        "ModuleNotFoundError: No module named 'no_such_package'\n"
    )
    assert run("gone") == 1


def test_help_reads_a_strangers_package_without_importing_it(install: Install) -> None:
    install(
        "artcli-deep",
        {"artcli_deep/__init__": "1 / 0", "artcli_deep/command": "'''Dig [deep].'''\n1 / 0"},
        {"dig": "artcli_deep.command:command"},
        "artcli.commands",
    )
    [dig] = [command for command in find_subcommands() if command.name == "dig"]
    assert dig.summary == "Dig [deep]. (from artcli-deep)"


def test_ours_wins_over_a_strangers_command_of_the_same_name(
    install: Install, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    install(
        "artcli-rival",
        {"artcli_rival": COMMANDS},
        {"score": "artcli_rival:fail"},
        "artcli.commands",
    )
    assert run("score", "--help") == 0
    shown = capsys.readouterr()
    assert "macro F1" in shown.out
    assert "warning: artcli-rival offers a command score, too" in shown.err


def test_between_two_strangers_nobody_wins(
    install: Install, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    for rival in ("one", "two"):
        install(
            f"artcli-{rival}",
            {f"artcli_{rival}": COMMANDS},
            {"both": f"artcli_{rival}:fail"},
            "artcli.commands",
        )
    assert run("both") == 1
    assert "the command both is offered by artcli-one and artcli-two" in capsys.readouterr().err


def test_a_command_may_have_commands_of_its_own(
    install: Install, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    source = """
    import typer
    command = typer.Typer(help="Two in one.")

    @command.command()
    def first():
        print("first ran")

    @command.command()
    def second(number: int = 2):
        print("second ran", number)
    """
    install("artcli-two", {"artcli_two": source}, {"pair": "artcli_two:command"}, "artcli.commands")
    assert run("pair", "second", "--number", "3") == 0
    assert capsys.readouterr().out == "second ran 3\n"
    assert run("pair", "--help") == 0


def test_no_process_asks_the_network_for_albumentations_news() -> None:
    assert os.environ["NO_ALBUMENTATIONS_UPDATE"] == "1"
