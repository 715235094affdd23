"""A map of the paintings: many figures of each laid out on a plane, so that those alike lie close.

Two projections by scikit-learn. PCA keeps the directions in which paintings differ most (Pearson
1901); t-SNE keeps neighbours together (van der Maaten and Hinton 2008), so that its near distances
mean something and its far ones do not.
"""

from __future__ import annotations

import hashlib
import io
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from artcli import console
from artcli.reporting.eda.report import PaintingMap
from artcli.workspace.files import write_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

COMPONENTS = 50  # of PCA, that t-SNE begins with
PERPLEXITY = 30.0  # about how many neighbours a painting has
LEAST = 5  # paintings of which there is a map
SUM_BYTES = 32  # of the sha256 that ends a file


def map_paintings(
    cache: Path, of: str, rows: NDArray[np.intp], features: NDArray[np.float32]
) -> PaintingMap:
    """The map of the pictures `rows` `(M,)` of a survey by their `features` `(M, F)`.

    The places are kept in `cache`, by what they are computed from; fewer than five paintings have
    none.
    """
    if len(rows) < LEAST:
        return PaintingMap(of, rows[:0], {})
    scaled = _scaled(features)
    file = cache / "survey" / f"map-{_mark(scaled)}.npy"
    places = _kept(file, len(rows))
    if places is None:
        places = _project(scaled)
        _keep(file, places)
    return PaintingMap(of, rows, {"t-SNE": places[1], "PCA": places[0]})


def _scaled(features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Each figure with mean 0; those that never vary stay 0."""
    values = features.astype(np.float64)
    return np.asarray(values - values.mean(0))


def _project(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """`(2, M, 2)`: PCA and t-SNE, each axis from 0 to 1."""
    if not values.any():  # all of them look the same
        return np.zeros((2, len(values), 2), np.float32)
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    with console.progress("Laying out the map", 2) as advance:
        components = min(COMPONENTS, *values.shape)
        main = PCA(components, svd_solver="full").fit_transform(values)
        if main.shape[1] < 2:
            main = np.column_stack([main, np.zeros(len(main))])
        advance()
        begin = main[:, :2] / max(float(main[:, 0].std()), 1e-12) * 1e-4
        perplexity = min(PERPLEXITY, (len(values) - 1) / 3)
        near = TSNE(init=begin, perplexity=perplexity, random_state=0).fit_transform(main)
        advance()
    return np.stack([_unit(main[:, :2]), _unit(near)]).astype(np.float32)


def _unit(places: NDArray[Any]) -> NDArray[Any]:
    low, high = places.min(0), places.max(0)
    return np.asarray((places - low) / np.maximum(high - low, 1e-12))


def _mark(values: NDArray[np.float64]) -> str:
    facts = repr((version("scikit-learn"), COMPONENTS, PERPLEXITY, values.shape))
    return hashlib.blake2b(facts.encode() + values.tobytes(), digest_size=8).hexdigest()


def _keep(file: Path, places: NDArray[np.float32]) -> None:
    stream = io.BytesIO()
    np.save(stream, places)
    write_bytes(file, stream.getvalue() + _sum(file, stream.getvalue()))


def _kept(file: Path, count: int) -> NDArray[np.float32] | None:
    """None where there is none, or a damaged one."""
    try:
        data = file.read_bytes()
        if data[-SUM_BYTES:] != _sum(file, data[:-SUM_BYTES]):
            return None
        places = np.load(io.BytesIO(data), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    whole = places.shape == (2, count, 2) and places.dtype == np.float32
    return places if whole and np.isfinite(places).all() else None


def _sum(file: Path, data: bytes) -> bytes:
    return hashlib.sha256(file.name.encode() + data).digest()
