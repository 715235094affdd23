"""From finished runs to rows: every row's score, and its difference to the one it is built on.

Everything is computed of out-of-fold probabilities, so that rows are compared on the same pieces
of the same paintings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from artcli.contest.f1 import Estimate, f1_difference, macro_f1, mean_f1
from artcli.errors import ArtcliError
from artcli.reporting.hearing import Guesses, Heard, Piece, hear_kept, listen, stands
from artcli.reporting.ladder import Comparison, Ladder, Row, Rung, Standing, changes_at

if TYPE_CHECKING:
    from artcli.contest.tables import Contest
    from artcli.training.named import NamedRecipe, Published
    from artcli.workspace.paths import Workspace


@dataclass(frozen=True)
class _Exam:
    """The validation pieces: the artist of each, and the painting it is cut from."""

    pieces: Sequence[Piece]
    truth: Sequence[str]
    paintings: Sequence[str]

    def in_order(self, runs: Sequence[Guesses]) -> list[list[str]]:
        return [[guesses[piece] for piece in self.pieces] for guesses in runs]

    def score(self, runs: Sequence[Guesses]) -> Estimate:
        return mean_f1(self.truth, self.in_order(runs), self.paintings)

    def difference(self, runs: Sequence[Guesses], others: Sequence[Guesses]) -> Estimate:
        ours, theirs = self.in_order(runs), self.in_order(others)
        return f1_difference(self.truth, ours, theirs, self.paintings)


def measure_ladder(
    workspace: Workspace,
    contest: Contest,
    rungs: Sequence[Rung],
    standing: Sequence[Standing] = (),
    *,
    name: str,
    budget: Mapping[str, Any],
    machine: Mapping[str, Any],
    reasons: Mapping[str, str],
) -> Ladder:
    """The ladder as far as its runs have come, with what stands after what is trained.

    `reasons` say why rows failed, by their names, and are of no account where they have been
    finished since, as by `artcli train --resume`. Errors: `ArtcliError` when two rows were judged
    on different paintings.
    """
    artist_of = {painting.id: str(painting.artist) for painting in contest.train}
    heard = {rung.named.name: listen(workspace, rung, artist_of) for rung in rungs}
    trained = [one for found in heard.values() for one in found]
    there = {row.name: stands(workspace, row.name, artist_of) for row in standing}
    by_run = {
        **{run: kept.guesses for run, kept in there.items()},
        **{one.trained.run: one.guesses for one in trained},
    }
    _refuse_different_paintings(by_run)
    pieces = list(next(iter(by_run.values()), ()))
    exam = _Exam(pieces, [artist_of[key] for key, _ in pieces], [key for key, _ in pieces])
    said = {row: [one.guesses for one in found] for row, found in heard.items()}
    said |= {run: [kept.guesses] for run, kept in there.items()}
    row_of = {row.name: row.name for row in standing}
    row_of |= {run: one.named.name for one in rungs if not one.same_as for run in one.runs}
    last = max(trained, key=lambda one: one.created, default=None)
    rows = [_row(rung, rungs, budget, heard, exam, reasons) for rung in rungs]
    for row in standing:
        best = _best_part(workspace, row, by_run, exam, artist_of)
        rows.append(_standing_row(row, row_of.get(best or ""), said, exam))
    return Ladder(
        name=name,
        rows=tuple(rows),
        budget=budget,
        seeds=max((len(rung.runs) for rung in rungs), default=1),
        date=max([*(one.created for one in trained), *(one.created for one in there.values()), ""]),
        versions=last.versions if last else {},
        machine=machine,
        paintings=len(set(exam.paintings)),
        pieces=len(pieces),
    )


def _row(
    rung: Rung,
    rungs: Sequence[Rung],
    budget: Mapping[str, Any],
    heard: Mapping[str, Sequence[Heard]],
    exam: _Exam,
    reasons: Mapping[str, str],
) -> Row:
    named, runs = rung.named, heard[rung.named.name]
    said = [one.guesses for one in runs]
    by_name = {other.named.name: other for other in rungs}
    base = next((by_name[name] for name in rung.ancestors if name in by_name), None)
    comparison = None
    if base is not None:
        others = [one.guesses for one in heard[base.named.name]]
        comparable = said and others and rung.runs != base.runs
        ours = exam.difference(said, others) if comparable else None
        theirs = None if _sets_over(budget, named, base.named) else base.named.published
        slides = slides_difference(named.published, theirs)
        comparison = Comparison(base.named.name, ours, *slides)
    return Row(
        name=named.name,
        about=named.about,
        base=named.base,
        changes=(changes := changes_at(named, budget)),
        set_over=tuple(field for field in named.changes if field not in changes),
        published=named.published,
        recipe=rung.recipe.model_dump(exclude_none=True, mode="json"),
        same_as=rung.same_as,
        trained=tuple(one.trained for one in runs),
        f1=exam.score(said) if said else None,
        comparison=comparison,
        reason="" if len(runs) == len(rung.runs) else reasons.get(rung.same_as or named.name, ""),
    )


def _standing_row(
    row: Standing, base: str | None, said: Mapping[str, Sequence[Guesses]], exam: _Exam
) -> Row:
    """Beside the row `base` of the best that it is made of, if that is in the ladder."""
    comparison = None
    if base is not None:
        others = said[base]
        ours = exam.difference(said[row.name], others) if others else None
        comparison = Comparison(base, ours, None, None)
    return Row(
        name=row.name,
        about=row.made,
        base=base,
        changes={},
        set_over=(),
        published=None,
        recipe={},
        same_as=None,
        f1=exam.score(said[row.name]),
        comparison=comparison,
        made=row.made,
    )


def _best_part(
    workspace: Workspace,
    row: Standing,
    by_run: Mapping[str, Guesses],
    exam: _Exam,
    artist_of: Mapping[str, str],
) -> str | None:
    """The run that scores best of those that the row is made of; None where none can be judged."""
    scores = {}
    for run in row.of:
        kept = None if run in by_run else hear_kept(workspace, run, artist_of)
        guesses = by_run.get(run) or (kept and kept.guesses)
        if guesses and guesses.keys() == set(exam.pieces):
            scores[run] = macro_f1(exam.truth, *exam.in_order([guesses]))
    return max(scores, key=lambda run: scores[run], default=None)


def _sets_over(budget: Mapping[str, Any], named: NamedRecipe, base: NamedRecipe) -> bool:
    """Whether the budget sets for all rows something that tells the two recipes apart."""
    return any(getattr(named.recipe, field) != getattr(base.recipe, field) for field in budget)


def slides_difference(
    row: Published | None, base: Published | None
) -> tuple[float | None, float | None]:
    """By how much the published F1, and the private score, exceed those of the base row."""

    def difference(figure: str) -> float | None:
        ahead, behind = getattr(row, figure, None), getattr(base, figure, None)
        return None if ahead is None or behind is None else ahead - behind

    return difference("f1"), difference("private")


def _refuse_different_paintings(by_run: Mapping[str, Guesses]) -> None:
    first, *others = by_run or [""]
    for run in others:
        if by_run[run].keys() != by_run[first].keys():
            raise ArtcliError(
                f"the runs {first} and {run} were judged on different paintings, and cannot be "
                "compared",
                "the data, or the folds, have changed: begin another ladder with --name",
            )
