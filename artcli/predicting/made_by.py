"""What predictions say of where they come from: of which runs a result is made, and how again.

`made_by` is the entry of this name in predictions.json: empty but for what a command such as
`artcli tta` or `artcli ensemble` made of other runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def members(made_by: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the runs that a result is made of."""
    return tuple(made_by.get("of", ()))


def in_words(made_by: Mapping[str, Any]) -> str:
    """What a result is: `tta of a (flips)`, `ensemble of 3 runs (greedy)`."""
    of, how = members(made_by), made_by.get("how")
    runs = of[0] if len(of) == 1 else f"{len(of)} runs"
    return f"{made_by.get('command')} of {runs}" + (f" ({how})" if how else "")


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([part for part in (", ".join(names[:-1]), *names[-1:]) if part])


def is_kind(made_by: Mapping[str, Any]) -> bool:
    """Whether the score of a result, and of what is made of it, is a little kind: an ensemble's
    weights or offsets were fitted with the truth of other folds' pieces, or its runs were chosen.
    """
    weighed = any(one.get("weight") is not None for one in made_by.get("members", ()))
    fitted = weighed or made_by.get("offsets") or made_by.get("a_little_kind")
    return made_by.get("command") == "ensemble" and bool(fitted)


def way_back(name: str, facts: Mapping[str, Any], flag: str) -> str:
    """A hint: how the predictions of `name`, whose JSON is `facts`, are made anew.

    `flag` names the workspace, as `Workspace.flag` does.
    """
    again, made_by = f"artcli runs remove {name}{flag}, then ", facts.get("made_by", {})
    if made_by:
        plain = f"artcli {made_by.get('command')} {' '.join(members(made_by))}"
        return f"make it anew: {again}{made_by.get('line', plain)}{flag}"
    if facts.get("imported"):
        return f"take them in anew: {again}artcli predict {name} --import FILE{flag}"
    return f"predict again: artcli predict {name}{flag}"
