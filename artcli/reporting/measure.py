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
from artcli.predicting.folder import read_kept
from artcli.reporting.ladder import (
    FOLD,
    Comparison,
    Ladder,
    Row,
    Rung,
    Trained,
    changes_at,
)
from artcli.workspace.runs import read_run, run_parts

if TYPE_CHECKING:
    from artcli.contest.tables import Contest
    from artcli.predicting.folder import Kept
    from artcli.training.named import NamedRecipe, Published
    from artcli.workspace.paths import Workspace
    from artcli.workspace.runs import RunRecord

Piece = tuple[str, int]  # the id of a painting, the number of its crop


@dataclass(frozen=True)
class _Heard:
    """A finished run: its figures, and the artist that it guesses for each validation piece."""

    trained: Trained
    guesses: Mapping[Piece, str]
    created: str
    versions: Mapping[str, str]


@dataclass(frozen=True)
class _Exam:
    """The validation pieces: the artist of each, and the painting it is cut from."""

    pieces: Sequence[Piece]
    truth: Sequence[str]
    paintings: Sequence[str]

    def guesses(self, runs: Sequence[_Heard]) -> list[list[str]]:
        return [[run.guesses[piece] for piece in self.pieces] for run in runs]

    def score(self, runs: Sequence[_Heard]) -> Estimate:
        return mean_f1(self.truth, self.guesses(runs), self.paintings)

    def difference(self, runs: Sequence[_Heard], others: Sequence[_Heard]) -> Estimate:
        ours, theirs = self.guesses(runs), self.guesses(others)
        return f1_difference(self.truth, ours, theirs, self.paintings)


def measure_ladder(
    workspace: Workspace,
    contest: Contest,
    rungs: Sequence[Rung],
    *,
    name: str,
    budget: Mapping[str, Any],
    machine: Mapping[str, Any],
    reasons: Mapping[str, str],
) -> Ladder:
    """The ladder as far as its runs have come; `reasons` say why rows failed, by their names,
    and are of no account where they have been finished since, as by `artcli train --resume`.

    Errors: `ArtcliError` when two rows were judged on different paintings.
    """
    artist_of = {painting.id: str(painting.artist) for painting in contest.train}
    heard = {rung.named.name: _listen(workspace, rung, artist_of) for rung in rungs}
    every = [one for found in heard.values() for one in found]
    _refuse_different_paintings(every)
    pieces = list(every[0].guesses) if every else []
    exam = _Exam(pieces, [artist_of[key] for key, _ in pieces], [key for key, _ in pieces])
    last = max(every, key=lambda one: one.created, default=None)
    return Ladder(
        name=name,
        rows=tuple(_row(rung, rungs, budget, heard, exam, reasons) for rung in rungs),
        budget=budget,
        seeds=max(len(rung.runs) for rung in rungs),
        date=last.created if last else "",
        versions=last.versions if last else {},
        machine=machine,
        paintings=len(set(exam.paintings)),
        pieces=len(pieces),
    )


def is_done(workspace: Workspace, run: str) -> bool:
    """Whether the fold is trained and its out-of-fold probabilities are kept."""
    return _finished(workspace, run) is not None


def _row(
    rung: Rung,
    rungs: Sequence[Rung],
    budget: Mapping[str, Any],
    heard: Mapping[str, Sequence[_Heard]],
    exam: _Exam,
    reasons: Mapping[str, str],
) -> Row:
    named, runs = rung.named, heard[rung.named.name]
    by_name = {other.named.name: other for other in rungs}
    base = next((by_name[name] for name in rung.ancestors if name in by_name), None)
    comparison = None
    if base is not None:
        others = heard[base.named.name]
        comparable = runs and others and rung.runs != base.runs
        ours = exam.difference(runs, others) if comparable else None
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
        f1=exam.score(runs) if runs else None,
        comparison=comparison,
        reason="" if len(runs) == len(rung.runs) else reasons.get(rung.same_as or named.name, ""),
    )


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


def _finished(workspace: Workspace, run: str) -> tuple[RunRecord, Kept] | None:
    if not run_parts(workspace, run):
        return None
    record = read_run(workspace, run)
    fold = record.fold(FOLD)
    kept = read_kept(workspace, run) if fold and fold.state == "finished" else None
    if kept is None or kept.oof is None or int(FOLD) not in kept.oof.fold_numbers:
        return None
    return record, kept


def _listen(workspace: Workspace, rung: Rung, artist_of: Mapping[str, str]) -> list[_Heard]:
    """Its finished runs."""
    heard = []
    for run, recipe in zip(rung.runs, rung.recipes, strict=True):
        if (found := _finished(workspace, run)) is None:
            continue
        record, kept = found
        heard.append(_hear(record, kept, recipe.seed, artist_of))
    return heard


def _hear(record: RunRecord, kept: Kept, seed: int, artist_of: Mapping[str, str]) -> _Heard:
    fold = record.fold(FOLD)
    assert kept.oof is not None  # it is finished
    assert fold is not None
    oof = kept.oof.rows(kept.oof.folds == int(FOLD))
    if strange := {*oof.ids.tolist()} - artist_of.keys():
        raise ArtcliError(
            f"the run {record.name} was judged on paintings that are not in train.csv, such as "
            f"{min(strange)!r}",
            "the data have changed: begin another ladder with --name",
        )
    pieces, whole = oof.pieces(), oof.whole()
    keys = zip(pieces.ids.tolist(), pieces.crops.tolist(), strict=True)
    guesses = dict(sorted(zip(keys, pieces.guesses(), strict=True)))
    trained = Trained(
        run=record.name,
        seed=seed,
        f1=macro_f1([artist_of[key] for key, _ in guesses], list(guesses.values())),
        whole_f1=macro_f1([artist_of[key] for key in whole.ids.tolist()], whole.guesses()),
        train_loss=fold.metrics["train_loss"],
        validation_loss=fold.metrics["validation_loss"],
        epochs=fold.epochs,
        best_epoch=int(fold.metrics["best_epoch"]),
        seconds=fold.seconds,
    )
    return _Heard(trained, guesses, kept.created, record.facts.get("versions", {}))


def _refuse_different_paintings(every: Sequence[_Heard]) -> None:
    for one in every[1:]:
        if one.guesses.keys() != every[0].guesses.keys():
            raise ArtcliError(
                f"the runs {every[0].trained.run} and {one.trained.run} were judged on different "
                "paintings, and cannot be compared",
                "the data have changed: begin another ladder with --name",
            )
