"""`artcli plugins`: what is offered is listed and shown; files are added, removed and started."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import Answer, artcli

from artcli.commands.plugins.starting import start
from artcli.errors import ArtcliError
from artcli.host import trust
from artcli.host.discovery import load_host
from artcli.host.kinds import KINDS
from artcli.testing import CONTRACTS, check
from artcli.workspace.paths import Workspace
from artcli.workspace.settings import Settings, read_settings, write_settings

pytestmark = pytest.mark.usefixtures("workspace")

HUBER = '''
from artcli.plugin import Component, hookimpl

@hookimpl
def artcli_components():
    return [Component("loss", "huber", huber, "Huber on probabilities")]

def huber(_class_counts, *, delta: float = 1.0):
    """Quadratic, then linear."""
    import torch.nn.functional as F
    return lambda logits, targets: F.huber_loss(logits.softmax(1), targets, delta=delta)
'''
KINDS_WITH_STARTERS = sorted(kind for kind in CONTRACTS if not KINDS[kind].file)


def plugins(*words: object) -> Answer:
    return artcli("plugins", *words)


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    path = tmp_path / "huber.py"
    path.write_text(HUBER)
    return path


def test_everything_is_listed_by_kind_with_its_source_without_any_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "away").mkdir()
    monkeypatch.chdir(tmp_path / "away")
    monkeypatch.delenv("ARTCLI_WORKSPACE", raising=False)
    listed = plugins("--json").json["components"]
    assert {
        "kind": "loss",
        "name": "focal",
        "summary": "less weight on what is easy already",
        "default": False,
        "source": {"distribution": "artcli", "version": "0.1.0", "origin": "installed"},
        "conflict": False,
    } in listed
    order = [list(KINDS).index(one["kind"]) for one in listed]
    assert order == sorted(order)
    assert {one["kind"] for one in plugins("--kind", "crop", "--json").json["components"]} == {
        "crop"
    }
    shown = plugins("--kind", "loss").out
    for text in ("cross-entropy", "(default)", "focal", "artcli 0.1.0"):
        assert text in shown


def test_an_unknown_kind_gets_the_nearest() -> None:
    answer = plugins("--kind", "optimiser")
    assert answer.code == 2
    assert "did you mean 'optimizer'?" in answer.err


def test_broken_and_clashing_plugins_are_listed_with_the_reason_and_exit_0(
    workspace: Workspace,
    plugin: Path,
) -> None:
    assert plugins("add", plugin).code == 0
    (workspace.root / "plugins" / "untrusted.py").write_text(HUBER)
    twin = workspace.root / "plugins" / "twin.py"
    twin.write_text(HUBER)
    assert plugins("add", twin).code == 0
    settings = read_settings(workspace)
    listed = (*settings.plugins, "plugins/untrusted.py", "plugins/gone.py")
    write_settings(workspace, Settings(plugins=listed))

    answer = plugins()
    assert answer.code == 0
    assert "plugins/untrusted.py: not trusted, run: artcli plugins add" in answer.out
    assert "plugins/gone.py" in answer.out
    assert "loss huber is offered by plugins/huber.py and plugins/twin.py" in answer.out
    found = plugins("--json").json
    assert [failure["source"]["distribution"] for failure in found["failures"]] == [
        "plugins/untrusted.py",
        "plugins/gone.py",
    ]
    assert found["conflicts"][0]["name"] == "huber"
    assert sum(one["conflict"] for one in found["components"]) == 2


def test_show_gives_usage_options_text_and_what_is_passed() -> None:
    page = plugins("show", "loss", "focal", "--json").json
    assert page["usage"] == "--loss focal:gamma=2.0,label_smoothing=0.0"
    assert page["options"][0] == {
        "name": "gamma",
        "takes": "float >= 0",
        "default": "2.0",
        "what": "how much less the easy pictures weigh; 0 is cross-entropy",
    }
    assert page["given"] == ["class_counts"]
    assert page["returns"] == KINDS["loss"].returns
    assert page["source"] == "artcli 0.1.0"
    shown = plugins("show", "loss", "focal").text
    for text in (page["usage"], "gamma", "float >= 0", "Mean over the batch", page["returns"]):
        assert text in shown


def test_a_recipes_page_is_its_file() -> None:
    page = plugins("show", "recipe", "S+F+C", "--json").json
    assert page["usage"] == "--recipe S+F+C"
    assert Path(page["target"]).read_text().strip() == page["text"]
    shown = plugins("show", "recipe", "S+F+C").out
    assert 'sampler = "log"' in shown
    assert "S+F+C.toml" in shown
    assert "options" not in shown


def test_a_recipe_that_is_no_file_is_told_with_its_plugin(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.py"
    path.write_text(
        HUBER.replace('Component("loss", "huber", huber', 'Component("recipe", "huber", nowhere')
        + "\ndef nowhere():\n    return None\n"
    )
    plugins("add", path)
    answer = plugins("show", "recipe", "huber")
    assert answer.code == 1
    assert "recipe huber (from plugins/nowhere.py) gives None, which is no Path" in answer.err


def test_the_usage_that_is_shown_can_be_bound() -> None:
    host = load_host()
    for one in host.components():
        if one.component.kind == "model":
            continue  # some need weights; their pages are shown below
        usage = plugins("show", one.component.kind, one.component.name, "--json").json["usage"]
        flag, _, spec = usage.partition(" ")
        assert flag == f"--{one.component.kind}"
        host.bind(one.component.kind, spec)


def test_what_must_be_given_is_in_the_usage() -> None:
    page = plugins("show", "model", "timm", "--json").json
    assert page["usage"] == "--model timm:arch=ARCH"
    assert page["options"][0]["default"] is None
    assert "must be given" in plugins("show", "model", "timm").out


def test_unknown_names_get_the_nearest() -> None:
    assert "did you mean 'focal'?" in plugins("show", "loss", "focall").err
    assert "did you mean 'loss'?" in plugins("show", "lost", "focal").err


def test_a_file_from_outside_is_copied_registered_and_trusted(
    workspace: Workspace,
    plugin: Path,
) -> None:
    write_settings(workspace, Settings(picks={"loss.focal": "artcli"}))
    answer = plugins("add", plugin)
    assert answer.code == 0, answer.err
    assert "loss huber  Huber on probabilities" in answer.out
    assert (workspace.root / "plugins" / "huber.py").read_text() == HUBER
    assert read_settings(workspace) == Settings(
        plugins=("plugins/huber.py",), picks={"loss.focal": "artcli"}
    )
    check(load_host(workspace).bind("loss", "huber:delta=0.5"))
    assert plugins("show", "loss", "huber", "--json").json["source"] == "workspace plugins/huber.py"


def test_an_edit_revokes_the_trust_until_it_is_added_again(
    workspace: Workspace,
    plugin: Path,
) -> None:
    plugins("add", plugin)
    copy = workspace.root / "plugins" / "huber.py"
    copy.write_text(HUBER + "\n# edited\n")
    answer = plugins("show", "loss", "huber")
    assert answer.code == 2
    assert "not trusted" in answer.err
    assert plugins("add", copy).code == 0
    assert plugins("show", "loss", "huber").code == 0
    assert read_settings(workspace).plugins == ("plugins/huber.py",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("def f(:", "SyntaxError"),
        ("import sys; sys.exit(3)", "SystemExit"),
        ("x = 1", "implements no hook"),
        (HUBER.replace("artcli_components", "artcli_component"), "artcli_components"),
        (HUBER.replace("@hookimpl", ""), "lacks @hookimpl"),
        (HUBER.replace('"loss"', '"lost"'), "did you mean 'loss'?"),
        (HUBER.replace("*, delta: float = 1.0", "*, delta=1.0"), "option delta has no type"),
        (HUBER.replace("_class_counts", "counts"), "takes (counts) where a run gives"),
        (HUBER.replace("1.0", '"wide"'), "delta"),
    ],
)
def test_a_broken_file_is_refused_with_the_reason_and_leaves_no_trace(
    workspace: Workspace,
    plugin: Path,
    text: str,
    reason: str,
) -> None:
    plugin.write_text(text)
    answer = plugins("add", plugin)
    assert answer.code == 1
    assert reason in answer.err
    assert "Traceback" not in answer.err
    assert read_settings(workspace).plugins == ()
    assert not list(workspace.root.glob("plugins/*"))
    assert not trust.is_approved(workspace.root / "plugins" / "huber.py", text.encode())


def test_a_broken_file_of_the_workspace_stays_and_is_not_trusted(workspace: Workspace) -> None:
    mine = workspace.root / "mine.py"
    mine.write_text("1 / 0")
    assert plugins("add", mine).code == 1
    assert mine.read_text() == "1 / 0"
    assert not trust.is_approved(mine, mine.read_bytes())


def test_another_file_of_that_name_is_never_overwritten(
    workspace: Workspace,
    plugin: Path,
) -> None:
    plugins("add", plugin)
    plugin.write_text(HUBER.replace("huber", "other"))
    answer = plugins("add", plugin)
    assert answer.code == 1
    assert "another huber.py is in" in answer.err
    assert (workspace.root / "plugins" / "huber.py").read_text() == HUBER


def test_a_name_that_others_offer_is_warned_about(
    plugin: Path,
) -> None:
    plugin.write_text(HUBER.replace('"huber"', '"focal"'))
    answer = plugins("add", plugin)
    assert answer.code == 0
    assert "loss focal is offered by artcli too" in answer.err


@pytest.mark.parametrize("named", ["huber", "huber.py", "plugins/huber.py", "PATH", "hub"])
def test_remove_unregisters_by_file_or_name_and_keeps_the_file(
    workspace: Workspace,
    plugin: Path,
    named: str,
) -> None:
    if named == "hub":  # the name of what it offers, unlike the file's
        plugin.write_text(HUBER.replace('"huber"', '"hub"'))
    plugins("add", plugin)
    copy = workspace.root / "plugins" / "huber.py"
    answer = plugins("remove", copy if named == "PATH" else named)
    assert answer.code == 0, answer.err
    assert "The file itself stays" in answer.out
    assert copy.exists()
    assert read_settings(workspace).plugins == ()
    write_settings(workspace, Settings(plugins=("plugins/huber.py",)))
    assert "not trusted" in load_host(workspace).failures[0].reason


def test_removing_what_is_not_registered_lists_what_is(
    plugin: Path,
) -> None:
    plugins("add", plugin)
    answer = plugins("remove", "focal")
    assert answer.code == 2
    assert "registered: plugins/huber.py" in answer.err


@pytest.mark.parametrize("kind", KINDS_WITH_STARTERS)
def test_a_started_file_is_registered_and_keeps_its_contract(
    workspace: Workspace,
    kind: str,
) -> None:
    made = start(kind, f"my-{kind}", workspace, None)
    bound = load_host(workspace).bind(kind, f"my-{kind}")
    assert bound.registered[0].component.summary
    assert made.written == (workspace.root / "plugins" / f"my_{kind}.py",)
    assert "starter" not in made.written[0].read_text()
    check(bound)


def test_every_started_file_and_package_passes_ruff_and_its_own_test(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tests, folders = [], [workspace.root]
    for kind in KINDS_WITH_STARTERS:
        tests.append(start(kind, f"x-{kind}", workspace, None).written[0])
        package = start(kind, "own", None, tmp_path).folder
        assert package is not None
        tests.append(package / "tests" / "test_contract.py")
        folders.append(package)
        monkeypatch.syspath_prepend(package)

    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "--isolated", *folders]
    checked = subprocess.run(ruff, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout

    passed = Passed()
    away = ["-c", os.devnull, "--rootdir", str(tmp_path), "--import-mode=importlib"]
    code = pytest.main([*away, "-p", "no:cacheprovider", *map(str, tests)], [passed])
    assert code == 0
    assert sorted(tmp_path / name for name in passed.files) == sorted(tests)


class Passed:
    """A pytest plugin that notes in which files tests passed, relative to the root."""

    def __init__(self) -> None:
        self.files: list[str] = []

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.files.append(report.fspath)


def test_a_starter_never_takes_a_name_or_a_place_that_is_taken(
    workspace: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "there is a loss focal already, from artcli" in plugins("new", "loss", "focal").err
    (workspace.root / "plugins").mkdir()
    mine = workspace.root / "plugins" / "huber_loss.py"
    mine.write_text("mine")
    assert f"{mine} exists" in plugins("new", "loss", "huber").err.replace("\n", "")
    assert mine.read_text() == "mine"
    assert plugins("new", "loss", "huber", "--package").code == 0
    assert plugins("new", "loss", "huber", "--package").code == 1


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("recipe", "mine", "artcli recipes show NAME > FILE"),
        ("lss", "mine", "did you mean 'loss'?"),
        ("loss", "my loss", "cannot be a name"),
    ],
)
def test_what_cannot_be_started_is_said(
    kind: str,
    name: str,
    said: str,
) -> None:
    answer = plugins("new", kind, name)
    assert answer.code == 2
    assert said in answer.err


@pytest.mark.parametrize(
    ("name", "function"),
    [("class", "class_loss"), ("test-x", "loss_test_x_loss"), ("A.b", "a_b_loss")],
)
def test_any_name_makes_a_file_that_loads(
    workspace: Workspace,
    name: str,
    function: str,
) -> None:
    assert start("loss", name, workspace, None).written[0].stem == function
    assert load_host(workspace).bind("loss", name)


def test_the_commands_that_use_a_starter_name_a_workspace_that_is_elsewhere(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "away").mkdir()
    monkeypatch.chdir(tmp_path / "away")
    monkeypatch.delenv("ARTCLI_WORKSPACE", raising=False)
    said = plugins("new", "loss", "huber", "-w", workspace.root).out
    commands = [line.partition("artcli ")[2] for line in said.splitlines() if "artcli " in line]
    assert [shlex.split(words)[-2:] for words in commands] == [["-w", str(workspace.root)]] * 2


def test_a_workspace_is_needed_for_a_file_and_not_for_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "away").mkdir()
    monkeypatch.chdir(tmp_path / "away")
    monkeypatch.delenv("ARTCLI_WORKSPACE", raising=False)
    assert "no workspace here" in plugins("new", "crop", "mine").err
    made = plugins("new", "crop", "mine", "--package", "--json").json
    assert Path(made["folder"]) == tmp_path / "away" / "artcli-mine-crop"


def test_a_damaged_settings_file_is_an_error_of_one_line(
    workspace: Workspace,
) -> None:
    workspace.settings_file.write_text("plugins = [")
    answer = plugins()
    assert answer.code == 1
    assert "artcli.toml cannot be read" in answer.err
    with pytest.raises(ArtcliError):
        load_host(workspace)
