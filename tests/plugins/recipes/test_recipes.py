"""The recipes of this project: the talk's rows in its order, with its scores, then others."""

from pathlib import Path

import pytest

import artcli_plugins.recipes
from artcli.host.discovery import load_host
from artcli.training.named import broken_recipes, named_recipes
from artcli.training.recipe import Recipe
from artcli_plugins.recipes import NAMES

HOST = load_host()
FOUND = {found.name: found for found in named_recipes(HOST)}
TALK = {
    # name: base, F1, private
    "baseline": (None, 0.6652, 0.6057),
    "layernorm": ("baseline", 0.6769, 0.6237),
    "augment": ("layernorm", 0.6903, 0.6482),
    "scheduler": ("augment", 0.7737, 0.7327),
    "tinyvit": ("scheduler", 0.8214, 0.7916),
    "adamw": ("tinyvit", 0.8378, 0.7986),
    "cutmix": ("adamw", 0.8198, 0.7885),
    "focal": ("adamw", 0.8424, 0.8079),
    "sampler": ("adamw", 0.8332, 0.8122),
    "style": ("adamw", 0.8374, 0.8126),
    "sam": ("adamw", 0.8253, 0.7945),
    "S+F+C": ("adamw", 0.8425, 0.8062),
    "S+F+C+T": ("S+F+C", 0.8375, 0.8087),
    "S+F+C+A": ("S+F+C", 0.8461, 0.8154),
    "S+F+T": ("adamw", 0.8226, 0.7944),
    "S+F+A": ("adamw", 0.8348, 0.7976),
}


def test_every_file_is_a_recipe_that_is_listed_and_can_be_read() -> None:
    folder = Path(artcli_plugins.recipes.__file__).parent
    assert sorted(path.stem for path in folder.glob("*.toml")) == sorted(NAMES)
    assert list(FOUND) == list(NAMES)
    assert broken_recipes(HOST) == {}


def test_the_talks_rows_come_first_in_its_order_with_its_scores() -> None:
    assert list(FOUND)[: len(TALK)] == list(TALK)
    for name, (base, f1, private) in TALK.items():
        published = FOUND[name].published
        assert published is not None
        assert (FOUND[name].base, published.f1, published.private) == (base, f1, private)
        assert published.source.startswith("slide ")
    assert all(FOUND[name].published is None for name in set(FOUND) - set(TALK))


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_says_no_more_than_it_changes(name: str) -> None:
    """Only the first stands alone; it says even what is artcli's default today."""
    found = FOUND[name]
    lines = found.path.read_text(encoding="utf-8").partition("\n[published]")[0].splitlines()
    said = {line.partition(" = ")[0] for line in lines if not line.startswith("#")} - {"", "base"}
    assert found.base is not None or name == "baseline"
    assert found.changes
    assert set(found.changes) == said or name == "baseline"


def test_the_first_leaves_off_all_that_the_talk_does_not_name() -> None:
    first = FOUND["baseline"].recipe
    assert (first.model, first.optimizer, first.head) == (
        "efficientnet_b2",
        "adam:lr=1e-3",
        "linear",
    )
    assert (first.crops, first.clip, first.ema, first.probe) == (1, 0, 0, 0)
    assert (first.head_lr, first.layer_decay, first.freeze, first.freeze_norm) == (
        1,
        1,
        False,
        False,
    )
    assert (first.epochs, first.patience, first.batch_size) == (1000, 10, 16)


def test_a_combination_has_all_its_parts_and_all_that_it_builds_on() -> None:
    parts = {"sampler": "log", "loss": "focal", "mixer": "cutmix:p=0.5", "head": "layernorm"}
    below = {"model": "tinyvit", "scheduler": "warm-restarts", "crop": "deck", "epochs": 1000}
    recipe = FOUND["S+F+C+A"].recipe
    wanted = {**parts, **below, "augmentation": "deck-colour"}
    assert {name: getattr(recipe, name) for name in wanted} == wanted
    with_works = FOUND["S+F+C+T"].recipe
    wanted = {**parts, **below, "generated": ("style-transfer",)}
    assert {name: getattr(with_works, name) for name in wanted} == wanted


def test_the_recipe_named_after_this_program_is_what_it_does_by_default() -> None:
    recipe = FOUND["artcli"].recipe
    assert recipe.crops == Recipe().crops_each
    assert recipe.model_copy(update={"crops": None}) == Recipe()
