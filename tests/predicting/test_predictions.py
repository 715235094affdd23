"""Probabilities survive their file exactly, and a file from anywhere is believed only so far."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artcli.errors import ArtcliError, Problems
from artcli.predicting.predictions import Predictions, concat

CLASSES = ("Albrecht Dürer", "Edgar Degas", "Goya")


def some(ids: list[str], fold: int = 0, seed: int = 0, crop: int = -1) -> Predictions:
    values = np.random.default_rng(seed).dirichlet(np.ones(3), len(ids))
    return Predictions.make(ids, values, CLASSES, crops=crop, folds=fold)


def foreign(path: Path, **changes: object) -> Path:
    arrays: dict[str, object] = {
        "ids": np.array(["a", "b"]),
        "crops": np.array([-1, -1]),
        "folds": np.array([0, 0]),
        "probabilities": np.array([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]]),
        "classes": np.array(CLASSES),
    }
    arrays |= changes
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path


def test_a_file_gives_back_what_was_saved_and_is_the_same_each_time(tmp_path: Path) -> None:
    made = concat([some(["x1", "x2"]), some(["x1"], crop=3, seed=1)])
    first = made.save(tmp_path / "a.npz")
    assert made.save(tmp_path / "b.npz") == first
    read = Predictions.load(tmp_path / "a.npz", sha256=first)
    assert read.ids.tolist() == ["x1", "x2", "x1"]
    assert read.crops.tolist() == [-1, -1, 3]
    assert read.classes == CLASSES
    assert read.probabilities.dtype == np.float32
    np.testing.assert_array_equal(read.probabilities, made.probabilities)
    assert [len(read.whole()), len(read.pieces())] == [2, 1]


def test_a_changed_file_is_not_believed(tmp_path: Path) -> None:
    mark = some(["x1"]).save(tmp_path / "a.npz")
    some(["x1"], seed=5).save(tmp_path / "a.npz")
    with pytest.raises(ArtcliError, match="not the file that was written"):
        Predictions.load(tmp_path / "a.npz", sha256=mark)


def test_a_file_made_elsewhere_is_read(tmp_path: Path) -> None:
    read = Predictions.load(foreign(tmp_path / "theirs.npz"))
    assert read.guesses() == ["Albrecht Dürer", "Goya"]
    assert read.crops.dtype == read.folds.dtype == np.int16


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"probabilities": np.array([[2.0, -1.0, 0.5], [0.1, 0.2, 0.7]])}, "outside 0 to 1"),
        ({"probabilities": np.array([[0.4, 0.4, 0.4], [0.1, 0.2, 0.7]])}, "do not sum to 1"),
        ({"probabilities": np.array([[np.nan, 0.4, 0.6], [0.1, 0.2, 0.7]])}, "not finite"),
        ({"probabilities": np.ones((2, 2)) / 2}, r"shape \(2, 2\), not \(2, 3\)"),
        ({"probabilities": np.ones((2, 3), dtype=int)}, "holds int64, not numbers|holds int64"),
        ({"ids": np.array(["a", "a"])}, "1 rows occur twice, first id 'a'"),
        ({"ids": np.array(["a", "b", "c"])}, "not .3,."),
        ({"ids": np.array([1, 2])}, "ids holds int64, not text"),
        ({"ids": np.array(["a", None], dtype=object)}, "cannot be read"),
        ({"crops": np.array([0, 99_999])}, "crops has numbers beyond"),
        ({"crops": np.array([0, -7])}, "crops and folds are numbers from 0"),
        ({"classes": np.array(["a", "b", "b"])}, "classes named twice: 'b'"),
        ({"folds": None}, "no array folds"),
    ],
)
def test_a_faulty_file_is_refused_by_name(
    tmp_path: Path, changes: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ArtcliError, match=complaint) as caught:
        Predictions.load(foreign(tmp_path / "theirs.npz", **changes))
    assert "theirs.npz" in caught.value.message


def test_what_is_no_npz_at_all_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "theirs.npz"
    with pytest.raises(ArtcliError, match="is missing"):
        Predictions.load(path)
    path.write_bytes(b"\x80\x04not a zip")
    with pytest.raises(ArtcliError, match=r"is not an \.npz"):
        Predictions.load(path)
    foreign(path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ArtcliError, match="damaged"):
        Predictions.load(path)


def test_a_header_that_claims_a_huge_array_does_not_take_the_memory(tmp_path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (1 << 45, 3)}
    )
    path = foreign(tmp_path / "theirs.npz", probabilities=None)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("probabilities.npy", header.getvalue())
    with pytest.raises(ArtcliError, match="cannot be read"):
        Predictions.load(path)


def test_other_column_orders_are_aligned_and_other_classes_refused() -> None:
    made = some(["a"])
    turned = made.with_classes(CLASSES[::-1])
    assert turned.guesses() == made.guesses()
    assert turned.with_classes(CLASSES).probabilities.tolist() == made.probabilities.tolist()
    with pytest.raises(Problems, match="'Monet'"):
        made.with_classes(("Monet", *CLASSES[1:]))


def test_a_fold_predicted_again_replaces_its_rows_alone() -> None:
    old = concat([some(["a", "b"], fold=0), some(["c"], fold=1, seed=1)])
    new = some(["a", "b"], fold=0, seed=9)
    merged = old.with_folds_of(new)
    assert sorted(zip(merged.ids.tolist(), merged.folds.tolist(), strict=True)) == [
        ("a", 0),
        ("b", 0),
        ("c", 1),
    ]
    kept = merged.rows(merged.folds == 0).in_order(["a", "b"])
    np.testing.assert_array_equal(kept.probabilities, new.probabilities)


@given(st.integers(1, 5), st.integers(1, 6), st.integers(0, 2**31))
def test_the_mean_over_folds_is_the_mean_whatever_the_order(
    folds: int, rows: int, seed: int
) -> None:
    ids = [f"t{n}" for n in range(rows)]
    parts = [some(ids, fold=fold, seed=seed + fold) for fold in range(folds)]
    joined = concat(parts)
    shuffled = joined.rows(np.random.default_rng(seed).permutation(len(joined)))
    mean = shuffled.mean_over_folds().in_order(ids)
    expected = np.mean([part.probabilities for part in parts], axis=0)
    np.testing.assert_allclose(mean.probabilities, expected, atol=1e-6)
    assert mean.fold_numbers == (-1,)


def test_folds_of_different_pictures_are_not_averaged() -> None:
    with pytest.raises(Problems, match="fold 1 lacks 1 of 2"):
        concat([some(["a", "b"], fold=0), some(["a"], fold=1)]).mean_over_folds()


def test_rows_come_in_the_order_asked_for_and_none_is_passed_over() -> None:
    made = some(["a", "b", "c"])
    assert made.in_order(["c", "a", "b"]).ids.tolist() == ["c", "a", "b"]
    with pytest.raises(Problems, match=r"1 are missing: 'd'(.|\n)*1 are not in the test: 'c'"):
        made.in_order(["a", "b", "d"])
    assert made.in_order(["a", "d", "b", "c"], absent=["d"]).ids.tolist() == ["a", "b", "c"]
