"""Which paintings a fold is trained on, with which generated works, and which judge it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from artcli.contest.generated.admitting import admitted
from artcli.errors import ArtcliError
from artcli.workspace.runs import ALL

if TYPE_CHECKING:
    from artcli.contest.generated.records import GeneratedSet, GeneratedWork
    from artcli.contest.splits import Folds
    from artcli.contest.tables import Contest, Painting


@dataclass(frozen=True)
class Split:
    """Numbers of the rows that are trained on and of those held out; every row's class.

    The rows are those of train.csv, and after them all works of the generated sets, set by set:
    of these a fold is trained on the `taken`, which are by the names of their sets, and none is
    ever held out.
    """

    training: np.ndarray[Any, np.dtype[np.intp]]
    held: np.ndarray[Any, np.dtype[np.intp]]
    labels: np.ndarray[Any, np.dtype[np.int64]]
    ids: dict[str, list[str]]  # of the paintings in `training` and in `held`
    taken: Mapping[str, tuple[GeneratedWork, ...]] = field(default_factory=dict)
    folds: str = ""  # a hash of all folds; of who is trained on everything there are none

    @property
    def facts(self) -> dict[str, Any]:
        """What tells this split from another: ids of paintings, the sha256 of each work, and of
        the folds."""
        works = {
            name: {work.id: work.sha256 for work in works} for name, works in self.taken.items()
        }
        return {
            **self.ids,
            **({"folds": self.folds} if self.folds else {}),
            **({"generated": works} if works else {}),
        }

    def members(self, contest: Contest) -> list[Painting | GeneratedWork]:
        """All that is trained on, in the order of `training`."""
        paintings = [contest.train[row] for row in self.training if row < len(contest.train)]
        return [*paintings, *(work for works in self.taken.values() for work in works)]


def split_paintings(
    contest: Contest, folds: Folds, fold: str, sets: Sequence[GeneratedSet] = ()
) -> Split:
    """The split of fold `fold` ("0", …, or "all", which holds nothing out), where `sets` are
    learnt from, too: of each those works that know of no painting that is held out.

    Errors: `ArtcliError` when a side of it would be without paintings.
    """
    number = {artist: place for place, artist in enumerate(contest.artists)}
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
    taken = {found.name: admitted(found, held) for found in sets}
    chosen = {(name, work.id) for name, works in taken.items() for work in works}
    learnt = [(found.name, work.id) in chosen for found in sets for work in found.works]
    works = (work for found in sets for work in found.works)
    everything: list[Painting | GeneratedWork] = [*contest.train, *works]
    return Split(
        training=np.flatnonzero(np.concatenate([~out, np.array(learnt, bool)])),
        held=np.flatnonzero(out),
        labels=np.array([number[str(one.artist)] for one in everything], np.int64),
        ids=ids,
        taken=taken,
        folds="" if fold == ALL else _sum_of(folds),
    )


def _sum_of(folds: Folds) -> str:
    return hashlib.sha256(repr(sorted(folds.fold_of.items())).encode()).hexdigest()
