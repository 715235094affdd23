"""Blend several runs into one answer, judged on paintings that nothing was fitted on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from shlex import join
from typing import TYPE_CHECKING, Annotated

import typer

from artcli.commands.options import JsonOption, Pool, PoolOption, WorkspaceOption

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from artcli.contest.tables import Contest
    from artcli.predicting.blending import Method
    from artcli.predicting.ensembling import Ensemble, Groups
    from artcli.predicting.exam import Lineup
    from artcli.predicting.folder import Kept
    from artcli.reporting.ensemble import EnsembleReport
    from artcli.workspace.paths import Workspace


def command(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN", help="Runs, or results of tta or ensemble.")
    ],
    voter: Annotated[
        str | None,
        typer.Option(
            metavar="SPEC",
            help="soft, hard, rank, geometric, weighted, greedy or a plugin's [default: soft].",
        ),
    ] = None,
    offsets: Annotated[
        bool, typer.Option("--offsets", help="Shift each artist's log probability for macro F1.")
    ] = False,
    calibrate: Annotated[
        bool, typer.Option(help="Give each run, and the ensemble, a temperature.")
    ] = True,
    pool: PoolOption = None,
    best: Annotated[
        bool, typer.Option("--best", help="Blend the proposed ones of the runs alone.")
    ] = False,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The result's name [default: ensemble, ensemble-2, …]."),
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Blend several runs into one answer, judged on paintings that nothing was fitted on.

    Each run alone, each pair and all together are compared, and the fewest runs that are not
    clearly worse than the best are proposed. The blend is kept as a result that submit takes like a
    run: its out-of-fold probabilities are nested, so that its score is honest.
    """
    from artcli import console
    from artcli.commands.ensemble_tables import show
    from artcli.commands.pooling import tell
    from artcli.contest.tables import read_contest
    from artcli.host.discovery import load_host
    from artcli.host.kinds import KINDS
    from artcli.predicting.blending import Method
    from artcli.predicting.ensembling import Groups
    from artcli.predicting.exam import line_up
    from artcli.predicting.folder import result_name
    from artcli.predicting.siblings.finding import find_siblings
    from artcli.reporting.ensemble_page import write_report
    from artcli.workspace.paths import find_workspace

    found = find_workspace(workspace)
    host = load_host(found)
    method = Method(
        host.bind("voter", str(KINDS["voter"].default) if voter is None else voter), calibrate
    )
    result = result_name(found, name, "ensemble")
    contest = read_contest(found)
    for notice in contest.notices:
        console.note(notice)
    kept = _kept(found, dict.fromkeys(runs))
    lineup = line_up(contest, kept)
    splits = _splits(contest, lineup)
    siblings = find_siblings(found, contest, lineup) if pool else None
    groups = Groups(siblings.validation, siblings.test) if siblings else None
    settings = Settings(method, offsets, pool)
    report = _blended(lineup, splits, settings, groups, result, best=best)
    if siblings and report.ensemble.pooling_gain:
        found_of_them = tell(found, result, siblings, report.ensemble.pooling_gain)
        if not found_of_them["applied"]:
            alone = replace(settings, pool=None)
            report = _blended(lineup, splits, alone, None, result, best=best)
        report = replace(report, siblings=found_of_them)
    report = replace(report, kind=_kind(report.ensemble.names, kept))
    _keep(found, contest, lineup, report)
    folder = write_report(found, report)
    if json:
        console.print_json({**report.document(), "report": folder})
    else:
        show(report, found, folder, without_test=[run.name for run in kept if run.test is None])


@dataclass(frozen=True)
class Settings:
    """What the flags say of the blend."""

    method: Method
    offsets: bool
    pool: Pool | None

    def line(self, runs: Sequence[str], name: str | None = None) -> str:
        """The command that blends `runs` so."""
        words = ["artcli", "ensemble", *runs, "--voter", self.method.voter.text]
        words += ["--offsets"] * self.offsets + ["--no-calibrate"] * (not self.method.calibrate)
        words += ["--pool", self.pool.value] if self.pool else []
        return join([*words, "--name", name] if name else words)

    def next_line(self, proposed: Sequence[str], kept: Sequence[str], result: str) -> str:
        """The command that goes on with what is proposed; `result` is of the runs `kept`."""
        if tuple(proposed) == tuple(kept):
            return join(["artcli", "submit", result])
        if len(proposed) == 1 and not (self.offsets or self.pool):
            return join(["artcli", "submit", *proposed])
        return self.line(proposed)


