"""The ladder as files: Markdown, a page of HTML that needs no other file, and the plot."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from artcli.reporting.ladder import FOLD, ladder_folder
from artcli.reporting.ladder_cells import (
    COLUMNS,
    DETAILS,
    budget_in_short,
    cells,
    details,
    notes,
)
from artcli.reporting.ladder_plot import ladder_svg
from artcli.reporting.page import columns_of, picture, render
from artcli.workspace.files import write_sealed, write_text

if TYPE_CHECKING:
    from artcli.reporting.ladder import Ladder
    from artcli.workspace.paths import Workspace

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|~$&])")
OWN_RECIPES = "Every row by its own recipe."
_MARKED = ("agrees", "disagrees")


def write_report(workspace: Workspace, ladder: Ladder) -> None:
    """`ladder.json`, `.md`, `.html` and `.svg` in the ladder's folder, each replaced whole."""
    folder, plot = ladder_folder(workspace, ladder.name), ladder_svg(ladder)
    write_text(folder / "ladder.svg", plot)
    write_text(folder / "ladder.html", html_page(ladder, plot))
    write_text(folder / "ladder.md", markdown_page(ladder))
    write_sealed(folder / "ladder.json", ladder.document())


def html_page(ladder: Ladder, plot: str) -> str:
    """One page, with `plot` (an SVG document) in it; no script, nothing loaded from elsewhere."""
    return render(
        "ladder.html",
        ladder=ladder,
        facts=facts(ladder),
        budget=budget_in_short(ladder),
        own_recipes=OWN_RECIPES,
        columns=columns_of(COLUMNS),
        rows=[cells(row, ladder.seeds) for row in ladder.rows],
        detail_columns=columns_of(DETAILS),
        details=[details(row) for row in ladder.rows],
        notes=notes(ladder),
        plot=picture(plot),
        marked=_MARKED,
    )


def markdown_page(ladder: Ladder) -> str:
    budget = budget_in_short(ladder)
    set_over = f"Set over every row: {_escaped(budget)}." if budget else OWN_RECIPES
    return "\n".join(
        [
            f"# Ladder {_escaped(ladder.name)}",
            "",
            _escaped(facts(ladder)),
            "",
            "```console",
            f"$ {ladder.command}",
            "```",
            "",
            set_over,
            "",
            *_table(COLUMNS, [cells(row, ladder.seeds) for row in ladder.rows]),
            "",
            "![The slides' differences of F1 and ours](ladder.svg)",
            "",
            *_table(DETAILS, [details(row) for row in ladder.rows]),
            "",
            *(f"- {_escaped(note)}" for note in notes(ladder)),
            "",
        ]
    )


def facts(ladder: Ladder) -> str:
    """When, where and on how much: one line."""
    known = [
        ladder.date[:10],
        f"fold {FOLD}",
        f"{ladder.seeds} seed{'s' * (ladder.seeds != 1)} a row",
        f"{ladder.pieces:,} pieces of {ladder.paintings:,} validation paintings",
    ]
    if {"device", "cores"} <= ladder.machine.keys():
        known.append(f"{ladder.machine['device']}, {ladder.machine['cores']} cores")
    known += [
        f"{name} {ladder.versions[name]}" for name in ("torch", "timm") if name in ladder.versions
    ]
    return " · ".join(filter(None, known))


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    columns = columns_of(names)
    return [
        _line([name for name, _ in columns]),
        _line(["---:" if right else "---" for _, right in columns]),
        *(_line([_escaped(cell) for cell in row]) for row in rows),
    ]


def _line(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _escaped(text: str) -> str:
    """`text` as Markdown shows it word for word, on one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
