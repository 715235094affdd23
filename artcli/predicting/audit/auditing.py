"""An audit of a run: what its out-of-fold probabilities tell of the artists and of the labels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from artcli.errors import ArtcliError
from artcli.predicting.audit.confusions import (
    count_confusions,
    score_artists,
    similarity_order,
    worst_confusions,
)
from artcli.predicting.audit.records import Audit, Suspect
from artcli.predicting.audit.suspects import find_suspects
from artcli.predicting.calibration import reliability
from artcli.predicting.exam import line_up

if TYPE_CHECKING:
    from artcli.contest.tables import Contest
    from artcli.predicting.folder import Kept
    from artcli.predicting.predictions import Predictions


def audit(contest: Contest, kept: Kept) -> Audit:
    """What the run `kept` tells of `contest`; its labels are audited where they can be.

    Errors: as of `line_up`: predictions without pieces, of other artists or unknown paintings, or
    where several folds speak of one painting.
    """
    lineup = line_up(contest, [replace(kept, test=None)])
    assert kept.oof is not None  # else it would have been refused
    exam, said = lineup.exam, lineup.oof[0]
    guess = said.argmax(1)
    matrix = count_confusions(exam.truth, guess, len(exam.classes))
    order = similarity_order(matrix)
    score = exam.score(guess)
    suspects, why_not = _suspects(contest, kept.oof)
    return Audit(
        run=kept.name,
        f1=score.value,
        f1_low=score.low,
        f1_high=score.high,
        order=tuple(exam.classes[number] for number in order),
        matrix=matrix[order][:, order],
        artists=score_artists(matrix, exam.classes, contest.counts),
        confusions=worst_confusions(exam, guess, matrix, said),
        reliability=reliability(said, exam.truth),
        suspects=suspects,
        why_not=why_not,
    )


def _suspects(contest: Contest, oof: Predictions) -> tuple[tuple[Suspect, ...], str]:
    """The suspects, or none and why they could not be found."""
    try:
        return find_suspects(contest, oof), ""
    except ArtcliError as error:
        return (), error.message if error.hint is None else f"{error.message}; {error.hint}"
