"""What a run's out-of-fold probabilities score against the truth of train.csv."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from artcli.contest.f1 import bootstrap_interval, macro_f1

if TYPE_CHECKING:
    from artcli.contest.tables import Contest
    from artcli.predicting.predictions import Predictions


def oof_scores(oof: Predictions | None, contest: Contest) -> dict[str, float]:
    """`f1`, `f1_low`, `f1_high` of the pieces (all at once) and `whole_f1`, of those there are.

    Paintings that the contest no longer has count nowhere.
    """
    if oof is None:
        return {}
    artist_of = {painting.id: str(painting.artist) for painting in contest.train}
    oof = oof.rows(np.isin(oof.ids, list(artist_of)))
    scores: dict[str, float] = {}
    if len(pieces := oof.pieces()):
        truth, guesses = [artist_of[key] for key in pieces.ids.tolist()], pieces.guesses()
        low, high = bootstrap_interval(truth, guesses, pieces.ids)
        scores = {"f1": macro_f1(truth, guesses), "f1_low": low, "f1_high": high}
    if len(whole := oof.whole()):
        truth = [artist_of[key] for key in whole.ids.tolist()]
        scores["whole_f1"] = macro_f1(truth, whole.guesses())
    return scores
