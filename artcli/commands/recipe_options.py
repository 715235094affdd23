"""The options that make a recipe, from the recipe's own fields: one flag for each.

`with_recipe_options` gives a command all of them, so that no flag, type or help text is written
twice. What the user did not give is absent from what the command receives.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, get_args

import typer

from artcli.training.recipe import Recipe, flag_of


def with_recipe_options(command: Callable[..., None]) -> Callable[..., None]:
    """`command` with a flag for each field of `Recipe`; they reach it as the dict `given`."""
    return _with_options(command, defaults=True)


def over_recipes(command: Callable[..., None]) -> Callable[..., None]:
    """`with_recipe_options` where each recipe has its own values, so that no default is shown."""
    return _with_options(command, defaults=False)


def _with_options(command: Callable[..., None], *, defaults: bool) -> Callable[..., None]:
    fields = Recipe.model_fields
    own = inspect.signature(command, eval_str=True)

    @wraps(command)
    def wrapped(**values: Any) -> None:
        given = {name: values.pop(name) for name in fields}
        command(**values, given={name: value for name, value in given.items() if value is not None})

    parameters = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=_annotation(name, defaults),
        )
        for name in fields
    ]
    kept = [parameter for name, parameter in own.parameters.items() if name != "given"]
    first = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in kept]
    wrapped.__signature__ = own.replace(parameters=[*first, *parameters])  # type: ignore[attr-defined]
    wrapped.__annotations__ = {p.name: p.annotation for p in (*first, *parameters)}
    return wrapped


def _annotation(name: str, defaults: bool) -> Any:
    field = Recipe.model_fields[name]
    kind, metavar = _typed(field.annotation)
    flag = flag_of(name)
    if kind is bool:
        flag = f"{flag}/--no-{flag.removeprefix('--')}"
    known = defaults and field.default not in (None, ())
    shown = f" [default: {_plain(field.default)}]" if known else ""
    option = typer.Option(
        flag,
        help=f"{field.description}{shown}",
        rich_help_panel="Components" if metavar == "SPEC" else "Training",
        metavar=metavar,
        show_default=False,
    )
    return Annotated[list[str] | None if kind is list else kind | None, option]


def _typed(annotation: Any) -> tuple[Any, str | None]:
    """The type of a flag's value, and what stands for it in the help where that says more."""
    members = [member for member in get_args(annotation) if member not in (type(None), ...)]
    if annotation is str:
        return str, "SPEC"
    if annotation in (int, float, bool):
        return annotation, None
    if int in members:
        return int, None
    if all(isinstance(member, str) for member in members):
        return str, None  # a choice; the recipe checks it
    return list, "NAME" if members == [str] else "SPEC"


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
