"""Named recipes: files that build on each other; what is wrong is said with file and key."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from artcli.errors import ArtcliError, Problems, UsageError
from artcli.host.discovery import Host
from artcli.host.records import Component, Registered, Source
from artcli.training.named import (
    broken_recipes,
    find_recipe,
    named_recipe,
    named_recipes,
    recipe_in_file,
)
from artcli.training.recipe import Recipe
from artcli.workspace.paths import Workspace

SOURCE = Source("artcli-recipes", "1.0", "installed")

PLAIN = """# plain: twelve epochs.
# Seen on a slide: F1 0.81, private 0.8.
epochs = 12
loss = "focal"
[published]
f1 = 0.81
private = 0.80
source = "slide 3"
"""


class Recipes:
    """A host that offers the recipes whose texts it is given."""

    def __init__(self, folder: Path, **texts: str) -> None:
        self.folder, offers = folder, {}
        for name, text in texts.items():
            (folder / f"{name}.toml").write_text(text, encoding="utf-8")
            component = Component("recipe", name, partial(self.path, name), f"is {name}")
            offers["recipe", name] = (Registered(component, SOURCE),)
        self.host = Host(offers, ())

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.toml"


def bound_to(target: object) -> Host:
    component = Component("recipe", "odd", target)  # type: ignore[arg-type]
    return Host({("recipe", "odd"): (Registered(component, SOURCE),)}, ())


def test_what_a_recipe_does_not_say_is_its_bases_or_the_default(tmp_path: Path) -> None:
    recipes = Recipes(
        tmp_path,
        plain=PLAIN,
        longer='base = "plain"\nepochs = 30\nmixer = "cutmix"\n',
        longest='base = "longer"\nepochs = 90\n',
    )
    found = named_recipe(recipes.host, "longest")
    assert found.recipe == Recipe(epochs=90, loss="focal", mixer="cutmix")
    assert (found.base, found.changes) == ("longer", {"epochs": 90})
    first = named_recipe(recipes.host, "plain")
    assert (first.base, first.changes) == (None, {"loss": "focal", "epochs": 12})


def test_what_a_recipe_says_like_its_base_is_no_change(tmp_path: Path) -> None:
    same = 'base = "plain"\nepochs = 12\nloss = {name = "focal", gamma = 3}\n'
    found = named_recipe(Recipes(tmp_path, plain=PLAIN, same=same).host, "same")
    assert found.changes == {"loss": "focal:gamma=3"}


def test_a_recipe_says_what_it_is_where_it_comes_from_and_what_it_scored(tmp_path: Path) -> None:
    recipes = Recipes(tmp_path, plain=PLAIN, bare="epochs = 2\n")
    found = named_recipe(recipes.host, "plain")
    assert (found.name, found.about) == ("plain", "twelve epochs.")
    assert found.comment == ("plain: twelve epochs.", "Seen on a slide: F1 0.81, private 0.8.")
    assert (found.path, found.source) == (recipes.path("plain"), SOURCE)
    assert found.published is not None
    assert (found.published.f1, found.published.private) == (0.81, 0.8)
    assert (found.published.train_loss, found.published.source) == (None, "slide 3")
    bare = named_recipe(recipes.host, "bare")
    assert (bare.about, bare.published) == ("is bare", None)


def test_an_unknown_name_gets_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no recipe 'plane' \\(did you mean 'plain'"):
        named_recipe(Recipes(tmp_path, plain=PLAIN).host, "plane")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('base = "plane"\n', r"mine\.toml: base: there is no recipe 'plane' .*'plain'"),
        ('base = "mine"\n', r"mine\.toml: the bases go in a circle: mine -> mine"),
        ('base = "other"\n', r"other\.toml: .* circle: mine -> other -> mine"),
        ("base = 3\n", "base: "),
        ("epoch = 3\n", "epoch: "),
        ('base = "plain"\nepochs = 0\n', "epochs: "),
        ("[published]\nf2 = 0.3\n", r"published\.f2: "),
        ("[published]\nf1 = 84.2\n", r"published\.f1: "),
        ("epochs = \n", r"mine\.toml cannot be read"),
        (f"epochs = {'[' * 9999}", r"mine\.toml cannot be read"),
        ("[loss]\ngamma = 3\n", r"loss: a component's table needs a name"),
        ('[loss]\nname = "focal"\ngamma = ")"\n', r"loss: '\)': the parentheses do not match"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_key(tmp_path: Path, text: str, said: str) -> None:
    recipes = Recipes(tmp_path, plain=PLAIN, mine=text, other='base = "mine"\n')
    with pytest.raises(ArtcliError, match=said) as caught:
        named_recipe(recipes.host, "mine")
    assert "mine.toml" in caught.value.message or "other.toml" in caught.value.message


def test_all_wrong_keys_of_a_file_are_said_at_once(tmp_path: Path) -> None:
    recipes = Recipes(tmp_path, mine="epoch = 3\n[published]\npublik = 0.3\n")
    with pytest.raises(Problems) as caught:
        named_recipe(recipes.host, "mine")
    wrong = {problem.partition(":")[0] for problem in caught.value.problems}
    assert wrong == {"epoch", "published.publik"}
    assert "base, published" in str(caught.value.hint)


def test_a_plugin_whose_recipe_is_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtcliError, match=r"artcli-recipes 1\.0.* gives 'x', which is no Path"):
        named_recipe(bound_to(lambda: "x"), "odd")
    with pytest.raises(ArtcliError, match=r"there is no recipe .*gone\.toml"):
        named_recipe(bound_to(lambda: tmp_path / "gone.toml"), "odd")
    with pytest.raises(ArtcliError, match=r"artcli-recipes 1\.0.* failed: ZeroDivisionError"):
        named_recipe(bound_to(lambda: 1 / 0), "odd")


def test_a_broken_recipe_hides_no_other(tmp_path: Path) -> None:
    host = Recipes(tmp_path, broken="x = 1\n", child='base = "broken"\n', plain=PLAIN).host
    assert [found.name for found in named_recipes(host)] == ["plain"]
    assert list(broken_recipes(host)) == ["broken", "child"]


def test_a_file_of_ones_own_may_build_on_a_named_recipe(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('base = "plain"\nseed = 4\n[published]\nf1 = 0.5\n')
    host = Recipes(tmp_path, plain=PLAIN).host
    assert recipe_in_file(host, mine) == Recipe(epochs=12, loss="focal", seed=4)


def test_a_recipe_is_a_run_else_a_name_else_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "recipes").mkdir()
    host = Recipes(tmp_path / "recipes", plain=PLAIN).host
    workspace = Workspace(tmp_path / "w")
    monkeypatch.chdir(tmp_path)
    Path("plain").write_text("epochs = 3\n")
    assert find_recipe(host, workspace, "./plain").epochs == 3
    assert find_recipe(host, workspace, "plain").epochs == 12
    workspace.run_dir("plain").mkdir(parents=True)
    Recipe(epochs=40).save(workspace.run_dir("plain") / "recipe.toml")
    assert find_recipe(host, workspace, "plain").epochs == 40
    with pytest.raises(ArtcliError, match=r"no recipe plan .did you mean 'plain'") as caught:
        find_recipe(host, workspace, "plan")
    assert caught.value.hint == "runs: plain; recipes: plain"


def test_reading_all_recipes_imports_no_torch() -> None:
    program = """
import sys
from artcli.host.discovery import load_host
from artcli.training.named import named_recipes
print(len(named_recipes(load_host())) > 20, "torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "True False", done.stderr
