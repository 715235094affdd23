"""What a ladder trains: its rows, bound and checked before the first one of them begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from artcli.commands.ladder.standing import stand
from artcli.errors import Problems, UsageError
from artcli.host.gathering import Gathered
from artcli.host.nearest import did_you_mean
from artcli.predicting.candidates import list_candidates
from artcli.reporting.ladder import Rung, Standing, read_earlier
from artcli.training.components import recipe_from_flags
from artcli.training.named import named_recipe, named_recipes
from artcli.training.recipe import Recipe, read_recipe
from artcli.training.seeds import seeded
from artcli.workspace.paths import checked_name
from artcli.workspace.runs import run_parts

if TYPE_CHECKING:
    from artcli.host.discovery import Host
    from artcli.predicting.candidates import Candidate
    from artcli.training.named import NamedRecipe
    from artcli.workspace.paths import Workspace


@dataclass(frozen=True)
class Plan:
    """The rungs in order, which of them this call trains, and the rows that stand already.

    `reasons` and `machine` are those of earlier calls: why rows failed, and where they trained.
    """

    name: str
    rungs: tuple[Rung, ...]
    asked: frozenset[str]
    budget: Mapping[str, Any]
    seeds: int
    reasons: Mapping[str, str]
    machine: Mapping[str, Any]
    standing: tuple[Standing, ...] = ()

    @property
    def to_train(self) -> list[Rung]:
        """The rungs whose runs this call trains; one of those that are the same."""
        owners = {rung.same_as or rung.named.name for rung in self.rungs if self._asks(rung)}
        return [rung for rung in self.rungs if rung.named.name in owners]

    def _asks(self, rung: Rung) -> bool:
        return rung.named.name in self.asked


def plan_ladder(
    workspace: Workspace,
    host: Host,
    name: str,
    rows: Sequence[str],
    seeds: int | None,
    given: Mapping[str, Any],
) -> Plan:
    """The rungs of the ladder `name`: those of earlier calls and the `rows` asked for.

    A row is a recipe or, where none has the name, a run or result that is there. Without rows,
    those of earlier calls or, of a new ladder, the recipes with published scores. `given` overrides
    every row's recipe; where nothing is given, the ladder's own budget stands.

    Errors: unknown rows, a budget that does not fit, and runs of this ladder that were trained
    with other settings: all of a kind at once.
    """
    checked_name(name)
    before = read_earlier(workspace, name)
    kept = [row.name for row in before.rows]
    known = {named.name: named for named in named_recipes(host)}
    published = [row for row, named in known.items() if named.published is not None]
    asked = list(dict.fromkeys(rows or kept or published))
    if not asked:
        raise UsageError("no recipe with published scores is installed", "name the rows")
    there = {found.name: found for found in list_candidates(workspace)}
    named, standing = _named(workspace, host, known, there, list(dict.fromkeys([*kept, *asked])))
    budget, bound = _bound(host, named, given or before.budget)
    count = seeds or before.seeds
    rungs = _rungs(workspace, name, named, bound, known, count)
    _refuse_other_settings(workspace, name, rungs)
    return Plan(
        name,
        rungs,
        frozenset(asked),
        budget,
        count,
        {row.name: row.reason for row in before.rows if row.reason},
        before.machine,
        standing,
    )


def _named(
    workspace: Workspace,
    host: Host,
    known: Mapping[str, NamedRecipe],
    there: Mapping[str, Candidate],
    rows: Sequence[str],
) -> tuple[list[NamedRecipe], tuple[Standing, ...]]:
    """The recipes of these names in the order in which plugins offer them, and what stands."""
    gathered, standing = Gathered(), []
    offered = host.names("recipe")
    for row in rows:
        if row in known:
            continue
        with gathered.catching(f"{row}: " if row in offered else ""):
            if row in offered:
                named_recipe(host, row)  # says what is wrong with it
            elif row in there:
                standing.append(stand(there[row]))
            else:
                meant = did_you_mean(row, [*known, *there])
                raise UsageError(
                    f"there is no recipe, run or result {row!r}{meant}",
                    f"artcli recipes and artcli runs{workspace.flag} list them",
                )
    gathered.raise_any("the rows are wrong")
    return [named for name, named in known.items() if name in rows], tuple(standing)


def _bound(
    host: Host, named: Sequence[NamedRecipe], given: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Recipe]]:
    """The budget and every row's recipe, both with their specs as they were understood."""
    alone, _ = recipe_from_flags(host, given)  # a mistake of the flags is told once
    gathered, bound = Gathered(), dict[str, Recipe]()
    for row in named:
        with gathered.catching(f"{row.name}: "):
            bound[row.name], _ = recipe_from_flags(host, given, row.recipe)
    gathered.raise_any("rows cannot be trained")
    folds = {recipe.folds for recipe in bound.values()}
    if len(folds) > 1:
        raise UsageError(
            f"the rows split the paintings differently (folds: {sorted(folds)})",
            "give all of them the same: --folds N",
        )
    understood = alone.model_dump(mode="json")
    return {field: understood[field] for field in given}, bound


def _rungs(
    workspace: Workspace,
    name: str,
    named: Sequence[NamedRecipe],
    bound: Mapping[str, Recipe],
    known: Mapping[str, NamedRecipe],
    seeds: int,
) -> tuple[Rung, ...]:
    single = []
    for row in named:
        recipe = bound[row.name]
        runs = tuple(run for run, _ in seeded(f"{name}-{row.name}", recipe, seeds))
        single.append(Rung(row, recipe, _ancestors(row, known), None, runs))
    owners: dict[Recipe, Rung] = {}
    # Of rows that are the same, the first one trains, unless another has before.
    begun = [rung for rung in single if run_parts(workspace, rung.runs[0])]
    for rung in (*begun, *single):
        owners.setdefault(rung.recipe, rung)
    rungs = []
    for rung in single:
        owner = owners[rung.recipe]
        shared = owner is not rung
        same_as = owner.named.name if shared else None
        rungs.append(replace(rung, same_as=same_as, runs=owner.runs) if shared else rung)
    return tuple(rungs)


def _ancestors(row: NamedRecipe, known: Mapping[str, NamedRecipe]) -> tuple[str, ...]:
    found: list[str] = []
    base = row.base
    while base is not None:
        found.append(base)
        base = known[base].base
    return tuple(found)


def _refuse_other_settings(workspace: Workspace, name: str, rungs: Sequence[Rung]) -> None:
    problems = []
    for rung in rungs:
        for run, recipe in zip(rung.runs, rung.recipes, strict=True):
            if rung.same_as is None and run_parts(workspace, run):
                kept = read_recipe(workspace.run_dir(run) / "recipe.toml")
                if changes := recipe.changes_from(kept):
                    problems.append(f"{run}: {', '.join(changes)}")
    if problems:
        raise Problems(
            f"runs of the ladder {name} were trained with other settings",
            problems,
            "choose another --name, or give the settings of before",
        )
