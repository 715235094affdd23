"""Pages of HTML that need no other file: a template and its values become one document."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Any


def render(template: str, **values: Any) -> str:
    """The page; every value in it is escaped. No script, nothing loaded from elsewhere."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("artcli.reporting"), autoescape=True, trim_blocks=True
    )
    return environment.get_template(template).render(**values) + "\n"


def source(name: str) -> str:
    """A script of ours, or another file beside the templates, as it is."""
    return (files("artcli.reporting") / "templates" / name).read_text(encoding="utf-8")


def policy(scripts: Iterable[str]) -> str:
    """What a browser may do for a page: show its pictures and styles, run these scripts."""
    hashes = (base64.b64encode(hashlib.sha256(script.encode()).digest()) for script in scripts)
    allowed = " ".join(f"'sha256-{known.decode()}'" for known in hashes) or "'none'"
    return (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"style-src 'unsafe-inline'; script-src {allowed}"
    )


def picture(svg: str) -> Any:
    """An SVG document of our own, for a page to hold as it is: what it shows is escaped in it."""
    from markupsafe import Markup

    return Markup(svg[svg.index("<svg") :])


def columns_of(names: Sequence[str]) -> list[tuple[str, bool]]:
    """(name, whether it is right-aligned) of each column, whose names are as a terminal's table
    takes them."""
    return [(name.removeprefix(">").replace("\n", " "), name.startswith(">")) for name in names]
