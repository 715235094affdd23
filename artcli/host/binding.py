"""Binding: the text that a user wrote becomes a call whose options have been checked.

In: a kind, a text of the option grammar, and `find`, which knows the components. Out: a `Bound`.
Everything wrong with the text is said in one error, before anything is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

from artcli.errors import ArtcliError, UsageError, dead_loader, out_of_memory
from artcli.host.gathering import Gathered
from artcli.host.kinds import Kind, kind_named
from artcli.host.nearest import did_you_mean
from artcli.host.options import (
    Option,
    check_value,
    extra_value,
    gathers,
    options_of,
    value_from_text,
)
from artcli.host.quiet import said
from artcli.host.records import Registered
from artcli.host.spec import Spec, format_chain, parse
from artcli.host.targets import described, load_target

Find = Callable[[str, str], Registered]


@dataclass(frozen=True)
class Part:
    """One component with the values of its options; `spec` is what the user wrote of it.

    A path that its type made absolute stands absolute in `spec`, so that it means the same from
    any folder.
    """

    registered: Registered
    target: Callable[..., Any]
    signature: tuple[Option, ...]
    options: Mapping[str, Any]
    spec: Spec

    @property
    def given(self) -> frozenset[str]:
        return frozenset(key for key, _ in self.spec.options)

    def __call__(self, *positional: Any) -> Any:
        try:
            return self.target(*positional, **self.options)
        except ArtcliError:
            raise
        except (Exception, SystemExit) as error:
            raise _failure(self.registered, error) from error

    def accepts(self, option: str) -> bool:
        return any(known.name == option for known in self.signature)

    def with_options(self, more: Mapping[str, Any]) -> Part:
        known = {option.name: option for option in self.signature}
        values = {
            name: _usable(None, check_value, known[name], value)
            for name, value in more.items()
            if name in known
        }
        return replace(self, options={**self.options, **values})


@dataclass(frozen=True)
class Bound:
    """A component, or a chain of them, with options checked: call it with what the run gives.

    `text` is what the user wrote, in canonical form: `bind` reads it again.
    """

    kind: Kind
    text: str
    parts: tuple[Part, ...] = field(repr=False)

    def __call__(self, *positional: Any) -> Any:
        """The target's result; of a chain, the results joined as the kind says.

        Errors: what goes wrong inside a target is an `ArtcliError` that names its distribution.
        """
        results = [part(*positional) for part in self.parts]
        if self.kind.chain is not None and len(results) > 1:
            return self.kind.chain(results)
        return results[0]

    def blamed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """`call`, which this made, with its errors told as errors of this component's plugin."""

        def named(*arguments: Any) -> Any:
            try:
                return call(*arguments)
            except ArtcliError:
                raise
            except (Exception, SystemExit) as error:
                if out_of_memory(error) or dead_loader(error):  # nobody's fault
                    raise
                raise _failure(self.parts[0].registered, error) from error

        return named

    @property
    def registered(self) -> tuple[Registered, ...]:
        """Its components, and those that their options use."""
        values = [value for part in self.parts for value in part.options.values()]
        used = [one for value in values if isinstance(value, Bound) for one in value.registered]
        return (*(part.registered for part in self.parts), *used)

    @property
    def options(self) -> dict[str, Any]:
        """The options' values, defaults filled in (of a chain: the first component's)."""
        return dict(self.parts[0].options)

    def accepts(self, option: str) -> bool:
        """Whether the target (one of a chain's) has this option in its signature."""
        return any(part.accepts(option) for part in self.parts)

    def given(self, option: str) -> bool:
        """Whether the user wrote this option."""
        return any(option in part.given for part in self.parts)

    def with_options(self, **more: Any) -> Bound:
        """The same with these values, in each part that has such an option; `text` stays.

        Errors: `UsageError` for a value that does not fit, or an option that no part has.
        """
        for name in more:
            if not self.accepts(name):
                raise UsageError(f"{self.kind.name} {self.text} has no option {name!r}")
        return replace(self, parts=tuple(part.with_options(more) for part in self.parts))


