"""docs/techniques.md is what its script makes; each technique finds its recipes and its effects."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
import techniques
from markdown_it import MarkdownIt
from techniques import Change, Technique, changes, effect_in_words, in_recipes, told

from artcli.host.discovery import load_host
from artcli.host.kinds import KINDS
from artcli.training.named import named_recipes
from artcli.training.recipe import Recipe

HOST = load_host()
COMPONENTS = techniques.components(HOST)
EVERY = [*(one for found in COMPONENTS.values() for one in found), *techniques.of_a_run()]
BEFORE = [one for found in techniques.components(HOST, techniques.BEFORE).values() for one in found]
AFTER = [
    *(one for found in techniques.components(HOST, techniques.AFTER).values() for one in found),
    *techniques.of_an_ensemble(),
]
SOURCE = re.compile(r"\b(19|20)\d\d\b|\bslides?\b|our own|as `\w+`")


def named(title: str, field: str = "") -> Technique:
    (found,) = [one for one in EVERY if one.title == title and field in ("", *one.fields)]
    return found


def ladder(*rows: dict[str, Any], **known: Any) -> dict[str, Any]:
    budget = {"model": "timm:arch=local-dir:/some/where/tiny_net", "epochs": 5, "image_size": 128}
    return {"name": "painters31", "rows": list(rows), "budget": budget, "seeds": 1, **known}


def row(
    name: str,
    base: str | None = None,
    ours: tuple[float, float, float] | None = None,
    **set_to: Any,
) -> dict[str, Any]:
    recipe = Recipe(**set_to).model_dump(exclude_none=True, mode="json")
    estimate = ours and dict(zip(("value", "low", "high"), ours, strict=True))
    comparison = {"base": base, "ours": estimate} if base else None
    return {"name": name, "recipe": recipe, "comparison": comparison}


ON = "On [painters31](ladder/painters31.md) (`tiny_net` at 128 pixels, 5 epochs): "
UP, DOWN = (0.021, -0.01, 0.05), (-0.034, -0.06, -0.004)
ADAMW = row("adamw")


def test_the_page_is_what_the_script_makes_of_docstrings_recipes_and_ladders() -> None:
    made = techniques.techniques_page(HOST, techniques.saved_ladders())
    committed = techniques.PAGE.read_text(encoding="utf-8")
    assert committed == made, "out of date: python benchmarks/techniques.py"


def test_every_kind_has_its_part_in_the_order_of_the_table_and_every_technique_a_section() -> None:
    tokens = MarkdownIt().parse(techniques.PAGE.read_text(encoding="utf-8"))
    headings = [
        (token.tag, after.content)
        for token, after in pairwise(tokens)
        if token.type == "heading_open"
    ]
    kinds = [text.partition(":")[0].lower() for tag, text in headings if tag == "h2"]
    assert kinds == [
        *(kind for kind in KINDS if kind in COMPONENTS),
        "options of a run",
        "new works, before training",
        "after training",
    ]
    assert [text for tag, text in headings if tag == "h3"] == [
        one.title for one in (*EVERY, *BEFORE, *AFTER)
    ]


def test_nothing_of_a_docstring_is_taken_for_markup() -> None:
    tokens = MarkdownIt().parse("\n\n".join(text for one in (*EVERY, *AFTER) for text in one.text))
    assert {token.type for token in tokens} == {"paragraph_open", "inline", "paragraph_close"}
    inline = {child.type for token in tokens for child in token.children or ()}
    assert inline == {"text", "code_inline"}


@pytest.mark.parametrize(
    "technique", [*EVERY, *AFTER], ids=lambda one: f"{one.fields[:1]}-{one.title}"
)
def test_every_technique_says_its_source_or_that_it_is_our_own(technique: Technique) -> None:
    assert SOURCE.search(technique.source), "end its docstring with a paragraph `Source: …`"


@pytest.mark.parametrize(
    "technique", [*EVERY, *AFTER], ids=lambda one: f"{one.fields[:1]}-{one.title}"
)
def test_every_option_says_what_it_is(technique: Technique) -> None:
    assert [option.name for option in technique.options if not option.what] == []


def test_a_docstring_is_its_paragraphs_and_its_source_without_the_errors() -> None:
    text = "What it\nis.\n\nMore of it.\n\nErrors: `UsageError` where\nnot.\n\nSource: A 2017;\nB."
    assert told(text) == (("What it is.", "More of it."), "A 2017; B.")


def test_a_recipe_changes_what_it_adds_and_what_it_sets() -> None:
    before = Recipe(mixer="mixup", scheduler="warm-restarts").model_dump()
    after = Recipe(
        loss="focal:gamma=3", mixer="mixup+cutmix:p=0.5", scheduler="warm-restarts:t_0=2", probe=0
    )
    assert changes(before, after.model_dump()) == (
        Change("loss", "focal", "loss `focal:gamma=3`"),
        Change("scheduler", None, "scheduler `warm-restarts:t_0=2`"),
        Change("mixer", "cutmix", "mixer `cutmix:p=0.5`"),
        Change("probe", None, "`probe = 0`"),
    )
    assert changes(before, before) == ()


@pytest.mark.parametrize(
    ("technique", "lines"),
    [
        (
            named("focal"),
            [
                'Recipe `focal`: F1 0.8424 on the slide "Focal Loss", +0.005 against `adamw`.',
                "Recipe `S+F+C`, together with sampler `log` and mixer `cutmix:p=0.5`: "
                'F1 0.8425 on the slide "Combination", +0.005 against `adamw`.',
                'Recipe `S+F+T`, together with sampler `log` and `generated = ["style-transfer"]`: '
                'F1 0.8226 on the slide "Combination", −0.015 against `adamw`.',
                "Recipe `S+F+A`, together with sampler `log` and augmentation `deck-colour`: "
                'F1 0.8348 on the slide "Combination", −0.003 against `adamw`.',
            ],
        ),
        (
            named("linear"),
            ['Recipe `baseline`: F1 0.6652 on the slide "Baseline Model".'],
        ),
        (
            named("deck", "crop"),
            [
                "Recipe `augment`, together with augmentation `deck`: "
                'F1 0.6903 on the slide "Data augmentation", +0.013 against `layernorm`.'
            ],
        ),
        (
            named("mixup"),
            [
                "Recipe `mixup`: built on `adamw`, no score on the slides.",
                "Recipe `cutmix+mixup`, together with mixer `cutmix`: built on `adamw`, "
                "no score on the slides.",
            ],
        ),
        (
            named("--head-lr, --layer-decay"),
            [
                "Recipe `layer-decay`, `layer_decay = 0.8`: built on `adamw`, "
                "no score on the slides.",
            ],
        ),
        (named("cosine"), []),
        (
            named("--crops"),
            [
                "Recipe `freeze`, `crops = 8`, together with `freeze = true`: built on `adamw`, "
                "no score on the slides."
            ],
        ),
    ],
    ids=lambda one: one.title if isinstance(one, Technique) else "",
)
def test_the_recipes_of_a_technique_come_with_their_scores(
    technique: Technique, lines: list[str]
) -> None:
    recipes = {found.name: found for found in named_recipes(HOST)}
    assert list(in_recipes(technique, recipes)) == lines


def test_an_effect_says_where_how_much_and_against_what() -> None:
    measured = ladder(ADAMW, row("focal", "adamw", UP, loss="focal"))
    said = [ON + "+0.021 [−0.010, +0.050] against `adamw`."]
    assert effect_in_words(named("focal"), [measured]) == said
    assert effect_in_words(named("cross-entropy"), [measured]) == ["Not measured alone."]
    assert effect_in_words(named("focal"), []) == ["Not measured alone."]


def test_what_is_measured_with_others_says_so_and_comes_after_what_is_alone() -> None:
    both = row("both", "adamw", DOWN, loss="focal", sampler="log", epochs=7)
    alone = row("focal", "adamw", UP, loss="focal")
    together = (
        "together with sampler `log` and `epochs = 7` −0.034 [−0.060, −0.004] against `adamw`."
    )
    assert effect_in_words(named("focal"), [ladder(ADAMW, both)]) == [
        "Not measured alone.",
        ON + together,
    ]
    assert effect_in_words(named("focal"), [ladder(ADAMW, both, alone)]) == [
        ON + "+0.021 [−0.010, +0.050] against `adamw`; " + together
    ]


def test_a_field_and_each_part_of_a_chain_are_measured_too() -> None:
    measured = ladder(
        ADAMW,
        row("ema", "adamw", UP, ema=0.9),
        row("cutmix+mixup", "adamw", DOWN, mixer="cutmix+mixup"),
    )
    assert effect_in_words(named("--ema"), [measured])[0].startswith(ON + "+0.021")
    assert "together with mixer `cutmix` −0.034" in effect_in_words(named("mixup"), [measured])[1]


def test_rows_count_as_they_were_trained_not_as_they_are_called() -> None:
    """A budget may undo what a recipe changes, and a base that is left out may add to it."""
    undone = row("tinyvit", "adamw", None)
    shifted = row("focal", "baseline", UP, loss="focal", optimizer="adamw:lr=1e-3")
    measured = ladder(ADAMW, undone, row("baseline", optimizer="adam"), shifted)
    assert effect_in_words(named("tinyvit"), [measured]) == ["Not measured alone."]
    assert effect_in_words(named("focal"), [measured])[1] == (
        ON + "together with optimizer `adamw:lr=1e-3` +0.021 [−0.010, +0.050] against `baseline`."
    )


def test_a_setting_of_another_component_is_no_measure_of_it() -> None:
    tuned = row("focal-3", "focal", UP, loss="focal:gamma=3")
    measured = ladder(row("focal", loss="focal"), tuned)
    assert effect_in_words(named("focal"), [measured]) == ["Not measured alone."]


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({}, "`tiny_net` at 128 pixels, 5 epochs"),
        ({"seeds": 3}, "`tiny_net` at 128 pixels, 5 epochs, 3 seeds"),
        ({"budget": {}}, "every row by its own recipe"),
        ({"budget": {"image_size": 96, "freeze": True}}, "at 96 pixels, `freeze = true`"),
        ({"budget": {"model": "tinyvit:size=5m"}}, "`tinyvit:size=5m`"),
        (
            {"budget": {"model": "timm:arch=local-dir:/a/b/net,drop_path=0.1", "probe": 0}},
            "`net,drop_path=0.1`, `probe = 0`",
        ),
    ],
)
def test_the_setting_of_a_ladder_names_its_model_but_no_folder(
    known: dict[str, Any], said: str
) -> None:
    assert techniques.setting(ladder(**known)) == said


def test_a_page_with_a_ladder_links_to_it() -> None:
    page = techniques.techniques_page(HOST, [ladder(ADAMW, row("f", "adamw", UP, loss="focal"))])
    assert "tables: [painters31](ladder/painters31.md)." in page.replace("\n", " ")
    assert f"- {ON}+0.021 [−0.010, +0.050] against `adamw`.\n" in page
