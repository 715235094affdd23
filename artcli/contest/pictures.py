"""Whether a contest's pictures are all there and can be decoded: every bad one told at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from artcli.contest.images import bad_images
from artcli.errors import Problems

if TYPE_CHECKING:
    from artcli.contest.tables import Contest


def check_pictures(contest: Contest, remember: Path | None = None) -> tuple[str, ...]:
    """Decode every picture of a contest; one line for each bad one of the test.

    Errors: `Problems`, when pictures of the training set are bad, that lists all bad ones.
    """
    bad = bad_images(
        list(dict.fromkeys(painting.path for painting in (*contest.train, *contest.test))),
        remember=remember,
    )
    if not bad.keys().isdisjoint(painting.path for painting in contest.train):
        raise Problems(
            f"{len(bad)} image{'s' * (len(bad) > 1)} cannot be used",
            list(bad.values()),
            "replace these files, or remove the rows of paintings from train.csv",
        )
    return tuple(bad.values())
