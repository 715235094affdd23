"""Cells of the page's tables are written for people and sorted as what they are."""

from __future__ import annotations

import math

import pytest

from artcli.reporting.eda.report import Cell, Sheet
from artcli.reporting.eda.tables import MOST, cell_text, html_table


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (1866, "1,866"),
        (0.125, "0.12"),
        (-1234.5, "−1,234.50"),
        (None, ""),
        (math.nan, ""),
        ("a", "a"),
    ],
)
def test_a_cell_is_written_for_people(cell: Cell, text: str) -> None:
    assert cell_text(cell, 2) == text


def test_years_have_no_separator_and_blank_cells_no_number() -> None:
    rows = (("Ada", 1866, 2.5), ("Ben", None, math.nan))
    table = html_table(Sheet("lives", "Lives", ("artist", ">born", ">score"), rows, digits=1))
    assert table.columns == (("artist", False), ("born", True), ("score", True))
    assert table.rows == (
        (("Ada", None), ("1866", 1866.0), ("2.5", 2.5)),
        (("Ben", None), ("", None), ("", None)),
    )


def test_born_and_died_are_left_out_where_the_years_stand() -> None:
    rows = (("Ada", "1866 - 1944", 1866, 1944, 12),)
    columns = ("artist", "years", ">born", ">died", ">works")
    table = html_table(Sheet("lives", "Lives", columns, rows))
    assert [name for name, _ in table.columns] == ["artist", "years", "works"]
    assert table.rows == (
        (("Ada", None), ("1866\N{NO-BREAK SPACE}-\N{NO-BREAK SPACE}1944", None), ("12", 12.0)),
    )


def test_a_long_table_is_cut_and_says_so() -> None:
    table = html_table(Sheet("long", "Long", (">n",), tuple((n,) for n in range(MOST + 7))))
    assert (len(table.rows), table.left_out) == (MOST, 7)
