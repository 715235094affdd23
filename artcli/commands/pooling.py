"""Find siblings for a command: look for them, say what was found, and write the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from artcli import console

if TYPE_CHECKING:
    from artcli.contest.f1 import Estimate
    from artcli.contest.tables import Contest
    from artcli.predicting.folder import Kept
    from artcli.predicting.siblings.finding import Siblings
    from artcli.workspace.paths import Workspace


def pool_run(
    workspace: Workspace, contest: Contest, kept: Kept
) -> tuple[Mapping[str, int] | None, dict[str, Any]]:
    """The group of each of the test's pictures that a run has predicted, None where pooling would
    not help, and what is known of the groups, as JSON.

    Errors: `ArtcliError` when the run says nothing of validation pieces, from which alone it can be
    learnt what siblings look like.
    """
    from artcli.errors import ArtcliError
    from artcli.predicting.exam import line_up
    from artcli.predicting.pooling import pool
    from artcli.predicting.siblings.finding import find_siblings

    if kept.oof is None:
        raise ArtcliError(
            f"the run {kept.name} has no out-of-fold predictions, on which pooling is measured",
            "take it in with --import-oof FILE too, or leave --pool out"
            if kept.imported
            else "train a fold of it, or leave --pool out",
        )
    lineup = line_up(contest, [kept])
    siblings = find_siblings(workspace, contest, lineup)
    alone = lineup.oof[0]
    pooled = pool(alone, siblings.validation)
    gain = lineup.exam.difference(pooled.argmax(1), alone.argmax(1))
    facts = tell(workspace, kept.name, siblings, gain)
    if not facts["applied"]:
        return None, facts
    return dict(zip(lineup.test_ids, siblings.test.tolist(), strict=True)), facts


def tell(workspace: Workspace, name: str, siblings: Siblings, gain: Estimate) -> dict[str, Any]:
    """Say what was found for `name`, write its report, and return the figures as JSON.

    `applied` among them: whether siblings shall be pooled.
    """
    from artcli.reporting.siblings_page import RULES, said_of, why_not, write_siblings

    report = write_siblings(workspace, name, siblings, gain)
    for line in said_of(siblings, gain):
        console.note(line)
    reason = why_not(siblings, gain)
    if reason:
        console.warn(reason)
    else:
        console.note(RULES)
    console.note(f"Siblings as pictures: {report}")
    place = report.relative_to(workspace.root).as_posix()
    return {
        "by": "siblings",
        "applied": reason is None,
        "why_not": reason,
        **siblings.document(),
        "gain": asdict(gain),
        "report": place,
    }
