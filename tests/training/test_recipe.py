from __future__ import annotations

from pathlib import Path

import pytest

from artcli.errors import ArtcliError, Problems
from artcli.training.recipe import Recipe, make_recipe, read_recipe


def test_a_recipe_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    recipe = make_recipe(
        {"loss": "focal:gamma=3", "observers": ("tensorboard",), "clip": 0.0, "compile": True}
    )
    recipe.save(tmp_path / "recipe.toml")
    assert read_recipe(tmp_path / "recipe.toml") == recipe


def test_a_component_may_be_written_as_a_table(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text(
        '[loss]\nname = "focal"\ngamma = 3\n[optimizer]\nname = "adamw"\nbetas = [0.9, 0.99]\n'
    )
    recipe = read_recipe(tmp_path / "r.toml")
    assert recipe.loss == "focal:gamma=3"
    assert recipe.optimizer == "adamw:betas=(0.9,0.99)"


def test_flags_go_over_a_recipe_and_leave_the_rest_of_it() -> None:
    base = make_recipe({"loss": "focal", "epochs": 3})
    changed = make_recipe({"epochs": 5}, base)
    assert (changed.loss, changed.epochs) == ("focal", 5)
    assert changed.changed() == {"loss": "focal", "epochs": 5}
    assert Recipe().changed() == {}


def test_all_that_is_wrong_with_a_recipe_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text("epochs = 0\nbatchsize = 4\nprecision = 'half'\n")
    with pytest.raises(Problems) as caught:
        read_recipe(tmp_path / "r.toml")
    for fault in ("epochs", "batchsize", "precision"):
        assert any(problem.startswith(fault) for problem in caught.value.problems)
    assert "batchsize: there is no such field (did you mean 'batch_size'?)" in caught.value.problems


@pytest.mark.parametrize("text", ["epochs = ", "\x00", "epochs = 3\nepochs = 4"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(ArtcliError, match=r"r\.toml"):
        read_recipe(tmp_path / "r.toml")


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtcliError, match="there is no recipe"):
        read_recipe(tmp_path / "none.toml")
