"""One recipe with several seeds: a run for each, so that chance can be told from change."""

from __future__ import annotations

from artcli.training.recipe import Recipe
from artcli.workspace.paths import checked_name


def seeded(run: str, recipe: Recipe, count: int) -> list[tuple[str, Recipe]]:
    """`run` by `recipe`, and `run-sSEED` by the same with each of the seeds that follow."""
    seeds = range(recipe.seed, recipe.seed + count)
    names = [run, *(f"{run}-s{seed}" for seed in seeds[1:])]
    recipes = [recipe.model_copy(update={"seed": seed}) for seed in seeds]
    return list(zip(map(checked_name, names), recipes, strict=True))
