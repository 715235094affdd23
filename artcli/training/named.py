"""Named recipes: what a recipe's file may hold beside the recipe, and how names become recipes.

A file may say `base = "NAME"`: all that it does not say is as in that recipe. It opens with a
comment, `# NAME: one sentence.`, and its table `[published]` has the scores that others reached
with it. No torch here: listing recipes reads files alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from artcli.errors import ArtcliError
from artcli.host.nearest import did_you_mean
from artcli.training.recipe import Recipe, read_as, read_recipe
from artcli.workspace.runs import list_runs

if TYPE_CHECKING:
    from artcli.host.discovery import Host
    from artcli.host.records import Source
    from artcli.workspace.paths import Workspace


class Published(BaseModel):
    """Scores of a recipe as its `source` gives them: losses, macro F1, and F1 on both boards."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    train_loss: float | None = Field(default=None, ge=0)
    validation_loss: float | None = Field(default=None, ge=0)
    f1: float | None = Field(default=None, ge=0, le=1)
    public: float | None = Field(default=None, ge=0, le=1)
    private: float | None = Field(default=None, ge=0, le=1)
    source: str = ""


class RecipeFile(Recipe):
    """What a recipe's file may hold; the fields that it does not say are its base's."""

    base: str | None = None
    published: Published | None = None


@dataclass(frozen=True)
class NamedRecipe:
    """A recipe that a plugin offers.

    `recipe` is whole, resolved through its bases; `changes` are the fields in which it differs from
    `base`, or from artcli's defaults where there is none. `about` is one sentence, `comment` the
    lines that open the file, without their signs.
    """

    name: str
    about: str
    base: str | None
    recipe: Recipe
    changes: dict[str, Any]
    published: Published | None
    path: Path
    source: Source
    comment: tuple[str, ...]


def named_recipe(host: Host, name: str) -> NamedRecipe:
    """The recipe of this name.

    Errors: `UsageError` for an unknown name; `ArtcliError`, which names the file, for one that
    cannot be read, holds what it may not, or whose bases are unknown or go in a circle.
    """
    registered, path = host.find("recipe", name), recipe_path(host, name)
    file, recipe, base = _resolved(host, path, (name,))
    comment = opening_comment(path)
    first = comment[0] if comment else ""
    return NamedRecipe(
        name=name,
        about=first.removeprefix(f"{name}: ") or registered.component.summary,
        base=file.base,
        recipe=recipe,
        changes={field: value for field, value in recipe if value != getattr(base, field)},
        published=file.published,
        path=path,
        source=registered.source,
        comment=comment,
    )


def named_recipes(host: Host) -> list[NamedRecipe]:
    """All that can be used, in the order in which plugins offer them; see `broken_recipes`."""
    return [found for found in _tried(host).values() if isinstance(found, NamedRecipe)]


def broken_recipes(host: Host) -> dict[str, ArtcliError]:
    """Those that cannot be used, each with the reason."""
    return {name: found for name, found in _tried(host).items() if isinstance(found, ArtcliError)}


def _tried(host: Host) -> dict[str, NamedRecipe | ArtcliError]:
    tried: dict[str, NamedRecipe | ArtcliError] = {}
    for name in host.names("recipe"):
        try:
            tried[name] = named_recipe(host, name)
        except ArtcliError as error:
            tried[name] = error
    return tried


def recipe_in_file(host: Host, path: Path) -> Recipe:
    """The recipe in a file of the user's own. Errors: as `named_recipe`."""
    return _resolved(host, path, ())[1]


def find_recipe(host: Host, workspace: Workspace, text: str) -> Recipe:
    """The recipe of the run `text`, else the named recipe, else that in the file.

    Errors: `ArtcliError` that says what there is.
    """
    path, names = Path(text), host.names("recipe")
    kept = workspace.checkpoints / path.name / "recipe.toml"
    if len(path.parts) == 1 and kept.is_file():
        return read_recipe(kept)
    if text in names:
        return named_recipe(host, text).recipe
    if path.is_file():
        return recipe_in_file(host, path)
    runs = [run.name for run in list_runs(workspace)]
    near = did_you_mean(text, [*names, *runs])
    raise ArtcliError(
        f"there is no recipe {text}{near}: no run, no named recipe, and no file is called so",
        f"runs: {', '.join(runs) or 'none'}; recipes: {', '.join(names) or 'none'}",
    )


def recipe_path(host: Host, name: str) -> Path:
    """The file of the recipe `name`. Errors: as `named_recipe`, but for what the file says."""
    path = host.bind("recipe", name)()
    if not isinstance(path, Path):
        source = host.find("recipe", name).source
        raise ArtcliError(f"recipe {name} (from {source}) gives {path!r}, which is no Path")
    return path


def opening_comment(path: Path) -> tuple[str, ...]:
    """The lines of the comment that opens a recipe's file, without their signs."""
    lines = []
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    return tuple(lines)


def _resolved(host: Host, path: Path, above: tuple[str, ...]) -> tuple[RecipeFile, Recipe, Recipe]:
    """What the file says, the recipe that this makes, and its base (artcli's defaults, if none).

    `above` are the names of the recipes that led here, this one's last.
    """
    file = read_as(RecipeFile, path)
    base = Recipe() if file.base is None else _base(host, path, file.base, above)
    own = file.model_fields_set & set(Recipe.model_fields)
    return file, base.model_copy(update={field: getattr(file, field) for field in own}), base


def _base(host: Host, path: Path, name: str, above: tuple[str, ...]) -> Recipe:
    if name in above:
        raise ArtcliError(f"{path}: the bases go in a circle: {' -> '.join((*above, name))}")
    try:
        base = recipe_path(host, name)
    except ArtcliError as error:
        raise ArtcliError(f"{path}: base: {error.message}", error.hint) from error
    return _resolved(host, base, (*above, name))[1]
