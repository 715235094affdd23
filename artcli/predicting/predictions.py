"""Probabilities by picture, crop, fold and class: what models say, kept for everything after them.

A `Predictions` is checked when it is made and when it is read, for a file may come from anywhere:
anyone's model can take part by writing an `.npz` of this form (`ids`, `crops`, `folds`,
`probabilities`, `classes`; fixed-width text and numbers, no Python objects).
"""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from artcli.errors import ArtcliError, Problems
from artcli.workspace.files import replacing, sha256_file
from artcli.workspace.plain_files import require_plain

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

WHOLE = -1  # a crop: the whole picture in the file
ALL = -1  # a fold: a model trained on all paintings, or a mean over folds
TOLERANCE = 1e-3  # how far from 1 a row may sum
MAX_BYTES = 2 << 30  # of a file's arrays, unpacked
_KINDS = {"ids": "U", "crops": "iu", "folds": "iu", "probabilities": "f", "classes": "U"}
_FORM = "an .npz of the arrays ids, crops, folds, probabilities, classes (artcli's own form)"


@dataclass(frozen=True, eq=False)
class Predictions:
    """R rows of probabilities over C classes.

    ids: `(R,)` text; crops: `(R,)` int16, -1 for the whole picture, else the number of a piece;
    folds: `(R,)` int16, the fold whose model spoke, -1 for one trained on all; probabilities:
    `(R, C)` float32, rows sum to 1; classes: C distinct names. No (id, crop, fold) occurs twice.

    Errors: `Problems` that names every fault at once.
    """

    ids: NDArray[np.str_]
    crops: NDArray[np.int16]
    folds: NDArray[np.int16]
    probabilities: NDArray[np.float32]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        if faults := [*_shape_faults(self)] or [*_row_faults(self)]:
            raise Problems("these predictions cannot be used", faults)

    @classmethod
    def make(
        cls,
        ids: Sequence[str],
        probabilities: ArrayLike,
        classes: Iterable[str],
        *,
        crops: ArrayLike = WHOLE,
        folds: ArrayLike = ALL,
    ) -> Predictions:
        """Predictions of plain lists and numbers; one crop or fold serves for all rows."""
        rows = len(ids)
        return cls(
            np.array(list(ids), dtype=np.str_),
            np.broadcast_to(np.asarray(crops, np.int16), rows).copy(),
            np.broadcast_to(np.asarray(folds, np.int16), rows).copy(),
            np.asarray(probabilities, np.float32),
            tuple(classes),
        )

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def fold_numbers(self) -> tuple[int, ...]:
        """The folds that occur, in order."""
        return tuple(int(fold) for fold in np.unique(self.folds))

    def rows(self, chosen: NDArray[Any]) -> Predictions:
        """The rows of a mask or of numbers, in their order."""
        return Predictions(
            self.ids[chosen],
            self.crops[chosen],
            self.folds[chosen],
            self.probabilities[chosen],
            self.classes,
        )

    def pieces(self) -> Predictions:
        """The rows that are pieces of paintings, as the test's pictures are."""
        return self.rows(self.crops >= 0)

    def whole(self) -> Predictions:
        return self.rows(self.crops == WHOLE)

    def guesses(self) -> list[str]:
        """The most probable class of each row."""
        return [self.classes[number] for number in self.probabilities.argmax(1)]

    def with_classes(self, classes: Sequence[str]) -> Predictions:
        """The same with the columns in the order of `classes`, which must be the same names."""
        if self.classes == tuple(classes):
            return self
        if faults := _class_faults(self.classes, classes):
            raise Problems("these predictions are of other classes", faults)
        order = [self.classes.index(name) for name in classes]
        return Predictions(
            self.ids, self.crops, self.folds, self.probabilities[:, order], tuple(classes)
        )

    def with_folds_of(self, newer: Predictions) -> Predictions:
        """These rows and `newer`'s; of a fold that occurs in both, `newer`'s alone.

        Fold by fold, in whatever order they came.
        """
        both = concat([self.rows(~np.isin(self.folds, newer.folds)), newer])
        return both.rows(np.argsort(both.folds, kind="stable"))

    def mean_over_folds(self) -> Predictions:
        """One row for each (id, crop), in the order of their first rows, all of fold -1.

        Errors: `Problems` when a fold lacks rows that another has, for then the rows would be
        means of different things.
        """
        keys = list(zip(self.ids.tolist(), self.crops.tolist(), strict=True))
        place: dict[tuple[str, int], int] = {}
        rows = np.array([place.setdefault(key, len(place)) for key in keys], dtype=np.intp)
        counts = np.bincount(rows, minlength=len(place))
        folds = len(self.fold_numbers)
        if (counts != folds).any():
            lacking = Counter({fold: len(place) for fold in self.fold_numbers})
            lacking.subtract(self.folds.tolist())
            raise Problems(
                "the folds' predictions are not of the same pictures",
                [f"fold {fold} lacks {n:,} of {len(place):,}" for fold, n in lacking.items() if n],
            )
        total = np.zeros((len(place), len(self.classes)))
        np.add.at(total, rows, self.probabilities)
        ids, crops = [key[0] for key in place], [key[1] for key in place]
        return Predictions.make(ids, total / total.sum(1, keepdims=True), self.classes, crops=crops)

    def in_order(self, ids: Sequence[str], *, absent: Iterable[str] = ()) -> Predictions:
        """The rows of `ids` in that order; needs one row for each id but those of `absent`.

        Errors: `Problems` with the ids that are missing, and those that nobody asked for.
        """
        row_of = {key: row for row, key in enumerate(self.ids.tolist())}
        if len(row_of) < len(self):
            raise ArtcliError("these predictions have several rows of one picture")
        allowed = set(absent)
        wanted = [key for key in ids if key in row_of or key not in allowed]
        faults = _id_faults("are missing", [key for key in wanted if key not in row_of])
        faults += _id_faults("are not in the test", row_of.keys() - set(ids))
        if faults:
            raise Problems("these predictions do not fit the test", faults)
        return self.rows(np.array([row_of[key] for key in wanted], dtype=np.intp))

    def save(self, path: Path) -> str:
        """Write an `.npz` (whole or not at all; the same bytes for the same rows); its sha256."""
        size = sum(array.nbytes for array in (self.ids, self.probabilities))
        with replacing(path, size) as part, part.open("wb") as file:
            np.savez_compressed(
                file,
                ids=self.ids,
                crops=self.crops,
                folds=self.folds,
                probabilities=self.probabilities,
                classes=np.array(self.classes, dtype=np.str_),
            )
        return sha256_file(path)

    @classmethod
    def load(cls, path: Path, *, sha256: str | None = None) -> Predictions:
        """The predictions in an `.npz`, ours or a stranger's: nothing in it is executed.

        With `sha256` the file must be the one that was written. Errors: `ArtcliError` or
        `Problems` that name the file.
        """
        arrays = _read_arrays(path)
        if sha256 is not None and sha256_file(path) != sha256:
            raise ArtcliError(f"{path} is not the file that was written (its sha256 differs)")
        try:
            return cls(
                arrays["ids"].astype(np.str_),
                _int16(arrays["crops"], "crops"),
                _int16(arrays["folds"], "folds"),
                arrays["probabilities"].astype(np.float32),
                tuple(arrays["classes"].ravel().tolist()),
            )
        except Problems as error:
            raise Problems(f"{path} cannot be used", error.problems) from error


