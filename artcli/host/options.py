"""Options from a signature: a target's keyword-only parameters, and their values from text.

In: the callable that a component names. Out: its `Option`s, and for each option the value that a
text of the option grammar stands for, checked by pydantic against the parameter's type.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin, get_type_hints

from artcli.errors import ArtcliError
from artcli.host.use import Use
from artcli.host.values import marks, members, raw, shown, validate

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
        for member in members(self.hint):
            for mark in marks(member):
                if isinstance(mark, Use):
                    return mark.kind
        return None

    @property
    def may_be_none(self) -> bool:
        return type(None) in members(self.hint)


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
    return check_value(option, raw(option.hint, text), text)


def extra_value(option: Option, name: str, text: str) -> Any:
    """The value of a `name` that the mapping `option` gathers. Errors: as `value_from_text`."""
    arguments = get_args(option.hint)
    hint = arguments[1] if len(arguments) == 2 else Any
    return value_from_text(Option(name, shown(hint), None, False, "", hint), text)


def check_value(option: Option, value: Any, text: object = None) -> Any:
    """`value`, converted to the option's type. Errors: `ValueError` with a text for people."""
    try:
        return validate(option.hint, value)
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
    doc = next((mark for mark in marks(hint) if isinstance(mark, str)), "")
    required = parameter.default is _NO_DEFAULT
    option = Option(name, shown(hint), parameter.default, required, doc, hint)
    if gathers(option) and (required or parameter.default is None):
        return Option(name, option.annotation, {}, False, doc, hint)
    return option


def _globals(target: Callable[..., Any]) -> dict[str, Any]:
    """The names that the target's annotations may use."""
    function = inspect.unwrap(getattr(target, "func", target))
    found: dict[str, Any] | None = getattr(function, "__globals__", None)
    return vars(sys.modules[function.__module__]) if found is None else found
