"""What runs and results say of the pieces of the fold that judges a ladder, read from the disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from artcli.contest.f1 import macro_f1
from artcli.errors import ArtcliError
from artcli.predicting.folder import read_kept
from artcli.reporting.ladder import FOLD, Rung, Trained
from artcli.workspace.runs import read_run, run_parts

if TYPE_CHECKING:
    from artcli.predicting.folder import Kept
    from artcli.predicting.predictions import Predictions
    from artcli.workspace.paths import Workspace
    from artcli.workspace.runs import RunRecord

Piece = tuple[str, int]  # the id of a painting, the number of its crop
Guesses = Mapping[Piece, str]


@dataclass(frozen=True)
class Heard:
    """A finished run: its figures, and the artist that it guesses for each validation piece."""

    trained: Trained
    guesses: Guesses
    created: str
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Stood:
    """What is judged as it stands: its guesses, and when it was made."""

    guesses: Guesses
    created: str


def is_done(workspace: Workspace, run: str) -> bool:
    """Whether the fold is trained and its out-of-fold probabilities are kept."""
    return _finished(workspace, run) is not None


def _finished(workspace: Workspace, run: str) -> tuple[RunRecord, Kept] | None:
    if not run_parts(workspace, run):
        return None
    record = read_run(workspace, run)
    fold = record.fold(FOLD)
    kept = read_kept(workspace, run) if fold and fold.state == "finished" else None
    if kept is None or kept.oof is None or int(FOLD) not in kept.oof.fold_numbers:
        return None
    return record, kept


def listen(workspace: Workspace, rung: Rung, artist_of: Mapping[str, str]) -> list[Heard]:
    """Its finished runs."""
    heard = []
    for run, recipe in zip(rung.runs, rung.recipes, strict=True):
        if (found := _finished(workspace, run)) is None:
            continue
        record, kept = found
        heard.append(_hear(record, kept, recipe.seed, artist_of))
    return heard


def _hear(record: RunRecord, kept: Kept, seed: int, artist_of: Mapping[str, str]) -> Heard:
    fold = record.fold(FOLD)
    assert kept.oof is not None  # it is finished
    assert fold is not None
    oof = _judged(record.name, kept.oof, artist_of)
    guesses, whole = _guesses(oof), oof.whole()
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
    return Heard(trained, guesses, kept.created, record.facts.get("versions", {}))


def stands(workspace: Workspace, name: str, artist_of: Mapping[str, str]) -> Stood:
    if (found := hear_kept(workspace, name, artist_of)) is None:
        raise ArtcliError(f"{name} has no out-of-fold predictions of fold {FOLD}")
    return found


def hear_kept(workspace: Workspace, name: str, artist_of: Mapping[str, str]) -> Stood | None:
    """What a run or a result guesses; None when it says nothing of the fold that judges."""
    kept = read_kept(workspace, name)
    if kept is None or kept.oof is None or int(FOLD) not in kept.oof.fold_numbers:
        return None
    return Stood(_guesses(_judged(name, kept.oof, artist_of)), kept.created)


def _judged(run: str, oof: Predictions, artist_of: Mapping[str, str]) -> Predictions:
    """The rows of the fold that judges."""
    oof = oof.rows(oof.folds == int(FOLD))
    if strange := {*oof.ids.tolist()} - artist_of.keys():
        raise ArtcliError(
            f"the run {run} was judged on paintings that are not in train.csv, such as "
            f"{min(strange)!r}",
            "the data have changed: begin another ladder with --name",
        )
    return oof


def _guesses(oof: Predictions) -> Guesses:
    pieces = oof.pieces()
    keys = zip(pieces.ids.tolist(), pieces.crops.tolist(), strict=True)
    return dict(sorted(zip(keys, pieces.guesses(), strict=True)))
