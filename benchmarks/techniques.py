"""docs/techniques.md: every technique with its source, its options and its effect.

python benchmarks/techniques.py

The page is made of docstrings, the options of signatures, the recipes, and the ladders that are
kept as docs/ladder/*.json. Run it again after a change to any of them; a test asks for it.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from pydoc import locate
from typing import Annotated, Any

from artcli.commands.plugins.page import Row, page
from artcli.host.discovery import FIRST_PARTY, Host, load_host
from artcli.host.kinds import KINDS
from artcli.host.spec import format_spec, parse
from artcli.host.values import shown
from artcli.reporting.figures import signed
from artcli.reporting.measure import slides_difference
from artcli.training.named import NamedRecipe, named_recipes
from artcli.training.recipe import Recipe, flag_of
from artcli.workspace.files import read_json, write_text

DOCS = Path(__file__).parents[1] / "docs"
PAGE, LADDERS = DOCS / "techniques.md", DOCS / "ladder"

LEFT_OUT = ("executor", "observer", "recipe")  # kinds that change no prediction
BEFORE = {"generator": "artcli augment-style --generator"}
AFTER = {"view": "artcli tta RUN --views", "voter": "artcli ensemble RUN… --voter"}
OF_AN_ENSEMBLE = {
    "--calibrate": "artcli.predicting.calibration",
    "--offsets": "artcli.predicting.offsets",
    "--best": "artcli.predicting.choosing",
    "--pool siblings": "artcli.predicting.siblings.registration",
}
# Fields of the recipe, and what has the docstring that tells of them.
OF_A_RUN = {
    ("generated",): "artcli.contest.generated.admitting.admitted",
    ("crops",): "artcli.training.recipe.Recipe.crops_each",
    ("probe",): "artcli.training.probe",
    ("freeze",): "artcli.training.frozen",
    ("freeze_norm",): "artcli.training.model.PaintingModel.train",
    ("head_lr", "layer_decay"): "artcli.training.groups",
    ("ema",): "artcli.training.ema",
    ("patience",): "artcli.training.loop._patience_spent",
}
MOST_OTHERS = 3  # what changes more than that beside a technique tells nothing of it
OF_COMPONENTS = {
    "label_smoothing": "label smoothing",
    "dropout": "dropout",
    "drop_path": "stochastic depth, also called drop path",
}

HEAD = """\
# Techniques

