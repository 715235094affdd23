"""What is wrong with a contest's files: a line for people that knows its code for scripts."""

from __future__ import annotations

from typing import Self


class Problem(str):
    """A line that says what is wrong, or odd, and where; `code` names its kind (`blank-cell`).

    It is text, so that whoever only shows or raises it needs to know nothing of codes.
    """

    __slots__ = ("code",)
    code: str

    def __new__(cls, text: str, code: str = "") -> Self:
        made = super().__new__(cls, text)
        made.code = code
        return made


def code_of(line: str) -> str:
    """The code of a line that says what is wrong; "" where it is mere text."""
    return line.code if isinstance(line, Problem) else ""
