"""Types and texts: the value of a type that a text stands for, and a type as people read it."""

from __future__ import annotations

import types
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePath
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from artcli.host.spec import split, unwrapped
from artcli.host.use import Use


def validate(hint: Any, value: Any) -> Any:
    """`value` converted to the type `hint`. Errors: `ValueError` with a short text for people."""
    from pydantic import ConfigDict, PydanticSchemaGenerationError, TypeAdapter, ValidationError

    try:
        adapter = TypeAdapter(hint, config=ConfigDict(allow_inf_nan=False))
    except PydanticSchemaGenerationError as error:
        raise ValueError("options cannot have this type") from error
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        if len(members(hint)) > 1:
            raise ValueError("none of its types fits") from error
        said = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ValueError(said[:1].lower() + said[1:]) from error


def raw(hint: Any, text: str) -> Any:
    """`text` as pydantic wants it for `hint`: pieces for a tuple, None, a literal's own value."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return raw(arguments[0], text)
    if origin in (Union, types.UnionType):
        return _first_that_fits(arguments, text)
    if origin is Literal:
        return next((choice for choice in arguments if str(choice) == text), text)
    if hint is type(None):
        return None if text.lower() == "none" else text
    if hint is Any or hint is object:
        return _guessed(text)
    container = origin or hint
    if container is tuple:
        return _tuple(arguments, _pieces(text))
    if container is not str and isinstance(container, type) and _holds_items(container):
        item = arguments[0] if arguments else Any
        return [raw(item, piece) for piece in _pieces(text)]
    return text


def _first_that_fits(choices: tuple[Any, ...], text: str) -> Any:
    """The value of the first member of a union that takes `text`; a plain text fits last."""
    if type(None) in choices and text.lower() == "none":
        return None
    for member in sorted(choices, key=lambda member: member is str):
        try:
            return validate(member, raw(member, text))
        except ValueError:
            continue
    return text


def _guessed(text: str) -> Any:
    """What a text most likely means where any type will do: a number, true, false, none, text."""
    if text.lower() in ("true", "false", "none"):
        return {"true": True, "false": False, "none": None}[text.lower()]
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def _pieces(text: str) -> list[str]:
    pieces = [unwrapped(piece.strip()) for piece in split(text, ",")]
    return pieces[:-1] if pieces[-1] == "" else pieces


def _tuple(items: tuple[Any, ...], pieces: list[str]) -> list[Any]:
    if len(items) == 2 and items[1] is ...:
        return [raw(items[0], piece) for piece in pieces]
    hints = [*items, *[str] * (len(pieces) - len(items))]
    return [raw(hint, piece) for hint, piece in zip(hints, pieces, strict=False)]


def _holds_items(container: type) -> bool:
    return issubclass(container, Collection) and not issubclass(container, Mapping | bytes)


def members(hint: Any) -> tuple[Any, ...]:
    """The types of a union; of any other type, itself."""
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def marks(hint: Any) -> Iterable[Any]:
    """What `Annotated` adds to a type, with what pydantic's `Field` holds."""
    for mark in getattr(hint, "__metadata__", ()):
        yield mark
        yield getattr(mark, "description", None)
        yield from getattr(mark, "metadata", ())


_BOUNDS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}


def shown(hint: Any) -> str:
    """A type as people read it: `float > 0`, `5m | 11m | 21m`, `optimizer component`."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        if used := next((mark for mark in marks(hint) if isinstance(mark, Use)), None):
            return f"{used.kind} component"
        bounds = [
            f"{sign} {getattr(mark, bound)}"
            for mark in marks(hint)
            for bound, sign in _BOUNDS.items()
            if getattr(mark, bound, None) is not None
        ]
        return f"{shown(arguments[0])} {' and '.join(bounds)}".rstrip()
    if origin in (Union, types.UnionType):
        return " | ".join(map(shown, arguments))
    if origin is Literal:
        return " | ".join(map(str, arguments))
    if hint is type(None):
        return "none"
    if hint is ...:
        return "…"
    if isinstance(hint, type) and issubclass(hint, PurePath):
        return "path"
    name = getattr(origin or hint, "__name__", None) or str(hint)
    return f"{name}[{', '.join(map(shown, arguments))}]" if arguments else name
