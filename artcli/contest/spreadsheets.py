"""Cells that a spreadsheet would run: disarmed in what we report, and read back as they were.

A cell that begins with = + - or @ (in any width), a tab or a line break is a formula to a
spreadsheet, and may call a program. Behind an apostrophe it is text. One that has apostrophes there
already gets one more, so that each cell is read back as it was.
"""

from __future__ import annotations

import re

_RUN = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would take the text for more than text."""
    return not cell.startswith("'") and _RUN.match(cell) is not None


def disarmed(cell: str) -> str:
    """`cell` as a report holds it; as it is, where it is no formula."""
    return f"'{cell}" if _RUN.match(cell) else cell


def as_it_was(cell: str) -> str:
    """What `disarmed` was given."""
    return cell[1:] if cell.startswith("'") and _RUN.match(cell) else cell
