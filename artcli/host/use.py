"""`Use["optimizer"]`: the type of an option that takes another component."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any


@dataclass(frozen=True)
class Use:
    """`base: Use["optimizer"] = "adamw"` takes a spec such as `sgd:momentum=0.9`.

    The target is handed a callable: called with what its kind's row in the table says, it gives
    what that row says. `Annotated[Any, Use("optimizer")]` is the same, for type checkers that
    take the text in brackets for a type.
    """

    kind: str

    def __class_getitem__(cls, kind: str) -> Any:
        return Annotated[Callable[..., Any], cls(kind)]
