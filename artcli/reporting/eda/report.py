"""What a report on a contest's data is made of: figures, tables and pages are drawn from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from artcli.contest.duplicates.records import Match
    from artcli.contest.findings import Finding
    from artcli.contest.overview import Overview
    from artcli.contest.shift import Shift
    from artcli.contest.survey.records import Survey
    from artcli.contest.tables import Contest
    from artcli.predicting.audit.records import Audit, Suspect

Cell = str | int | float | None
SUSPECTS, SHARE = 30, 0.03  # to be decided on: so many, of a large contest such a share


@dataclass(frozen=True, eq=False)
class PaintingMap:
    """Where each of the survey's pictures to learn from lies on a plane, those alike together.

    `of`: what the places are computed from, in words; `rows` `(M,)`: the numbers of the pictures
    in the survey (bad ones have no place); `places`: a name of the projection (`PCA`, `t-SNE`) to
    `(M, 2)` float32, each axis from 0 to 1.
    """

    of: str
    rows: NDArray[np.intp]
    places: dict[str, NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class EdaReport:
    """All that was found. `audit` is None where no run was judged on every fold."""

    contest: Contest
    survey: Survey
    overview: Overview
    findings: tuple[Finding, ...]
    matches: tuple[Match, ...]
    painting_map: PaintingMap
    audit: Audit | None = None
    shift: tuple[Shift, ...] = ()

    @property
    def doubtful(self) -> tuple[Suspect, ...]:
        """The labels most in doubt, for a person to decide on."""
        most = max(SUSPECTS, round(SHARE * len(self.contest.train)))
        return self.audit.suspects[:most] if self.audit else ()


@dataclass(frozen=True)
class Sheet:
    """A table, for the page, a CSV file `NAME.csv` and JSON alike: a column named `>…` is of
    numbers, which are written to `digits` after the point on the page."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    digits: int = 2


@dataclass(frozen=True, eq=False)
class Drawn:
    """A figure: `NAME.png` on disk, inline in the page. `alt` says in a sentence or two what a
    reader would see in it, with its main figures; `caption` how to read it."""

    name: str
    title: str
    alt: str
    caption: str
    figure: Figure
