"""Named recipes: each row of the talk, and artcli's own, as a TOML file in this folder.

A file says what it changes of its `base`; its first line, `# NAME: …`, is its summary.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from artcli.plugin import Component

# The talk's, in its order, then artcli's own.
NAMES = (
    "baseline", "layernorm", "augment", "scheduler", "tinyvit", "adamw", "cutmix", "focal",
    "sampler", "style", "sam", "S+F+C", "S+F+C+T", "S+F+C+A", "S+F+T", "S+F+A",
    "genre", "subcenter", "quarter", "scales", "balanced", "inverse", "sqrt", "mixup",
    "cutmix+mixup", "light", "trivial", "sgd", "vit", "probe", "frozen-norm", "ema",
    "layer-decay", "freeze", "artcli",
)  # fmt: skip


def components() -> Iterable[Component]:
    """The recipes in that order; of each file the first line is read."""
    return map(_component, NAMES)


def _component(name: str) -> Component:
    path = Path(__file__).with_name(f"{name}.toml")
    with path.open(encoding="utf-8") as file:
        summary = file.readline().partition(": ")[2]

    def recipe() -> Path:
        return path

    return Component("recipe", name, recipe, summary.strip().removesuffix("."))
