"""Two runs compared by hand: scores, artists, pieces and paintings on which they part."""

import numpy as np
import pytest
from small_contests import bare_contest

from artcli.contest.f1 import Estimate
from artcli.errors import Problems
from artcli.predicting.comparing import Compared, OfArtist, OfPainting, compare
from artcli.predicting.exam import line_up, on_common_folds
from artcli.predicting.folder import Kept
from artcli.predicting.predictions import Predictions

ARTISTS = ("a", "b", "c", "d")
TRUTH = {"p0": "a", "p1": "a", "p2": "b", "p3": "c"}  # d has no painting here
CONTEST = bare_contest(ARTISTS, train=TRUTH, test=["t"])


def run(name: str, guesses: dict[str, str], folds: dict[str, int] | None = None) -> Kept:
    """Two pieces of each painting, named by the two letters of its guess."""
    ids = [key for key in guesses for _ in range(2)]
    named = np.array([ARTISTS.index(letter) for pair in guesses.values() for letter in pair])
    return Kept(
        name,
        Predictions.make(
            ids,
            np.eye(4)[named] * 0.6 + 0.1,
            ARTISTS,
            crops=[0, 1] * len(guesses),
            folds=[(folds or {}).get(key, 0) for key in ids],
        ),
    )


def compared(*runs: Kept) -> Compared:
    return compare(line_up(CONTEST, on_common_folds(runs)))


FIRST = run("first", {"p0": "aa", "p1": "ab", "p2": "bb", "p3": "cd"})
SECOND = run("second", {"p0": "bb", "p1": "ab", "p2": "bc", "p3": "dd"})


def test_scores_artists_pieces_and_paintings_are_those_counted_by_hand() -> None:
    found = compared(FIRST, SECOND)
    # Right, true, named of each artist. First: a 3 4 3, b 2 2 3, c 1 2 1. Second: a 1 4 1,
    # b 1 2 4, c 0 2 1.
    first = {"a": 6 / 7, "b": 4 / 5, "c": 2 / 3}
    second = {"a": 2 / 5, "b": 2 / 6, "c": 0.0}
    assert [one.artist for one in found.artists] == ["c", "b", "a"], "by their differences"
    for one in found.artists:
        assert one == OfArtist(
            one.artist,
            pytest.approx(first[one.artist]),
            pytest.approx(second[one.artist]),
            4 if one.artist == "a" else 2,
        )
    assert found.artists[0].difference == pytest.approx(2 / 3)
    means = [sum(scores.values()) / 3 for scores in (first, second)]
    assert [f1.value for f1 in found.f1] == pytest.approx(means)
    assert found.difference.value == pytest.approx(means[0] - means[1])
    assert (found.both, found.only_first, found.only_second, found.neither) == (2, 4, 0, 2)
    assert found.pieces == 8
    assert found.paintings == (
        OfPainting("p0", "a", 2, 2, (("a", 2),), (("b", 2),)),
        OfPainting("p2", "b", 2, 1, (("b", 2),), (("b", 1), ("c", 1))),
        OfPainting("p3", "c", 2, 1, (("c", 1), ("d", 1)), (("d", 2),)),
    )


def test_of_paintings_that_differ_alike_the_one_that_costs_more_comes_first() -> None:
    first = run("first", {"p0": "bc", "p1": "aa", "p2": "bb", "p3": "cc"})
    second = run("second", {"p0": "cb", "p1": "dd", "p2": "bb", "p3": "cc"})
    assert [one.id for one in compared(first, second).paintings] == ["p1", "p0"]


def test_the_other_way_round_every_sign_turns() -> None:
    there, back = compared(FIRST, SECOND), compared(SECOND, FIRST)
    assert back.difference.value == pytest.approx(-there.difference.value)
    assert (back.difference.low, back.difference.high) == pytest.approx(
        (-there.difference.high, -there.difference.low)
    )
    assert (back.only_first, back.only_second) == (there.only_second, there.only_first)
    assert [one.difference for one in back.artists] == pytest.approx(
        [-one.difference for one in there.artists]
    )


@pytest.mark.parametrize(
    ("estimate", "verdict"),
    [
        (Estimate(0.1, 0.02, 0.2), "more than noise: first is better"),
        (Estimate(-0.1, -0.2, -0.02), "more than noise: second is better"),
        (Estimate(0.1, -0.01, 0.2), "not more than noise: the interval holds 0"),
        (Estimate(0.1, 0.0, 0.2), "not more than noise: the interval holds 0"),
    ],
)
def test_a_difference_is_more_than_noise_when_its_interval_leaves_out_0(
    estimate: Estimate, verdict: str
) -> None:
    some = Estimate(0.5, 0.4, 0.6)
    found = Compared(("first", "second"), (0,), (some, some), estimate, (), (), 0, 0, 0, 0)
    assert found.verdict == verdict


def test_runs_are_compared_on_the_folds_that_both_have() -> None:
    folds = {"p0": 0, "p1": 0, "p2": 1, "p3": 1}
    every = run("every", {"p0": "aa", "p1": "aa", "p2": "ab", "p3": "cc"}, folds)
    second = run("second", {"p2": "bb", "p3": "cc"}, folds)
    found = compared(every, second)
    assert (found.folds, found.pieces) == ((1,), 4)
    assert (found.both, found.only_second) == (3, 1)
    assert {one.id for one in found.paintings} == {"p2"}


def test_runs_without_a_common_fold_are_refused_with_their_folds() -> None:
    first = run("first", {"p0": "aa", "p1": "aa"}, {"p0": 0, "p1": 0})
    second = run("second", {"p2": "bb", "p3": "cc"}, {"p2": 1, "p3": 1})
    with pytest.raises(Problems, match="second: it has fold 1, not 0 as first"):
        compared(first, second)
    with pytest.raises(Problems, match="second: it has no out-of-fold predictions"):
        compared(first, Kept("second"))


def test_folds_of_one_number_that_hold_other_paintings_are_refused() -> None:
    second = run("second", {"p0": "aa", "p1": "aa", "p2": "bb"})
    with pytest.raises(Problems, match="second: 2 validation pieces are not the same"):
        compared(FIRST, second)
