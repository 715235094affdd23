"""The option grammar: `name:key=value,key=value`, and `a+b` for a chain.

A value may hold `:` `/` and `=`. One that holds commas, plus signs or parentheses of its own, or
begins or ends with a space, stands in parentheses: `betas=(0.9,0.999)`, `scale=(1e+3)`,
`base=(adamw:weight_decay=0.05)`. `format_spec` writes what `parse` reads, and `from_table` reads
the same from a TOML table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from artcli.errors import UsageError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_NAME_WITH_PLUS = re.compile(r"[A-Za-z][A-Za-z0-9_.+-]*")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HINT = "write name:key=value,key=value; a value with a comma or a plus stands in parentheses"


@dataclass(frozen=True)
class Spec:
    """A component by name, and its options as they were written (outer parentheses removed)."""

    name: str
    options: tuple[tuple[str, str], ...] = ()


def is_name(text: str, *, plus: bool = False) -> bool:
    """Whether `text` can name a component; `plus`: one that is no part of a spec."""
    return (_NAME_WITH_PLUS if plus else _NAME).fullmatch(text) is not None


def parse(text: str) -> tuple[Spec, ...]:
    """The spec of one component, or of each component of a chain. Errors: `UsageError`."""
    return tuple(_parse_one(part, text) for part in split(text, "+"))


def _parse_one(part: str, whole: str) -> Spec:
    name, colon, rest = part.strip().partition(":")
    if not is_name(name):
        raise UsageError(f"{whole!r}: {name!r} is not a component's name", _HINT)
    if colon and not rest:
        raise UsageError(f"{whole!r}: nothing follows the colon", _HINT)
    options: dict[str, str] = {}
    for item in split(rest, ",") if rest else ():
        key, equals, value = item.partition("=")
        key = key.strip()
        if not equals or not _KEY.fullmatch(key):
            raise UsageError(f"{whole!r}: {item.strip()!r} is not key=value", _HINT)
        if key in options:
            raise UsageError(f"{whole!r}: {key} is given twice", "keep one of them")
        options[key] = unwrapped(value.strip())
    return Spec(name, tuple(options.items()))


def split(text: str, separator: str) -> Iterator[str]:
    """`text` at each `separator` outside parentheses, which must match. Errors: `UsageError`."""
    depth, start = 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            break
        if letter == separator and depth == 0:
            yield text[start:place]
            start = place + 1
    if depth != 0:
        raise UsageError(f"{text!r}: the parentheses do not match", _HINT)
    yield text[start:]


def unwrapped(value: str) -> str:
    """`value` without the one pair of parentheses that encloses all of it."""
    if not (value.startswith("(") and value.endswith(")")):
        return value
    depth = 0
    for place, letter in enumerate(value):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and place < len(value) - 1:  # as in "(a)(b)"
            return value
    return value[1:-1]


def format_spec(spec: Spec) -> str:
    """`spec` as `parse` reads it. Errors: `UsageError` where parentheses do not match."""
    options = ",".join(f"{key}={_wrapped(value)}" for key, value in spec.options)
    return f"{spec.name}:{options}" if options else spec.name


def format_chain(specs: tuple[Spec, ...]) -> str:
    return "+".join(map(format_spec, specs))


def _wrapped(value: str) -> str:
    bare = not re.search(r"[,+()]", value) and value == value.strip()
    if not bare:
        list(split(value, ","))  # refuses parentheses that do not match
    return value if bare else f"({value})"


def from_table(table: Mapping[str, Any]) -> str:
    """The text of a spec written as a TOML table: `{name = "focal", gamma = 3}`."""
    if not isinstance(table.get("name"), str):
        raise UsageError("a component's table needs a name", 'like: name = "focal"')
    options = tuple((key, plain(value)) for key, value in table.items() if key != "name")
    return format_spec(Spec(table["name"], options))


def plain(value: Any) -> str:
    """`value` as the grammar writes it: `true`, `none`, `0.9,0.999`."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return from_table(value)
    if isinstance(value, list | tuple):
        return ",".join(map(plain, value))
    return str(value)