What artcli can train with: the techniques of the talk's slides (the *deck*), and others to hold
against them. Each has its source, its options, the recipes that add it with their score on the
slides, and the effect measured here. What is done [after training](#after-training) is measured
where it is used: `artcli tta` and `artcli ensemble` say what it is worth on your contest.

{ladders}

This page is made of docstrings, recipes and saved ladders by

```console
$ python benchmarks/techniques.py
```
"""
MEASURED = """\
An effect is the difference of macro F1 to the recipe that is named, with its 95 % interval in
brackets: both were trained alike, and judged on the same pieces of the same paintings. Where the
interval holds 0, nothing is decided; another seed may well move an effect by as much. The whole
tables: {links}."""
NEW_WORKS = """\
Whether a set of new works helps is a matter of the contest and of the set: `artcli augment-style
--judge NAME --recipe RUN` trains folds with it and without. What that said of each generator on
real paintings: [docs/generated](generated/README.md)."""
UNMEASURED = "No ladder is saved yet, so no effect is measured."


@dataclass(frozen=True)
class Technique:
    """A component, or fields of the recipe: what its docstring says, and its options.

    `fields` are those of the recipe that it stands in; `name` is a component's.
    """

    title: str
    fields: tuple[str, ...]
    name: str | None
    text: tuple[str, ...]
    source: str
    options: tuple[Row, ...]

    def is_in(self, change: Change) -> bool:
        return change.field in self.fields and change.name == self.name


@dataclass(frozen=True)
class Change:
    """One thing that a recipe adds or sets; `name` is that of the component that it adds."""

    field: str
    name: str | None
    text: str

    @property
    def has_options(self) -> bool:
        """Whether the text says more than the name."""
        return self.text != f"{self.field} `{self.name}`"


@dataclass(frozen=True)
class Effect:
    """A measured difference to the row `base`; `others`: what else tells the two rows apart."""

    base: str
    value: float
    low: float
    high: float
    others: tuple[Change, ...]


def main() -> None:
    write_text(PAGE, techniques_page(load_host(), saved_ladders()))


def saved_ladders() -> list[dict[str, Any]]:
    """The documents that `artcli ladder` saved, in the order of their files' names."""
    return [read_json(path) for path in sorted(LADDERS.glob("*.json"))]


def techniques_page(host: Host, ladders: Sequence[Mapping[str, Any]]) -> str:
    recipes = {
        named.name: named
        for named in named_recipes(host)
        if named.source.distribution == FIRST_PARTY
    }
    links = ", ".join(_link(ladder) for ladder in ladders)
    about = MEASURED.format(links=links) if ladders else UNMEASURED
    blocks = [HEAD.format(ladders=about).rstrip()]
    groups = components(host)
    for kind, techniques in groups.items():
        blocks += _kind(kind)
        blocks += _sections(techniques, recipes, ladders)
    techniques = of_a_run()
    blocks += _of_a_run_head(techniques, groups)
    blocks += _sections(techniques, recipes, ladders, tables=False)
    blocks += ["## New works, before training", NEW_WORKS]
    for kind, found in components(host, BEFORE).items():
        blocks += [f"`{BEFORE[kind]} NAME:option=value`: {KINDS[kind].what}."]
        blocks += _sections(found)
    blocks += ["## After training"]
    for kind, found in components(host, AFTER).items():
        blocks += [f"`{AFTER[kind]} NAME:option=value`: {KINDS[kind].what}."]
        blocks += _sections(found)
    blocks += ["`artcli ensemble RUN…`, whatever the voter is:"]
    blocks += _sections(of_an_ensemble())
    return "\n\n".join(blocks) + "\n"


OF_TRAINING = [kind for kind in KINDS if kind not in (*LEFT_OUT, *BEFORE, *AFTER)]


def components(host: Host, kinds: Iterable[str] = OF_TRAINING) -> dict[str, list[Technique]]:
    """The techniques that are components of our own, by kind, in the order of `kinds`.

    Those called none are no technique.
    """
    found: dict[str, list[Technique]] = {kind: [] for kind in kinds}
    for registered in host.components():
        kind, name = registered.component.kind, registered.component.name
        if kind in found and name != "none" and registered.source.distribution == FIRST_PARTY:
            shown = page(host, kind, name)
            text, source = told(shown.text)
            found[kind].append(Technique(name, (kind,), name, text, source, shown.options))
    return found


def of_a_run() -> list[Technique]:
    """The techniques that are fields of the recipe."""
    found = []
    for fields, place in OF_A_RUN.items():
        text, source = told(locate(place).__doc__ or "")
        options = tuple(map(_option, fields))
        title = ", ".join(option.name for option in options)
        found.append(Technique(title, fields, None, text, source, options))
    return found


def of_an_ensemble() -> list[Technique]:
    """The techniques that are options of `artcli ensemble`, each told by its module."""
    modules = {flag: importlib.import_module(name) for flag, name in OF_AN_ENSEMBLE.items()}
    texts = {flag: told(module.__doc__ or "") for flag, module in modules.items()}
    return [Technique(flag, (), None, *text, ()) for flag, text in texts.items()]


def told(docstring: str) -> tuple[tuple[str, ...], str]:
    """Its paragraphs, each on one line, and its source; the errors are left out."""
    paragraphs = [" ".join(one.split()) for one in re.split(r"\n\s*\n", docstring)]
    sources = [one for one in paragraphs if one.startswith("Source: ")]
    text = [one for one in paragraphs if one and not one.startswith(("Source: ", "Errors: "))]
    return tuple(text), " ".join(one.removeprefix("Source: ") for one in sources)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """What the recipe `after` adds to, or sets otherwise than, the recipe `before`."""
    found: list[Change] = []
    for field, value in after.items():
        if value == before.get(field):
            continue
        if field not in KINDS:
            found.append(Change(field, None, f"`{field} = {json.dumps(value)}`"))
            continue
        had = {spec.name for spec in parse(before[field])}
        added = [spec for spec in parse(value) if spec.name not in had]
        found += [Change(field, one.name, f"{field} `{format_spec(one)}`") for one in added]
        if not added:
            found.append(Change(field, None, f"{field} `{value}`"))
    return tuple(found)


def effects(technique: Technique, ladder: Mapping[str, Any]) -> list[Effect]:
    """Of the rows whose recipes, as they were trained, tell this technique from their bases."""
    rows = {row["name"]: row for row in ladder["rows"]}
    found = []
    for row in rows.values():
        comparison = row["comparison"] or {}
        if not (ours := comparison.get("ours")):
            continue
        base = rows[comparison["base"]]
        every = changes(base["recipe"], row["recipe"])
        others = tuple(change for change in every if not technique.is_in(change))
        if len(others) < len(every) and len(others) <= MOST_OTHERS:
            figures = (ours["value"], ours["low"], ours["high"])
            found.append(Effect(base["name"], *figures, others))
    return found


def effect_in_words(technique: Technique, ladders: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line for each ladder that has measured it, alone or with others."""
    lines, alone = [], False
    for ladder in ladders:
        if found := sorted(effects(technique, ladder), key=lambda effect: len(effect.others)):
            alone = alone or not found[0].others
            figures = "; ".join(map(_figures, found))
            lines.append(f"On {_link(ladder)} ({setting(ladder)}): {figures}.")
    return lines if alone else ["Not measured alone.", *lines]


def setting(ladder: Mapping[str, Any]) -> str:
    """What was the same in all rows: `mobilenetv2_100` at 128 pixels, 5 epochs."""
    budget = dict(ladder["budget"])
    said = []
    if model := budget.pop("model", ""):
        said.append(f"`{re.sub(r'(timm:arch=)?local-dir:([^,]*/)?', '', model)}`")
    if size := budget.pop("image_size", 0):
        said = [" ".join([*said, f"at {size} pixels"])]
    if epochs := budget.pop("epochs", 0):
        said.append(f"{epochs} epochs")
    said += [f"`{field} = {json.dumps(value)}`" for field, value in budget.items()]
    if ladder["seeds"] > 1:
        said.append(f"{ladder['seeds']} seeds")
    return ", ".join(said) or "every row by its own recipe"


def in_recipes(technique: Technique, recipes: Mapping[str, NamedRecipe]) -> Iterator[str]:
    """A line for each recipe that adds the technique, with its score on the slide."""
    for named in recipes.values():
        base = recipes[named.base] if named.base else None
        before = base.recipe if base else Recipe()
        every = changes(before.model_dump(), named.recipe.model_dump())
        mine = [change for change in every if technique.is_in(change)]
        if not mine or (base is None and technique.name is None):  # the first one leaves things off
            continue
        others = [change for change in every if change not in mine] if base else []
        if len(others) > MOST_OTHERS:
            continue
        said = [f"Recipe `{named.name}`"]
        if any(change.has_options for change in mine):
            said.append(_listed(mine))
        if others:
            said.append(f"together with {_listed(others)}")
        yield f"{', '.join(said)}: {_score(named, base)}."


def _score(named: NamedRecipe, base: NamedRecipe | None) -> str:
    published = named.published
    if published is None or published.f1 is None:
        return f"built on `{named.base}`, no score on the slides"
    ahead, _ = slides_difference(published, base.published if base else None)
    against = f", {signed(ahead)} against `{named.base}`" if ahead is not None else ""
    return f"F1 {published.f1:.4f} on the {published.source}{against}"


def _figures(effect: Effect) -> str:
    with_others = f"together with {_listed(effect.others)} " if effect.others else ""
    interval = f"[{signed(effect.low)}, {signed(effect.high)}]"
    return f"{with_others}{signed(effect.value)} {interval} against `{effect.base}`"


def _listed(found: Sequence[Change]) -> str:
    *first, last = [change.text for change in found]
    return f"{', '.join(first)} and {last}" if first else last


def _link(ladder: Mapping[str, Any]) -> str:
    return f"[{ladder['name']}](ladder/{ladder['name']}.md)"


def _option(field: str) -> Row:
    """A field of the recipe as a row of options."""
    info = Recipe.model_fields[field]
    takes = shown(Annotated[info.annotation, info.description, *info.metadata])
    default = "" if info.default is None else json.dumps(info.default)
    return Row(flag_of(field), takes, default, info.description or "")


def _kind(name: str) -> list[str]:
    kind = KINDS[name]
    default = "" if kind.default in (None, "none") else f"; `{kind.default}` is the default"
    return [f"## {name.capitalize()}: {kind.what}", f"`--{name} NAME:option=value`{default}."]


def _of_a_run_head(
    techniques: Sequence[Technique], groups: Mapping[str, Sequence[Technique]]
) -> list[str]:
    inside = []
    for option, what in OF_COMPONENTS.items():
        holders = [
            f"{kind} `{one.title}`"
            for kind, found in groups.items()
            for one in found
            if option in {row.name for row in one.options}
        ]
        inside.append(f"- {what.capitalize()} (`{option}`): {', '.join(holders)}.")
    return [
        "## Options of a run",
        "Flags of `artcli train`, and fields of a recipe, whatever the components are.",
        _table([row for one in techniques for row in one.options]),
        "Others are options of components, above:",
        "\n".join(inside),
    ]


def _sections(
    techniques: Sequence[Technique],
    recipes: Mapping[str, NamedRecipe] | None = None,
    ladders: Sequence[Mapping[str, Any]] = (),
    *,
    tables: bool = True,
) -> Iterator[str]:
    """Of each technique; with `recipes`, also which of them use it, and its effects."""
    shown: dict[tuple[Row, ...], str] = {}  # options, by the first technique that has them
    for one in techniques:
        yield f"### {one.title}"
        yield from one.text
        yield f"Source: {one.source}"
        if tables and one.options:
            first = shown.setdefault(one.options, one.title)
            yield _table(one.options) if first == one.title else f"Options: as of `{first}`."
        if recipes is not None:
            lines = [*in_recipes(one, recipes), *effect_in_words(one, ladders)]
            yield "\n".join(f"- {line}" for line in lines)


def _table(rows: Sequence[Row]) -> str:
    lines = ["| option | takes | default | what it is |", "|---|---|---|---|"]
    for row in rows:
        default = "must be given" if row.default is None else row.default and f"`{row.default}`"
        cells = (f"`{row.name}`", row.takes, default, row.what)
        lines.append(f"| {' | '.join(map(_escaped, cells))} |")
    return "\n".join(lines)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")


if __name__ == "__main__":
    main()
