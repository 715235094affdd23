"""Labels that are probably wrong, from what models say of paintings that they were not trained on.

Out-of-fold probabilities of pieces go in; paintings whose label is in doubt come out, the most
doubtful first. What is said of a painting is pooled, and its label weighed against what is usual
for paintings that bear it, which finds somewhat more wrong labels than the best of cleanlab's own
scores (`benchmarks/label_audit.py`); cleanlab says which are errors by confident learning.

Source: Northcutt et al. 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from artcli.errors import ArtcliError
from artcli.predicting.audit.records import Suspect
from artcli.predicting.pooling import LEAST, pool

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.contest.tables import Contest
    from artcli.predicting.predictions import Predictions

    Floats = NDArray[np.floating[Any]]
    Numbers = NDArray[np.integer[Any]]


def find_suspects(contest: Contest, oof: Predictions) -> tuple[Suspect, ...]:
    """Paintings of `contest` that the models give to another artist than train.csv does.

    `oof`: out-of-fold probabilities by the contest's artists, in any order of columns. Errors: as
    of `judge_labels`.
    """
    ids, said = by_painting(oof.with_classes(contest.artists))
    number = {artist: place for place, artist in enumerate(contest.artists)}
    artist_of = {painting.id: number[str(painting.artist)] for painting in contest.train}
    given = np.array([artist_of[key] for key in ids.tolist()], np.int64)
    quality, flagged = judge_labels(given, said)
    suggested = said.argmax(1)
    ranked = [row for row in np.argsort(quality, kind="stable") if suggested[row] != given[row]]
    return tuple(
        Suspect(
            id=str(ids[row]),
            given=contest.artists[given[row]],
            suggested=contest.artists[suggested[row]],
            given_probability=float(said[row, given[row]]),
            suggested_probability=float(said[row, suggested[row]]),
            quality=float(quality[row]),
            flagged=bool(flagged[row]),
        )
        for row in ranked
    )


def by_painting(oof: Predictions) -> tuple[NDArray[np.str_], Floats]:
    """The ids `(P,)` of the paintings, and what is said of each, `(P, C)`.

    The geometric mean over its pieces, and of that and the look at the whole where there is one:
    a piece that rules the label out counts for more than in a plain mean.
    """
    pieces = oof.pieces()
    ids, first = np.unique(pieces.ids, return_index=True)
    said = pool(pieces.probabilities, pieces.ids)[first]
    whole = oof.whole()
    whole = whole.rows(np.isin(whole.ids, ids))
    together = pool(np.concatenate([said, whole.probabilities]), np.concatenate([ids, whole.ids]))
    return ids, together[: len(ids)]


def judge_labels(given: Numbers, said: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """The quality `(P,)` of the labels `given` `(P,)`, class numbers, and which are flagged.

    `said` `(P, C)`: the probabilities of each painting. The quality is `p / (p + usual)` of the
    label's probability `p` and the geometric mean of it over all paintings that bear the label: 0.5
    where it is as usual, near 0 for a wrong label of an artist of whom models are sure as a rule.
    `flagged`: another artist's share is at least 1 and the highest, which is an error to confident
    learning. Errors: `ArtcliError` where cleanlab is not installed, or all labels are one artist's.
    """
    if (given == given[0]).all():
        raise ArtcliError("all paintings that were judged are by one artist")
    try:
        from cleanlab.filter import find_label_issues
    except ImportError as error:
        raise ArtcliError(
            "cleanlab, which finds wrong labels, is not installed", 'pip install "artcli[audit]"'
        ) from error
    own = np.maximum(said[np.arange(len(given)), given], LEAST)
    classes = said.shape[1]
    bearing = np.bincount(given, minlength=classes)
    usual = np.exp(np.bincount(given, np.log(own), minlength=classes) / np.maximum(bearing, 1))
    quality = own / (own + usual[given])
    flagged = find_label_issues(given, said, filter_by="confident_learning", n_jobs=1)
    return quality, np.asarray(flagged, np.bool_)
