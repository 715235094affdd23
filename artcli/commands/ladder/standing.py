"""Rows of a ladder that need no training: runs and results that the workspace has already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from artcli.contest.splits import load_or_make_folds
from artcli.errors import Problems, UsageError
from artcli.predicting.folder import read_kept
from artcli.predicting.made_by import in_words, listed, members
from artcli.reporting.ladder import FOLD, Standing

if TYPE_CHECKING:
    from artcli.commands.ladder.plan import Plan
    from artcli.contest.tables import Contest
    from artcli.predicting.candidates import Candidate
    from artcli.workspace.paths import Workspace


def stand(found: Candidate) -> Standing:
    """The row of what is there. Errors: `UsageError` where the fold that judges is not in it."""
    if FOLD not in found.judged_on:
        folds = f"only of fold {listed(found.judged_on)}" if found.judged_on else "of none"
        raise UsageError(
            f"{found.name} ({found.state}) cannot be a row: it has out-of-fold predictions "
            f"{folds}, and fold {FOLD} judges every row"
        )
    if found.made_by:
        made = in_words(found.made_by)
    elif found.record:
        made = f"run of fold{'s' * (len(found.judged_on) > 1)} {listed(found.judged_on)}"
    else:
        made = found.state
    return Standing(found.name, made, members(found.made_by))


def refuse_other_paintings(workspace: Workspace, contest: Contest, plan: Plan) -> None:
    """Before hours of training: `Problems` for what stands and was judged on other paintings than
    those which will judge the rungs.
    """
    if not (plan.rungs and plan.standing):
        return
    folds = load_or_make_folds(workspace, contest, plan.rungs[0].recipe.folds)
    held = folds.validation(int(FOLD))
    problems = []
    for row in plan.standing:
        kept = read_kept(workspace, row.name)
        oof = kept.oof.pieces() if kept and kept.oof else None
        judged = set(oof.ids[oof.folds == int(FOLD)].tolist()) if oof else set()
        if judged != held:
            problems.append(
                f"{row.name}: {len(judged ^ held):,} paintings of its fold {FOLD} are not those of "
                f"{folds.k} folds"
            )
    if problems:
        raise Problems(
            "rows were judged on other paintings",
            problems,
            "give the recipes as many folds as those runs have: --folds N",
        )