def concat(parts: Sequence[Predictions]) -> Predictions:
    """All rows of `parts` (at least one), which must be of the same classes in any order."""
    classes = parts[0].classes
    same = [part.with_classes(classes) for part in parts]
    return Predictions(
        np.concatenate([part.ids for part in same]),
        np.concatenate([part.crops for part in same]),
        np.concatenate([part.folds for part in same]),
        np.concatenate([part.probabilities for part in same]),
        classes,
    )


def _shape_faults(made: Predictions) -> Iterable[str]:
    rows, classes = len(made.ids), len(made.classes)
    for name in ("ids", "crops", "folds"):
        if (shape := getattr(made, name).shape) != (rows,):
            yield f"{name} has the shape {shape}, not ({rows},)"
    if made.probabilities.shape != (rows, classes):
        yield f"probabilities has the shape {made.probabilities.shape}, not ({rows}, {classes})"
    if classes < 2:
        yield f"there are {classes} classes, not at least 2"
    if twice := [name for name, n in Counter(made.classes).items() if n > 1]:
        yield f"classes named twice: {', '.join(map(repr, twice))}"
    if not all(made.classes):
        yield "a class has no name"


def _row_faults(made: Predictions) -> Iterable[str]:
    values = made.probabilities
    for fault, bad in (
        ("not finite", ~np.isfinite(values).all(1)),
        ("outside 0 to 1", ((values < -TOLERANCE) | (values > 1 + TOLERANCE)).any(1)),
        ("that do not sum to 1 (logits?)", ~(abs(values.sum(1) - 1) <= TOLERANCE)),
    ):
        if bad.any():
            first = made.ids[bad.argmax()]
            yield f"{bad.sum():,} rows have probabilities {fault}, first that of {first!r}"
            break
    if (made.ids == "").any():
        yield "a row has no id"
    if (made.crops < -1).any() or (made.folds < -1).any():
        yield "crops and folds are numbers from 0, or -1 for the whole and for all"
    keys = Counter(zip(made.ids.tolist(), made.crops.tolist(), made.folds.tolist(), strict=True))
    if twice := [key for key, n in keys.items() if n > 1]:
        key, crop, fold = twice[0]
        yield f"{len(twice):,} rows occur twice, first id {key!r} crop {crop} fold {fold}"


