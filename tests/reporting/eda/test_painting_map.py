"""Paintings alike lie close on the map, which is computed once and always comes out the same."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from artcli.reporting.eda import painting_map
from artcli.reporting.eda.painting_map import map_paintings
from artcli.reporting.eda.report import PaintingMap

rng = np.random.default_rng(0)
KINDS = np.repeat([0, 1, 2], 12)
FEATURES = (rng.normal(size=(3, 20)) * 5)[KINDS] + rng.normal(size=(36, 20))


def made(cache: Path, features: np.ndarray = FEATURES) -> PaintingMap:
    rows = np.arange(100, 100 + len(features))
    return map_paintings(cache, "looks", rows, features.astype(np.float32))


@pytest.mark.parametrize("how", ["PCA", "t-SNE"])
def test_the_nearest_on_the_map_are_of_ones_own_kind(tmp_path: Path, how: str) -> None:
    places = made(tmp_path).places[how]
    apart = np.linalg.norm(places[:, None] - places[None], axis=2) + 9 * np.eye(36)
    assert (KINDS[apart.argmin(1)] == KINDS).all()
    np.testing.assert_allclose([places.min(0), places.max(0)], [[0, 0], [1, 1]])


def test_a_map_is_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = made(tmp_path)
    monkeypatch.setattr(painting_map, "_project", None)  # to call it would fail
    monkeypatch.setitem(sys.modules, "sklearn", None)  # as would two seconds of importing this
    again = made(tmp_path)
    assert all((first.places[how] == again.places[how]).all() for how in first.places)
    assert again.rows.tolist() == list(range(100, 136))


def test_a_damaged_map_is_computed_anew(tmp_path: Path) -> None:
    first = made(tmp_path)
    (kept,) = (tmp_path / "survey").glob("map-*.npy")
    kept.write_bytes(kept.read_bytes()[:200])
    again = made(tmp_path)
    assert all((first.places[how] == again.places[how]).all() for how in first.places)


def test_too_few_paintings_have_no_map(tmp_path: Path) -> None:
    assert made(tmp_path, FEATURES[:4]).places == {}
    assert len(made(tmp_path, FEATURES[:4]).rows) == 0


def test_paintings_that_are_all_the_same_have_a_map(tmp_path: Path) -> None:
    places = made(tmp_path, np.ones((6, 20))).places
    assert all(np.isfinite(found).all() for found in places.values())
