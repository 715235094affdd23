"""The command line as a user meets it: words in; exit code, output and errors out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from artcli.cli import app


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def text(self) -> str:
        """Results and notes with line breaks and runs of spaces evened out."""
        return " ".join((self.out + self.err).split())


def artcli(*words: object, typed: str | None = None) -> Answer:
    """Run `artcli WORDS` in this process; `typed` is what the user answers."""
    result = CliRunner().invoke(app, list(map(str, words)), input=typed)
    return Answer(result.exit_code, result.stdout, result.stderr)
