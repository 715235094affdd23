"""What an audit of a run's out-of-fold probabilities finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from artcli.predicting.calibration import Reliability


@dataclass(frozen=True)
class Suspect:
    """A painting of the training set whose label is in doubt.

    `given` is the artist of train.csv, `suggested` the one that the models name instead;
    `given_probability` and `suggested_probability` are theirs, over the painting's pieces;
    `quality` is the label's, 0 to 1, low where it is doubtful; `flagged`: confident learning takes
    it for an error, not merely for a hard painting.
    """

    id: str
    given: str
    suggested: str
    given_probability: float
    suggested_probability: float
    quality: float
    flagged: bool


@dataclass(frozen=True)
class ArtistScore:
    """How well an artist is known: pieces judged, and precision, recall and F1 over them.

    `works`: paintings to learn from. `taken_for` is the artist most often named instead, "" where
    none was, with the share of the pieces.
    """

    artist: str
    works: int
    pieces: int
    precision: float
    recall: float
    f1: float
    taken_for: str = ""
    taken_share: float = 0.0


@dataclass(frozen=True)
class Confusion:
    """Pieces of `truth` taken for `guess`: how many, what share of the truth's, and the painting
    `example` whose pieces are taken so most surely, beside `model_of`, the painting by `guess` that
    is most surely known for its own."""

    truth: str
    guess: str
    pieces: int
    share: float
    example: str
    model_of: str


@dataclass(frozen=True, eq=False)
class Audit:
    """All that a run's out-of-fold probabilities tell.

    `run`: its name; `f1`, `f1_low`, `f1_high`: macro F1 of the pieces, with its interval by
    painting; `order`: the artists, those taken for each other side by side; `matrix` `(C, C)`: the
    pieces of the artist `order[row]` named `order[column]`; `artists`: in the order of the classes;
    `confusions`: the worst first; `reliability`: of the pieces; `suspects`: the most doubtful
    first, empty where the labels were not audited, and `why_not` then says why.
    """

    run: str
    f1: float
    f1_low: float
    f1_high: float
    order: tuple[str, ...]
    matrix: NDArray[np.int64]
    artists: tuple[ArtistScore, ...]
    confusions: tuple[Confusion, ...]
    reliability: Reliability
    suspects: tuple[Suspect, ...] = field(default=())
    why_not: str = ""
