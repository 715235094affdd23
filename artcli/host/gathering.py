"""Errors met one after the other and raised together, so that they are mended together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from artcli.errors import ArtcliError, Problems, UsageError, UsageProblems


class Gathered:
    """Collects errors: `with gathered.catching(): …`, then `gathered.raise_any(…)`."""

    def __init__(self) -> None:
        self._errors: list[ArtcliError] = []

    @contextmanager
    def catching(self, prefix: str = "") -> Iterator[None]:
        """Keep the `ArtcliError` that the body raises, with `prefix` before its message."""
        try:
            yield
        except Problems as error:
            self._errors += [
                _kept(error, prefix + problem, isinstance(error, UsageError))
                for problem in error.problems
            ]
        except ArtcliError as error:
            self._errors.append(_kept(error, prefix + error.message, isinstance(error, UsageError)))

    def raise_any(self, title: str) -> None:
        """Raise a single error as it is; several as `UsageProblems`, with all their hints."""
        if len(self._errors) == 1:
            raise self._errors[0] from self._errors[0].__cause__
        if self._errors:
            hints = dict.fromkeys(error.hint for error in self._errors if error.hint)
            messages = list(dict.fromkeys(error.message for error in self._errors))
            raise UsageProblems(title, messages, "; ".join(hints) or None)


def _kept(error: ArtcliError, message: str, usage: bool) -> ArtcliError:
    kept = (UsageError if usage else ArtcliError)(message, error.hint)
    kept.__cause__ = error
    return kept
