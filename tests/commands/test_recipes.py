"""`artcli recipes`: all named recipes with what they change; one of them as a file."""

from pathlib import Path

import pytest
from command_line import artcli

from artcli import console
from artcli.host.discovery import load_host
from artcli.training.named import named_recipe
from artcli.training.recipe import read_recipe
from artcli.workspace.paths import Workspace

PLUGIN = """
from pathlib import Path
from artcli.plugin import Component, hookimpl

@hookimpl
def artcli_components():
    return [Component("recipe", "S+mine", mine, "a sampler, and mine")]

def mine():
    return Path(__file__).with_suffix(".toml")
"""


@pytest.fixture
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that belongs to no workspace."""
    (tmp_path / "away").mkdir()
    monkeypatch.chdir(tmp_path / "away")
    monkeypatch.delenv("ARTCLI_WORKSPACE", raising=False)


@pytest.fixture
def mine(workspace: Workspace) -> Path:
    """A recipe of the workspace's own, which says `seed`."""
    plugin = workspace.root / "plugins" / "mine.py"
    plugin.parent.mkdir()
    plugin.write_text(PLUGIN)
    assert artcli("plugins", "add", plugin).code == 0
    recipe = plugin.with_suffix(".toml")
    recipe.write_text('# S+mine: mine.\nbase = "sampler"\nseed = 7\n')
    return recipe


@pytest.mark.usefixtures("away")
@pytest.mark.parametrize("width", [80, 200])
def test_the_list_shows_bases_changes_and_scores_on_any_terminal(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.out(), "width", width)
    answer = artcli("recipes")
    assert answer.code == 0
    lines = [" ".join(line.split()) for line in answer.out.splitlines()[:-1]]
    assert max(len(line.rstrip()) for line in answer.out.splitlines()[:-1]) <= width
    about = "the log sampler, focal loss and CutMix together."
    row = "S+F+C adamw 0.8425 0.8062 loss focal · sampler log · mixer cutmix:p=0.5"
    if width == 80:
        assert any(line.startswith("S+F+C adamw 0.8425 0.8062 loss focal") for line in lines)
        assert f"S+F+C {about}" in lines
    else:
        assert f"{row} {about}" in lines
        assert "frozen-norm adamw freeze_norm true" in " ".join(lines)
    assert "artcli train --recipe NAME" in answer.out


@pytest.mark.usefixtures("away")
def test_json_says_all_that_is_known() -> None:
    told = artcli("recipes", "--json").json
    assert told["broken"] == []
    by_name = {one["name"]: one for one in told["recipes"]}
    found = by_name["S+F+C+A"]
    assert (found["base"], found["changes"]) == ("S+F+C", {"augmentation": "deck-colour"})
    assert (found["recipe"]["loss"], found["published"]["public"]) == ("focal", 0.8139)
    assert found["source"]["distribution"] == "artcli"
    assert by_name["ema"]["published"] is None
    assert artcli("recipes", "show", "S+F+C+A", "--json").json == found


@pytest.mark.usefixtures("away")
def test_what_show_prints_is_a_file_of_the_same_recipe(tmp_path: Path) -> None:
    answer = artcli("recipes", "show", "S+F+C")
    assert answer.out.startswith("# S+F+C: the log sampler")
    assert "0.8062" in answer.out
    (tmp_path / "my.toml").write_text(answer.out)
    assert read_recipe(tmp_path / "my.toml") == named_recipe(load_host(), "S+F+C").recipe


def test_an_unknown_recipe_gets_the_nearest() -> None:
    answer = artcli("recipes", "show", "adamv")
    assert answer.code == 2
    assert "did you mean 'adamw'?" in answer.err


@pytest.mark.usefixtures("mine")
def test_a_workspaces_recipe_is_there_and_builds_on_ours(workspace: Workspace) -> None:
    found = artcli("recipes", "-w", workspace.root, "show", "S+mine", "--json").json
    assert (found["base"], found["changes"]) == ("sampler", {"seed": 7})
    assert (found["recipe"]["sampler"], found["about"]) == ("log", "mine.")
    assert "S+mine" in artcli("recipes").out


def test_a_broken_recipe_is_listed_with_its_reason_and_hides_no_other(mine: Path) -> None:
    mine.write_text('base = "samplr"\n')
    answer = artcli("recipes")
    assert answer.code == 0
    assert "mine.toml: base: there is no recipe 'samplr' (did you mean 'sampler'?)" in answer.text
    assert "baseline" in answer.out
    told = artcli("recipes", "--json").json
    assert [one["name"] for one in told["broken"]] == ["S+mine"]


def test_a_ladder_says_which_of_its_rows_is_broken(mine: Path) -> None:
    mine.write_text("epoch = 3\n")
    answer = artcli("ladder", "baseline", "S+mine")
    assert (answer.code, "error: S+mine: epoch: " in answer.err) == (1, True)


def test_a_workspace_that_is_not_there_is_said(tmp_path: Path) -> None:
    answer = artcli("recipes", "-w", tmp_path / "none")
    assert (answer.code, "no workspace at" in answer.err) == (1, True)
