"""Options from a signature: a target's keyword-only parameters, and their values from text.

In: the callable that a component names. Out: its `Option`s, and for each option the value that a
text of the option grammar stands for, checked by pydantic against the parameter's type.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from artcli.errors import ArtcliError
from artcli.host.spec import split, unwrapped
from artcli.host.use import Use

EXTRA = "extra"  # the one option that may gather whatever the signature does not name
_NO_DEFAULT = inspect.Parameter.empty


@dataclass(frozen=True)
class Option:
    """One keyword-only parameter of a target.

    `annotation` is its type as people read it, `hint` the type itself. `default` is meaningless
    where the option is `required`. `doc` is the text in `Annotated[…, "text"]`, if any.
    """

    name: str
    annotation: str
    default: Any
    required: bool
    doc: str
    hint: Any

    @property
    def uses(self) -> str | None:
        """The kind of component this option takes (`Use[kind]`), if it takes one."""
        for member in _members(self.hint):
            for mark in _marks(member):
                if isinstance(mark, Use):
                    return mark.kind
        return None

    @property
    def may_be_none(self) -> bool:
        return type(None) in _members(self.hint)


def options_of(target: Callable[..., Any]) -> tuple[Option, ...]:
    """The options of a target, in the order of its signature.

    Errors: `ArtcliError` for a parameter without a type, or one whose type cannot be resolved.
    """
    return tuple(
        _option(target, parameter)
        for parameter in _parameters(target)
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    )


def check_signature(target: Callable[..., Any], positional: tuple[str, ...]) -> None:
    """Refuse a target that does not take exactly the `positional` parameters, and options.

    Names count, since their order is the interface; a leading underscore (not used) is allowed.
    """
    names = []
    for parameter in _parameters(target):
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            raise ArtcliError(
                f"takes **{parameter.name}",
                f"name each option, or declare one {EXTRA}: Mapping[str, …] after the *",
            )
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            raise ArtcliError(f"takes *{parameter.name}", "name each positional parameter")
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            names.append(parameter.name.lstrip("_"))
    if tuple(names) != positional:
        raise ArtcliError(
            f"takes ({', '.join(names)}) where a run gives ({', '.join(positional)})",
            "options stand after a * in the signature",
        )


def value_from_text(option: Option, text: str) -> Any:
    """The value that `text` stands for. Errors: `ValueError` with a text for people."""
    return check_value(option, _raw(option.hint, text), text)


def extra_value(option: Option, name: str, text: str) -> Any:
    """The value of a `name` that the mapping `option` gathers. Errors: as `value_from_text`."""
    arguments = get_args(option.hint)
    hint = arguments[1] if len(arguments) == 2 else Any
    return value_from_text(Option(name, _shown(hint), None, False, "", hint), text)


def check_value(option: Option, value: Any, text: object = None) -> Any:
    """`value`, converted to the option's type. Errors: `ValueError` with a text for people."""
    try:
        return _validate(option.hint, value)
    except ValueError as error:
        written = repr(value if text is None else text)
        raise ValueError(
            f"{option.name}={written}: {error} (it takes {option.annotation})"
        ) from error


def gathers(option: Option) -> bool:
    """Whether this option is the mapping that gathers what the signature does not name."""
    origin = get_origin(option.hint) or option.hint
    return option.name == EXTRA and isinstance(origin, type) and issubclass(origin, Mapping)


def _parameters(target: Callable[..., Any]) -> Collection[inspect.Parameter]:
    try:
        return inspect.signature(target).parameters.values()
    except (TypeError, ValueError) as error:
        raise ArtcliError("its signature cannot be read", "wrap it in a function") from error


def _option(target: Callable[..., Any], parameter: inspect.Parameter) -> Option:
    name, hint = parameter.name, parameter.annotation
    if hint is inspect.Parameter.empty:
        raise ArtcliError(f"option {name} has no type", f"annotate it, like {name}: float")
    try:
        namespace = types.SimpleNamespace(__annotations__={name: hint})
        hint = get_type_hints(namespace, _globals(target), include_extras=True)[name]
    except Exception as error:
        raise ArtcliError(f"the type of option {name} cannot be resolved: {error}") from error
    doc = next((mark for mark in _marks(hint) if isinstance(mark, str)), "")
    required = parameter.default is _NO_DEFAULT
    option = Option(name, _shown(hint), parameter.default, required, doc, hint)
    if gathers(option) and (required or parameter.default is None):
        return Option(name, option.annotation, {}, False, doc, hint)
    return option


def _globals(target: Callable[..., Any]) -> dict[str, Any]:
    """The names that the target's annotations may use."""
    function = inspect.unwrap(getattr(target, "func", target))
    found: dict[str, Any] | None = getattr(function, "__globals__", None)
    return vars(sys.modules[function.__module__]) if found is None else found


def _validate(hint: Any, value: Any) -> Any:
    from pydantic import ConfigDict, PydanticSchemaGenerationError, TypeAdapter, ValidationError

    try:
        adapter = TypeAdapter(hint, config=ConfigDict(allow_inf_nan=False))
    except PydanticSchemaGenerationError as error:
        raise ValueError("options cannot have this type") from error
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        if len(_members(hint)) > 1:
            raise ValueError("none of its types fits") from error
        said = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ValueError(said[:1].lower() + said[1:]) from error


def _raw(hint: Any, text: str) -> Any:
    """`text` as pydantic wants it for `hint`: pieces for a tuple, None, a literal's own value."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _raw(arguments[0], text)
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
        return [_raw(item, piece) for piece in _pieces(text)]
    return text


def _first_that_fits(members: tuple[Any, ...], text: str) -> Any:
    """The value of the first member of a union that takes `text`; a plain text fits last."""
    if type(None) in members and text.lower() == "none":
        return None
    for member in sorted(members, key=lambda member: member is str):
        try:
            return _validate(member, _raw(member, text))
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
        return [_raw(items[0], piece) for piece in pieces]
    hints = [*items, *[str] * (len(pieces) - len(items))]
    return [_raw(hint, piece) for hint, piece in zip(hints, pieces, strict=False)]


def _holds_items(container: type) -> bool:
    return issubclass(container, Collection) and not issubclass(container, Mapping | bytes)


def _members(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _marks(hint: Any) -> Iterable[Any]:
    """What `Annotated` adds to a type, with what pydantic's `Field` holds."""
    for mark in getattr(hint, "__metadata__", ()):
        yield mark
        yield getattr(mark, "description", None)
        yield from getattr(mark, "metadata", ())


_BOUNDS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}


def _shown(hint: Any) -> str:
    """A type as people read it: `float > 0`, `5m | 11m | 21m`, `optimizer component`."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        if used := next((mark for mark in _marks(hint) if isinstance(mark, Use)), None):
            return f"{used.kind} component"
        bounds = [
            f"{sign} {getattr(mark, bound)}"
            for mark in _marks(hint)
            for bound, sign in _BOUNDS.items()
            if getattr(mark, bound, None) is not None
        ]
        return f"{_shown(arguments[0])} {' and '.join(bounds)}".rstrip()
    if origin in (Union, types.UnionType):
        return " | ".join(map(_shown, arguments))
    if origin is Literal:
        return " | ".join(map(str, arguments))
    if hint is type(None):
        return "none"
    if hint is ...:
        return "…"
    if isinstance(hint, type) and issubclass(hint, PurePath):
        return "path"
    name = getattr(origin or hint, "__name__", None) or str(hint)
    return f"{name}[{', '.join(map(_shown, arguments))}]" if arguments else name
