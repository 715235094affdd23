"""A look at a contest's data: every part of the report, each made by the module that knows how."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from artcli.contest.duplicates.keeping import matches_of
from artcli.contest.duplicates.told import duplicate_findings
from artcli.contest.findings import Finding, in_order
from artcli.contest.overview import overview
from artcli.contest.shift import find_shift
from artcli.contest.shift_findings import shift_findings
from artcli.contest.splits import Folds, read_folds
from artcli.contest.survey.faults import file_findings
from artcli.contest.survey.surveying import survey
from artcli.contest.table_findings import table_findings
from artcli.contest.tables import examine_contest
from artcli.errors import Problems
from artcli.predicting.audit.auditing import audit
from artcli.predicting.audit.choosing import run_to_audit
from artcli.predicting.audit.told import label_findings
from artcli.reporting.eda.painting_map import map_paintings
from artcli.reporting.eda.report import EdaReport, PaintingMap

if TYPE_CHECKING:
    from artcli.contest.survey.records import Survey
    from artcli.contest.tables import Contest
    from artcli.training.describing import Described
    from artcli.workspace.paths import Workspace

BY_LOOKS = "statistics of colour and texture"


def gather(
    workspace: Workspace,
    *,
    run: str | None = None,
    describe: Callable[[Contest], Described] | None = None,
) -> EdaReport:
    """Look at the workspace's contest, as far as it can be read, and at what `run` says of it.

    `run`: a run or a result whose out-of-fold predictions judge artists and labels, else the best
    one that is judged on every painting, if there is one. `describe` gives the features that the
    map is made of, else they are those of the survey. Errors: where there is no train.csv, or no
    such run.
    """
    examined = examine_contest(workspace.data)
    contest = examined.contest
    kept = run_to_audit(workspace, contest, run)
    seen = survey(workspace.cache, contest)
    matches = matches_of(workspace.cache, seen)
    shift = find_shift(seen)
    audited = audit(contest, kept) if kept else None
    folds, of_folds = _folds(workspace, contest)
    return EdaReport(
        contest=contest,
        survey=seen,
        overview=overview(contest),
        findings=in_order(
            [
                *table_findings(examined),
                *file_findings(seen),
                *of_folds,
                *duplicate_findings(seen, matches, folds),
                *shift_findings(shift),
                *(label_findings(audited) if audited else ()),
            ]
        ),
        matches=matches,
        shift=shift,
        painting_map=_map(workspace.cache, seen, describe and describe(contest)),
        audit=audited,
    )


def _map(cache: Path, seen: Survey, described: Described | None) -> PaintingMap:
    """Of the pictures to learn from that can be read."""
    readable = {seen.paintings[row].id: row for row in seen.usable("train")}
    if described is None:
        rows = np.array(list(readable.values()), np.intp)
        return map_paintings(cache, BY_LOOKS, rows, seen.styles[rows])
    places = [place for place, key in enumerate(described.ids) if key in readable]
    rows = np.array([readable[described.ids[place]] for place in places], np.intp)
    return map_paintings(cache, described.of, rows, described.features[places])


def _folds(workspace: Workspace, contest: Contest) -> tuple[dict[int, Folds], list[Finding]]:
    """The folds files there are, by their number of folds; a finding for each that fits no more."""
    found, faults = dict[int, Folds](), list[Finding]()
    for k, path in workspace.folds_files.items():
        try:
            found[k] = read_folds(path, k, [painting.id for painting in contest.train])
        except Problems as error:
            title = f"{path.name} does not serve"
            faults.append(
                Finding("unfitting-folds", "warning", title, error.hint or "", error.problems)
            )
    return found, faults
