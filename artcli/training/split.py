"""Which paintings a fold is trained on, and which judge it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from artcli.errors import ArtcliError
from artcli.workspace.runs import ALL

if TYPE_CHECKING:
    from artcli.contest.splits import Folds
    from artcli.contest.tables import Contest


@dataclass(frozen=True)
class Split:
    """Numbers of rows of train.csv: those trained on and those held out; every row's class."""

    training: np.ndarray[Any, np.dtype[np.intp]]
    held: np.ndarray[Any, np.dtype[np.intp]]
    labels: np.ndarray[Any, np.dtype[np.int64]]
    ids: dict[str, list[str]]  # of the paintings in `training` and in `held`


def split_paintings(contest: Contest, folds: Folds, fold: str) -> Split:
    """The split of fold `fold` ("0", …, or "all", which holds nothing out).

    Errors: `ArtcliError` when a side of it would be empty.
    """
    number = {artist: place for place, artist in enumerate(contest.artists)}
    labels = np.array([number[str(painting.artist)] for painting in contest.train], np.int64)
    held = frozenset[str]() if fold == ALL else folds.validation(int(fold))
    out = np.array([painting.id in held for painting in contest.train])
    if out.all() or not (out.any() or fold == ALL):
        lack = "train on" if out.all() else "validate on"
        raise ArtcliError(
            f"fold {fold} of {folds.k} leaves no painting to {lack}",
            "choose another fold, or remove the folds file to have new folds made",
        )
    ids = {
        name: [painting.id for painting, held_out in zip(contest.train, out, strict=True)
               if held_out == wanted]
        for name, wanted in (("training", False), ("held", True))
    }  # fmt: skip
    return Split(np.flatnonzero(~out), np.flatnonzero(out), labels, ids)