def bind(kind_name: str, text: str, find: Find) -> Bound:
    """Bind one text. Errors: `UsageError` (`UsageProblems` when there are several).

    A plugin's own fault (its target cannot be imported, its signature is not of this kind) is an
    `ArtcliError` that names the distribution.
    """
    kind = kind_named(kind_name)
    specs = (Spec(text),) if kind.file else parse(text)
    if len(specs) > 1 and kind.chain is None:
        raise UsageError(
            f"{text!r}: a run takes one {kind.name}, not a chain",
            "a value with a plus sign stands in parentheses",
        )
    gathered, parts = Gathered(), list[Part]()
    for spec in specs:
        with gathered.catching():
            parts.append(_part(spec, kind, find))
    gathered.raise_any(f"{kind.name} {text}")
    return Bound(kind, format_chain(tuple(part.spec for part in parts)), tuple(parts))


def bind_all(wanted: Mapping[str, tuple[str, str]], find: Find) -> dict[str, Bound]:
    """Bind the (kind, text) of each flag; every mistake of the command line in one error."""
    gathered, bound = Gathered(), dict[str, Bound]()
    for flag, (kind, text) in wanted.items():
        with gathered.catching(f"{flag}: "):
            bound[flag] = bind(kind, text, find)
    gathered.raise_any("the command line is wrong")
    return bound


def _part(spec: Spec, kind: Kind, find: Find) -> Part:
    registered = find(kind.name, spec.name)
    target = load_target(registered)
    signature = options_of(target)
    hint = f"see: artcli plugins show {kind.name} {spec.name}"
    gathered, values, unnamed = Gathered(), dict[str, Any](), dict(spec.options)
    for option in signature:
        text = None if gathers(option) else unnamed.pop(option.name, None)
        with gathered.catching(f"{spec.name}: "):
            values[option.name] = _value(option, text, find, hint)
    extra = next(filter(gathers, signature), None)
    for key, text in unnamed.items():
        with gathered.catching(f"{spec.name}: "):
            if extra is None:
                names = [option.name for option in signature]
                has = f"; it has {', '.join(names)}" if names else "; it has none"
                raise UsageError(f"no option {key!r}{did_you_mean(key, names)}{has}", hint)
            values[extra.name][key] = _usable(hint, extra_value, extra, key, text)
    gathered.raise_any(f"{kind.name} {spec.name}")
    written = tuple((key, _lasting(values.get(key), text)) for key, text in spec.options)
    return Part(registered, target, signature, values, Spec(spec.name, written))


def _failure(registered: Registered, error: BaseException) -> ArtcliError:
    return ArtcliError(
        f"{described(registered)} failed: {said(error)}", "artcli --debug … shows where"
    )


def _lasting(value: Any, text: str) -> str:
    """`text`, or the path or text that its type made of it."""
    return str(value) if isinstance(value, str | PurePath) else text


def _value(option: Option, text: str | None, find: Find, hint: str) -> Any:
    """What the target is given for `option`: the user's text, or its default, checked."""
    if gathers(option):
        return dict(option.default)
    if text is None and option.required:
        raise UsageError(f"the option {option.name} must be given", hint)
    if option.uses is not None:
        return _component(option, option.default if text is None else text, find)
    if text is None:
        return _usable(hint, check_value, option, option.default)
    return _usable(hint, value_from_text, option, text)


def _component(option: Option, text: str | None, find: Find) -> Bound | None:
    assert option.uses is not None
    if text is None or (option.may_be_none and text.lower() == "none"):
        return None
    gathered = Gathered()
    with gathered.catching(f"{option.name}: "):
        return bind(option.uses, text, find)
    gathered.raise_any(option.name)
    return None


def _usable(hint: str | None, check: Callable[..., Any], *arguments: Any) -> Any:
    """The result of `check`, whose `ValueError` is the user's mistake."""
    try:
        return check(*arguments)
    except ValueError as error:
        raise UsageError(str(error), hint) from error
