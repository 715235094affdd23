"""The pieces among which siblings are looked for: those of the validation, and the test's.

Small pictures of them are in memory; larger ones, to be shown, stay in the pixel cache.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from artcli.contest.splits import Folds, load_or_make_folds
from artcli.errors import ArtcliError, Problems
from artcli.predicting.folder import read_facts
from artcli.predicting.made_by import members, way_back
from artcli.predicting.siblings.registration import SIDE
from artcli.training.pixel_sets import piece_pixels, test_pixels
from artcli.workspace.runs import read_run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artcli.contest.pixels import Pixels
    from artcli.contest.tables import Contest
    from artcli.predicting.exam import Lineup
    from artcli.workspace.paths import Workspace

FILE_SIDE = 128  # of pictures that no run has put into the pixel cache


@dataclass(frozen=True, eq=False)
class Pieces:
    """N pieces: `names`, `pictures` `(N, SIDE, SIDE, 3)` uint8 RGB, and their `sizes` `(N, 2)`,
    width and height in pixels, before they were squashed. `places`: where each is kept, as the
    pixels and the row in them."""

    names: tuple[str, ...]
    pictures: NDArray[np.uint8]
    sizes: NDArray[np.int64]
    places: tuple[tuple[Pixels, int], ...]

    @classmethod
    def of(cls, places: Iterable[tuple[Pixels, int]]) -> Pieces:
        known = tuple(places)
        pictures = np.empty((len(known), SIDE, SIDE, 3), np.uint8)
        for picture, (pixels, row) in zip(pictures, known, strict=True):
            picture[:] = cv2.resize(pixels.array[row], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        sizes = [pixels.sizes[row] for pixels, row in known]
        names = tuple(pixels.keys[row] for pixels, row in known)
        return cls(names, pictures, np.array(sizes, np.int64).reshape(-1, 2), known)

    def __len__(self) -> int:
        return len(self.names)


def validation_pieces(workspace: Workspace, contest: Contest, lineup: Lineup, side: int) -> Pieces:
    """The exam's pieces, in its order; read from the pixel cache at `side`, or into it.

    Errors: `ArtcliError` when its folds are those of no folds file, or its pieces are other ones.
    """
    exam, folds = lineup.exam, _folds_of(workspace, contest, lineup)
    sets = {
        int(fold): piece_pixels(workspace, contest, folds, int(fold), side)
        for fold in np.unique(exam.folds)
    }
    try:
        return Pieces.of(
            (sets[fold], sets[fold].row(f"{key}#{crop}"))
            for key, crop, fold in zip(
                exam.ids.tolist(), exam.crops.tolist(), exam.folds.tolist(), strict=True
            )
        )
    except KeyError as error:
        raise ArtcliError(
            f"the run was judged on the piece {error}, which is not cut of validation paintings",
            _again(workspace, lineup.names),
        ) from error


def test_pieces(workspace: Workspace, contest: Contest, ids: Sequence[str], side: int) -> Pieces:
    """The test's pieces named `ids`; read from the pixel cache at `side`, or into it.

    Errors: `Problems` when one of them cannot be read.
    """
    if not ids:
        return Pieces.of(())
    pixels = test_pixels(workspace, contest, side)
    if bad := [pixels.bad[key] for key in ids if key in pixels.bad]:
        raise Problems("siblings cannot be looked for among all of the test", bad)
    return Pieces.of((pixels, pixels.row(key)) for key in ids)


def kept_side(workspace: Workspace, names: Sequence[str]) -> int:
    """The side at which the runs `names`, or those that they are made of, have kept pictures."""
    for _, facts in _with_members(workspace, names):
        for fold in facts.get("folds", {}).values():
            if side := fold.get("image_size"):
                return int(side)
    return FILE_SIDE


def _folds_of(workspace: Workspace, contest: Contest, lineup: Lineup) -> Folds:
    """The folds, among the workspace's files, in which the exam's paintings are.

    Several may fit when few folds were judged: those of the runs' own recipes come first.
    """
    exam = lineup.exam
    wanted = dict(zip(exam.ids.tolist(), exam.folds.tolist(), strict=True))
    own = _recipes_folds(workspace, lineup.names)
    for k in dict.fromkeys([*own, *range(2, len(contest.train) + 1)]):
        if not workspace.folds_file(k).exists():
            continue
        try:
            folds = load_or_make_folds(workspace, contest, k)
        except ArtcliError:
            if k in own:
                raise
            continue  # damaged, but nothing says that it is the one
        if all(folds.fold_of[key] == fold for key, fold in wanted.items()):
            return folds
    raise ArtcliError(
        "the validation pieces are in other folds than those of any folds file, so it is not "
        "known where they were cut",
        _again(workspace, lineup.names),
    )


def _recipes_folds(workspace: Workspace, names: Sequence[str]) -> list[int]:
    """How many folds the recipes of these runs have, and of those that they are made of."""
    found: dict[int, None] = {}
    for name, _ in _with_members(workspace, names):
        with suppress(ArtcliError):  # not trained here, or its checkpoints were removed
            if isinstance(k := read_run(workspace, name).recipe.get("folds"), int):
                found[k] = None
    return list(found)


def _with_members(
    workspace: Workspace, names: Sequence[str]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The runs `names` and those that they are made of, each once, with their predictions' JSON.

    A result can come to be made of itself: its run was removed, and made anew of the result.
    """
    waiting, seen = list(reversed(names)), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        facts: Mapping[str, Any] = {}
        with suppress(ArtcliError):  # damaged: others may know
            facts = read_facts(workspace, name) or {}
        yield name, facts
        waiting += reversed(members(facts.get("made_by", {})))


def _again(workspace: Workspace, names: Sequence[str]) -> str:
    """How the predictions of each run or result are made anew."""
    ways = (way_back(name, read_facts(workspace, name) or {}, workspace.flag) for name in names)
    return "; ".join(ways)
