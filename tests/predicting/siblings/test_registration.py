"""Pieces laid over each other."""

from __future__ import annotations

import numpy as np
from painted_pieces import texture

from artcli.predicting.siblings.likeness import NAMES, colours, likenesses, overlap
from artcli.predicting.siblings.registration import (
    AREA,
    LEAST_SHARE,
    LEAST_SIDE,
    SHIFTS,
    SIDE,
    prepare,
    register,
)


def windows(*corners: tuple[int, int]) -> np.ndarray:
    """Pieces of one texture, in pixels of their own."""
    painting = texture(3, 2 * SIDE, 2 * SIDE)
    return np.stack([painting[y : y + SIDE, x : x + SIDE] for y, x in corners])


def test_the_shift_between_two_pieces_is_found_to_the_pixel():
    corners = [(10, 20), (30, 5), (0, 60), (55, 20)]
    pieces = windows(*corners)
    laid = register(prepare(pieces[..., 0]), 0, np.array([1, 2, 3]))
    assert laid.down.tolist() == [20, -10, 45]
    assert laid.across.tolist() == [-15, 40, 0]
    np.testing.assert_allclose(laid.share, [44 * 49 / 64**2, 54 * 24 / 64**2, 19 / 64])
    assert (laid.agreement > 4 * laid.rival).all()


def test_a_strip_too_thin_to_prove_anything_is_not_taken_for_an_overlap():
    one, other = np.random.default_rng(0).integers(0, 256, (2, SIDE, SIDE), np.uint8)
    other[:, :LEAST_SIDE] = one[:, -LEAST_SIDE:]
    thick = register(prepare(np.stack([one, other])), 0, np.array([1]))
    assert thick.across.tolist() == [SIDE - LEAST_SIDE]
    other[:, :LEAST_SIDE] = other[:, 20 : 20 + LEAST_SIDE]
    other[:, : LEAST_SIDE - 1] = one[:, 1 - LEAST_SIDE :]
    thin = register(prepare(np.stack([one, other])), 0, np.array([1]))
    assert abs(thin.across[0]) <= SIDE - LEAST_SIDE
    assert thin.share >= LEAST_SHARE


def test_the_overlap_shows_the_same_in_both():
    one, other = windows((10, 20), (30, 5))
    ours, theirs = overlap(np.moveaxis(one, -1, 0), np.moveaxis(other, -1, 0), 20, -15)
    assert ours.shape == (3, 44, 49)
    assert (ours == theirs).all()


def test_sums_over_overlaps_are_those_of_a_slow_loop():
    piece = windows((0, 0))[..., 1]
    spectra = prepare(piece)
    shape = (len(SHIFTS), len(SHIFTS))
    assert AREA.shape == spectra.sums.shape[1:] == shape
    from artcli.predicting.siblings.registration import _fine

    fine = _fine(piece[0])
    for down, across in ((0, 0), (5, -60), (-63, 63), (-20, -1), (40, 0)):
        rows = slice(max(0, down), min(SIDE, SIDE + down))
        part = fine[rows, max(0, across) : min(SIDE, SIDE + across)]
        place = (0, down + SIDE - 1, across + SIDE - 1)
        assert AREA[place[1:]] == part.size
        np.testing.assert_allclose(spectra.sums[place], part.sum(), atol=0.01)
        np.testing.assert_allclose(
            spectra.spreads[place], part.size * part.var(dtype=float), rtol=1e-3, atol=0.1
        )


def test_what_a_pair_gets_does_not_depend_on_the_pairs_beside_it_nor_on_its_order():
    pictures = np.concatenate([windows((0, 0), (20, 30)), texture(9, SIDE, SIDE)[None]])
    histograms = colours(pictures)
    every = likenesses(pictures, histograms, np.array([[0, 1], [0, 2], [1, 2]]))
    some = likenesses(pictures, histograms, np.array([[1, 2], [0, 1]]))
    np.testing.assert_allclose(some, every[[2, 0]], rtol=1e-4)
    back = likenesses(pictures, histograms, np.array([[1, 0]]))
    np.testing.assert_allclose(back[0], every[0], rtol=1e-3)


def test_siblings_agree_and_their_overlap_has_the_same_colours():
    pictures = np.concatenate([windows((0, 0), (20, 30)), texture(9, SIDE, SIDE)[None]])
    siblings, strangers = likenesses(pictures, colours(pictures), np.array([[0, 1], [0, 2]]))
    by_name = dict(zip(NAMES, zip(siblings, strangers, strict=True), strict=True))
    for name in ("agreement", "lead", "concordance"):
        assert by_name[name][0] > by_name[name][1] + 1, name
    assert by_name["difference"][0] < 0.01 < 3 < by_name["difference"][1]
    assert likenesses(pictures, colours(pictures), np.zeros((0, 2), np.intp)).shape == (0, 6)


def test_colours_are_the_roots_of_a_histogram():
    found = colours(windows((0, 0), (20, 30)))
    assert found.shape == (2, 512)
    np.testing.assert_allclose((found**2).sum(1), 1, rtol=1e-5)
