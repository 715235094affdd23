"""The report of an ensemble: how it was made, and all that was measured of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from artcli.workspace.paths import checked_name

if TYPE_CHECKING:
    from pathlib import Path

    from artcli.predicting.ensembling import Comparison, Ensemble
    from artcli.workspace.paths import Workspace


@dataclass(frozen=True, eq=False)
class EnsembleReport:
    """An ensemble, kept as `name`, and how.

    `line` is the command that makes it, `voter` the voter's spec, `pool` what was pooled, None for
    nothing, and `siblings` what is known of those that were looked for. It was judged on `pieces`
    of `paintings`, in `splits`. `comparison` is of all runs that were named; `next_line` is the
    command for the set that it proposes. `kind` says why the nested score is a little kind.
    """

    name: str
    date: str
    line: str
    voter: str
    calibrate: bool
    pool: str | None
    pieces: int
    paintings: int
    splits: int
    ensemble: Ensemble
    comparison: Comparison
    next_line: str
    siblings: Mapping[str, Any] | None = None
    kind: tuple[str, ...] = ()

    @property
    def how(self) -> str:
        """In a word or two: `greedy, offsets, siblings`."""
        offsets = "offsets" if self.ensemble.offsets else None
        return ", ".join(filter(None, (self.voter, offsets, self.pool)))

    def made_by(self) -> dict[str, Any]:
        """What the predictions say of where they come from."""
        return {
            "command": "ensemble",
            "of": list(self.ensemble.names),
            "how": self.how,
            "line": self.line,
            "voter": self.voter,
            "calibrate": self.calibrate,
            "pool": self.siblings,
            "pieces": self.pieces,
            "paintings": self.paintings,
            "splits": self.splits,
            "a_little_kind": list(self.kind),
            **self.ensemble.document(),
            "comparison": self.comparison.document(),
        }

    def document(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {"name": self.name, "date": self.date, **self.made_by(), "next": self.next_line}


def ensemble_folder(workspace: Workspace, name: str) -> Path:
    """Where the report of the ensemble `name` lies."""
    return workspace.reports / "ensemble" / checked_name(name)