def _kept(workspace: Workspace, runs: Iterable[str]) -> list[Kept]:
    """The predictions of each run. Errors: all that are missing, at once."""
    from artcli.errors import ArtcliError, Problems
    from artcli.predicting.candidates import find_candidate, list_candidates
    from artcli.predicting.folder import read_kept

    candidates, kept, problems = list_candidates(workspace), [], []
    for run in runs:
        try:
            found = read_kept(workspace, find_candidate(candidates, run).name)
        except ArtcliError as error:
            problems.append(" ".join(filter(None, (error.message, error.hint))))
            continue
        if found is None:
            problems.append(f"{run} has no predictions yet: artcli predict {run}{workspace.flag}")
        else:
            kept.append(found)
    if problems:
        raise Problems("these runs cannot be blended", problems)
    return kept


def _splits(contest: Contest, lineup: Lineup) -> NDArray[np.intp]:
    """Those of `Exam.splits`. Errors: fewer than two, before any work."""
    from artcli.errors import ArtcliError

    splits = lineup.exam.splits(contest)
    if len(set(splits.tolist())) < 2:
        raise ArtcliError(
            "all validation pieces are of one painting or of one group, so nothing can be judged "
            "apart",
            "train with more paintings",
        )
    return splits


def _blended(
    lineup: Lineup,
    splits: NDArray[np.intp],
    settings: Settings,
    groups: Groups | None,
    result: str,
    *,
    best: bool,
) -> EnsembleReport:
    """Blend all runs of the line-up or, with `best`, those that are proposed of them."""
    import numpy as np

    from artcli import console
    from artcli.predicting.ensembling import make_ensemble, of_runs
    from artcli.reporting.ensemble import EnsembleReport

    exam, count = lineup.exam, len(set(splits.tolist()))

    def blend(some: Lineup, *, compare: bool) -> Ensemble:
        with console.progress(f"Blending {len(some)} runs", count + 1) as advance:
            return make_ensemble(
                some, splits, settings.method,
                offsets=settings.offsets, groups=groups, compare=compare, done=advance,
            )  # fmt: skip

    made = blend(lineup, compare=True)
    comparison = made.comparison
    assert comparison is not None
    if best and comparison.proposed != made.names:
        made = blend(of_runs(lineup, comparison.proposed), compare=False)
    return EnsembleReport(
        name=result,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        line=settings.line(made.names, result),
        voter=settings.method.voter.text,
        calibrate=settings.method.calibrate,
        pool=settings.pool and settings.pool.value,
        pieces=len(exam),
        paintings=len(np.unique(exam.ids)),
        splits=count,
        ensemble=made,
        comparison=comparison,
        next_line=settings.next_line(comparison.proposed, made.names, result),
    )


def _kind(names: Sequence[str], kept: Sequence[Kept]) -> tuple[str, ...]:
    """Why the nested score of the runs `names`, some of those `kept`, is a little kind."""
    from artcli.predicting.made_by import is_kind, listed

    why = []
    if len(names) < len(kept):
        why.append("The runs were chosen on the very pieces that score them: a little kind.")
    fitted = [run.name for run in kept if run.name in names and is_kind(run.made_by)]
    if fitted:
        why.append(
            f"What was fitted or chosen for {listed(fitted)} has seen the truth of these pieces: "
            "the nested score is a little kind."
        )
    return tuple(why)


def _keep(workspace: Workspace, contest: Contest, lineup: Lineup, report: EnsembleReport) -> None:
    from artcli.predicting.folder import keep_result
    from artcli.predicting.predictions import Predictions

    exam, made = lineup.exam, report.ensemble
    oof = Predictions.make(
        exam.ids.tolist(), made.oof, exam.classes, crops=exam.crops, folds=exam.folds
    )
    test = Predictions.make(lineup.test_ids, made.test, exam.classes) if lineup.test_ids else None
    keep_result(
        workspace, contest, report.name,
        made_by=report.made_by(), oof=oof, test=test, bad=lineup.bad,
    )  # fmt: skip