def _class_faults(ours: Sequence[str], wanted: Sequence[str]) -> list[str]:
    missing = sorted(set(wanted) - set(ours))
    extra = sorted(set(ours) - set(wanted))
    return _id_faults("are missing", missing) + _id_faults("are not classes here", extra)


def _id_faults(what: str, ids: Iterable[str]) -> list[str]:
    found = sorted(ids)
    if not found:
        return []
    listed = ", ".join(map(repr, found[:3])) + (", …" if len(found) > 3 else "")
    return [f"{len(found):,} {what}: {listed}"]


def _int16(array: NDArray[Any], name: str) -> NDArray[np.int16]:
    limits = np.iinfo(np.int16)
    if array.size and (array.min() < limits.min or array.max() > limits.max):
        raise Problems("", [f"{name} has numbers beyond {limits.max}"])
    return array.astype(np.int16)


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The five arrays of a file that may be anything; kinds checked, sizes bounded."""
    try:
        require_plain(path)
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            names = {entry.filename.removesuffix(".npy") for entry in archive.infolist()}
        if unpacked > MAX_BYTES:
            raise ArtcliError(f"{path} would unpack to {unpacked / 1e9:.0f} GB")
        if lacking := [name for name in _KINDS if name not in names]:
            raise Problems(f"{path} cannot be used", [f"no array {n}" for n in lacking], _FORM)
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: np.asarray(file[name]) for name in _KINDS}
    except FileNotFoundError as error:
        raise ArtcliError(f"{path} is missing") from error
    except zipfile.BadZipFile as error:
        raise ArtcliError(f"{path} is not {_FORM}, or it is damaged") from error
    except ArtcliError:
        raise
    except Exception as error:  # a hostile header makes numpy raise nearly anything
        raise ArtcliError(f"{path} cannot be read: {error}", f"it must be {_FORM}") from error
    wrong = [
        f"{name} holds {array.dtype}, not {'text' if kind == 'U' else 'numbers'}"
        for (name, kind), array in zip(_KINDS.items(), arrays.values(), strict=True)
        if array.dtype.kind not in kind
    ]
    if wrong:
        raise Problems(f"{path} cannot be used", wrong, f"it must be {_FORM}")
    return arrays
