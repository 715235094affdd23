"""What is said of a painting is pooled, and its label weighed by how sure models are as a rule."""

import numpy as np
import pytest

from artcli.predicting.audit.suspects import by_painting, judge_labels
from artcli.predicting.predictions import WHOLE, Predictions


def test_what_the_pieces_and_the_whole_say_is_pooled_by_painting() -> None:
    oof = Predictions.make(
        ["p1", "p0", "p1", "p1", "p2"],
        [[0.8, 0.2], [0.3, 0.7], [0.2, 0.8], [0.9, 0.1], [0.5, 0.5]],
        ("a", "b"),
        crops=[0, 0, 1, WHOLE, WHOLE],
        folds=0,
    )
    ids, said = by_painting(oof)
    assert ids.tolist() == ["p0", "p1"]  # of p2 no piece was judged
    np.testing.assert_allclose(said, [[0.3, 0.7], [0.75, 0.25]], atol=1e-6)


def test_a_piece_that_rules_the_label_out_counts_for_more_than_one_that_backs_it() -> None:
    values = [[0.99, 0.01], [0.0001, 0.9999]]
    _, said = by_painting(Predictions.make(["p", "p"], values, ("a", "b"), crops=[0, 1]))
    assert said[0, 0] == pytest.approx(0.0905, abs=1e-3)  # where the plain mean is 0.495


def test_a_label_is_weighed_against_what_its_artist_usually_gets() -> None:
    """Of an artist of whom models are seldom sure, a low probability is little reason for doubt."""
    sure = [[0.9, 0.05, 0.05]] * 9 + [[0.2, 0.75, 0.05]]
    unsure = [[0.05, 0.3, 0.65]] * 4 + [[0.05, 0.1, 0.85]]
    third = [[0.05, 0.15, 0.8]] * 5
    given = np.array([0] * 10 + [1] * 5 + [2] * 5)
    quality, flagged = judge_labels(given, np.array(sure + unsure + third))
    assert quality[9] == pytest.approx(0.2 / (0.2 + 0.9**0.9 * 0.2**0.1))
    assert quality[14] == pytest.approx(0.1 / (0.1 + 0.3**0.8 * 0.1**0.2))
    assert quality[15:] == pytest.approx(0.5)
    assert quality.argmin() == 9
    assert flagged[9]
    assert not flagged[:9].any()
