"""Pages of HTML that need no other file: a template and its values become one document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def render(template: str, **values: Any) -> str:
    """The page; every value in it is escaped. No script, nothing loaded from elsewhere."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("artcli.reporting"), autoescape=True, trim_blocks=True
    )
    return environment.get_template(template).render(**values) + "\n"


def picture(svg: str) -> Any:
    """An SVG document of our own, for a page to hold as it is: what it shows is escaped in it."""
    from markupsafe import Markup

    return Markup(svg[svg.index("<svg") :])


def columns_of(names: Sequence[str]) -> list[tuple[str, bool]]:
    """(name, whether it is right-aligned) of each column, whose names are as a terminal's table
    takes them."""
    return [(name.removeprefix(">").replace("\n", " "), name.startswith(">")) for name in names]
