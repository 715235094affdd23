"""From finished runs to rows: every row's score, and its difference to the one it is built on.

Everything is computed of out-of-fold probabilities, so that rows are compared on the same pieces
of the same paintings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from artcli.contest.score import f1_difference, macro_f1, mean_f1
from artcli.errors import ArtcliError
from artcli.predicting.folder import read_kept
from artcli.reporting.ladder import FOLD, Comparison, Ladder, Row, Rung, Trained, verdict_on
from artcli.workspace.runs import read_run, run_parts

if TYPE_CHECKING:
    from artcli.contest.tables import Contest
    from artcli.predicting.predictions import Predictions
    from artcli.training.named import Published
    from artcli.workspace.paths import Workspace

Piece = tuple[str, int]  # the id of a painting, the number of its crop


@dataclass(frozen=True)
class _Heard:
    """A finished run: its figures, and the artist that it guesses for each validation piece."""

    trained: Trained
    guesses: Mapping[Piece, str]
    created: str
    versions: Mapping[str, str]


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
    """The ladder as far as its runs have come; `reasons` say why rows failed, by their names.

    Errors: `ArtcliError` when two rows were judged on different paintings.
    """
    artist_of = {painting.id: str(painting.artist) for painting in contest.train}
    heard = {rung.named.name: _heard(workspace, rung, artist_of) for rung in rungs}
    every = [one for found in heard.values() for one in found]
    _refuse_different_paintings(every)
    pieces = list(every[0].guesses) if every else []
    truth, paintings = [artist_of[key] for key, _ in pieces], [key for key, _ in pieces]

    def guesses(row: str) -> list[list[str]]:
        return [[one.guesses[piece] for piece in pieces] for one in heard[row]]

    rows = []
    by_name = {rung.named.name: rung for rung in rungs}
    for rung in rungs:
        named = rung.named
        row = Row(
            named.name, named.about, named.base, named.changes, named.published,
            rung.recipe.model_dump(exclude_none=True, mode="json"), rung.same_as,
            tuple(one.trained for one in heard[named.name]),
            reason=reasons.get(rung.same_as or named.name, ""),
        )  # fmt: skip
        if row.trained:
            row = replace(row, f1=mean_f1(truth, guesses(row.name), paintings))
            base = next((by_name[other] for other in rung.ancestors if other in by_name), None)
            if base is not None and heard[base.named.name]:
                theirs = guesses(base.named.name)
                ours = f1_difference(truth, guesses(row.name), theirs, paintings)
                slides, private = slides_difference(named.published, base.named.published)
                verdict = verdict_on(ours, slides)
                comparison = Comparison(base.named.name, ours, slides, private, verdict)
                row = replace(row, comparison=comparison)
        rows.append(row)
    last = max(every, key=lambda one: one.created, default=None)
    return Ladder(
        name,
        tuple(rows),
        budget,
        max(len(rung.runs) for rung in rungs),
        last.created if last else "",
        last.versions if last else {},
        machine,
        len(set(paintings)),
        len(pieces),
    )


def slides_difference(
    row: Published | None, base: Published | None
) -> tuple[float | None, float | None]:
    """By how much the slides' F1, and their private score, exceed those of the base row."""

    def difference(figure: str) -> float | None:
        ahead, behind = getattr(row, figure, None), getattr(base, figure, None)
        return None if ahead is None or behind is None else ahead - behind

    return difference("f1"), difference("private")


def is_done(workspace: Workspace, run: str) -> bool:
    """Whether the fold is trained and its out-of-fold probabilities are kept."""
    return _oof(workspace, run) is not None


def _oof(workspace: Workspace, run: str) -> Predictions | None:
    if not run_parts(workspace, run):
        return None
    fold = read_run(workspace, run).fold(FOLD)
    kept = read_kept(workspace, run) if fold and fold.state == "finished" else None
    if kept is None or kept.oof is None:
        return None
    oof = kept.oof.rows(kept.oof.folds == int(FOLD))
    return oof if len(oof) else None


def _heard(workspace: Workspace, rung: Rung, artist_of: Mapping[str, str]) -> list[_Heard]:
    found = []
    for run, recipe in zip(rung.runs, rung.recipes, strict=True):
        oof = _oof(workspace, run)
        if oof is None:
            continue
        pieces, whole = oof.pieces(), oof.whole()
        if strange := {*oof.ids.tolist()} - artist_of.keys():
            raise ArtcliError(
                f"the run {run} was judged on paintings that are not in train.csv, such as "
                f"{min(strange)!r}",
                "the data have changed: begin another ladder with --name",
            )
        record = read_run(workspace, run)
        metrics = record.fold(FOLD).metrics  # type: ignore[union-attr]
        kept = read_kept(workspace, run)
        keys = zip(pieces.ids.tolist(), pieces.crops.tolist(), strict=True)
        guesses = dict(sorted(zip(keys, pieces.guesses(), strict=True)))
        trained = Trained(
            run,
            recipe.seed,
            macro_f1([artist_of[key] for key, _ in guesses], list(guesses.values())),
            macro_f1([artist_of[key] for key in whole.ids.tolist()], whole.guesses()),
            metrics["train_loss"],
            metrics["validation_loss"],
            int(metrics["epochs"]),
            int(metrics["best_epoch"]),
            metrics["seconds"],
        )
        created = kept.created if kept else ""
        found.append(_Heard(trained, guesses, created, record.facts.get("versions", {})))
    return found


def _refuse_different_paintings(every: Sequence[_Heard]) -> None:
    for one in every[1:]:
        if one.guesses.keys() != every[0].guesses.keys():
            raise ArtcliError(
                f"the runs {every[0].trained.run} and {one.trained.run} were judged on different "
                "paintings, and cannot be compared",
                "the data have changed: begin another ladder with --name",
            )
