"""The pooling of pieces that belong together."""

from __future__ import annotations

import numpy as np
import pytest

from artcli.predicting.pooling import pool


def test_a_group_gets_the_geometric_mean_of_its_rows_and_a_piece_alone_keeps_its_own():
    said = [[0.8, 0.2], [0.1, 0.9], [0.5, 0.5], [0.0, 1.0]]
    pooled = pool(said, [7, 3, 7, 9])
    # sqrt(0.8 * 0.5) to sqrt(0.2 * 0.5) is 2 to 1.
    np.testing.assert_allclose(pooled, [[2 / 3, 1 / 3], [0.1, 0.9], [2 / 3, 1 / 3], [0.0, 1.0]])


def test_a_certain_piece_does_not_rule_out_what_all_others_say():
    pooled = pool([[1.0, 0.0], [0.01, 0.99], [0.01, 0.99], [0.01, 0.99], [0.01, 0.99]], [0] * 5)
    assert (pooled.argmax(1) == 1).all()
    np.testing.assert_allclose(pooled.sum(1), 1)


def test_the_order_of_the_rows_and_the_names_of_the_groups_are_of_no_account():
    rng = np.random.default_rng(0)
    said, groups = rng.dirichlet(np.ones(4), 20), rng.integers(0, 6, 20)
    order = rng.permutation(20)
    names = np.array(list("qwerty"))[groups]
    np.testing.assert_allclose(pool(said[order], names[order]), pool(said, groups)[order])


def test_no_rows_and_groups_of_other_rows():
    assert pool(np.zeros((0, 3)), np.zeros(0, int)).shape == (0, 3)
    with pytest.raises(ValueError, match="do not fit"):
        pool(np.ones((2, 2)) / 2, [0])
