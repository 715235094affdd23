"""Which run is audited: the one that is named, or the best that was judged on every painting."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from artcli.errors import ArtcliError
from artcli.predicting.candidates import find_candidate, list_candidates
from artcli.predicting.exam import line_up
from artcli.predicting.folder import Kept, read_kept

if TYPE_CHECKING:
    from artcli.contest.tables import Contest
    from artcli.workspace.paths import Workspace


def run_to_audit(workspace: Workspace, contest: Contest, name: str | None = None) -> Kept | None:
    """The predictions of the run or result `name`, of the contest's paintings alone.

    Without a name those of the best score whose pieces cover every painting of the contest, each
    in one fold; None where there are none. Errors: a name that is unknown, whose predictions are
    damaged, of other artists, or hold no pieces of the contest's paintings.
    """
    candidates = list_candidates(workspace)
    if name is not None:
        chosen = find_candidate(candidates, name)
        return _of_contest(contest, read_kept(workspace, chosen.name) or Kept(chosen.name))
    scored = [one for one in candidates if one.judged_on and not math.isnan(one.f1)]
    for candidate in sorted(scored, key=lambda one: one.f1, reverse=True):
        try:
            kept = _of_contest(contest, read_kept(workspace, candidate.name) or Kept(""))
            line_up(contest, [replace(kept, test=None)])
        except ArtcliError:  # `artcli runs` tells what is wrong with it
            continue
        if kept.oof and len(np.unique(kept.oof.pieces().ids)) == len(contest.train):
            return kept
    return None


def _of_contest(contest: Contest, kept: Kept) -> Kept:
    """`kept` without paintings that the contest no longer has, as where a row was corrected away.

    Errors: `ArtcliError` where nothing is left to audit.
    """
    known = [painting.id for painting in contest.train]
    oof = kept.oof and kept.oof.with_classes(contest.artists)
    oof = oof and oof.rows(np.isin(oof.ids, known))
    if oof is None or not len(oof.pieces()):
        raise ArtcliError(
            f"{kept.name} has no out-of-fold predictions of pieces to audit",
            "train folds, which keep them: artcli kfold",
        )
    return replace(kept, oof=oof)
