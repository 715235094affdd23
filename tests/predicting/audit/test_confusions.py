"""Artists that are taken for each other stand side by side, and each mistake has its picture."""

import numpy as np
import pytest

from artcli.predicting.audit.confusions import (
    count_confusions,
    score_artists,
    similarity_order,
    worst_confusions,
)
from artcli.predicting.exam import Exam

ARTISTS = ("a", "b", "c", "d")


def exam_of(paintings: dict[str, str], pieces: int = 2) -> Exam:
    ids = np.repeat(list(paintings), pieces)
    truth = np.repeat([ARTISTS.index(artist) for artist in paintings.values()], pieces)
    crops = np.tile(np.arange(pieces, dtype=np.int16), len(paintings))
    return Exam(ids, crops, np.zeros(len(ids), np.int16), truth.astype(np.int64), ARTISTS)


def said_of(guess: list[int], sure: list[float]) -> np.ndarray:
    said = np.repeat(((1 - np.array(sure)) / 3)[:, None], 4, axis=1)
    said[np.arange(len(guess)), guess] = sure
    return said


def test_artists_taken_for_each_other_stand_side_by_side() -> None:
    matrix = np.diag([9, 9, 9, 9])
    matrix[0, 2] = matrix[2, 0] = 4  # a and c
    matrix[1, 3] = matrix[3, 1] = 3  # b and d
    matrix[2, 3] = 1
    assert "".join(ARTISTS[n] for n in similarity_order(matrix)) in ("acdb", "bdca")
    assert sorted(similarity_order(np.diag([3, 3]))) == [0, 1]
    assert sorted(similarity_order(np.zeros((3, 3), np.int64))) == [0, 1, 2]


def test_scores_tell_precision_recall_and_whom_an_artist_is_taken_for() -> None:
    truth, guess = np.array([0, 0, 0, 0, 1, 1]), np.array([0, 1, 1, 2, 1, 1])
    matrix = count_confusions(truth, guess, 4)
    a, b, c, d = score_artists(matrix, ARTISTS, (7, 8, 9, 10))
    assert (a.works, a.pieces, a.precision, a.recall) == (7, 4, 1.0, 0.25)
    assert a.f1 == pytest.approx(0.4)
    assert (a.taken_for, a.taken_share) == ("b", 0.5)
    assert (b.precision, b.recall, b.taken_for, b.taken_share) == (0.5, 1.0, "", 0.0)
    assert (c.pieces, c.precision, c.recall, c.f1) == (0, 0.0, 0.0, 0.0)
    assert (d.works, d.f1) == (10, 0.0)


def test_the_worst_confusion_costs_the_largest_share_and_shows_a_painting_of_each_artist() -> None:
    exam = exam_of({"a0": "a", "a1": "a", "a2": "a", "b0": "b", "b1": "b", "c0": "c"})
    guess = [1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1]
    sure = [0.99, 0.5, 0.55, 0.55, 0.9, 0.9, 0.7, 0.7, 0.8, 0.8, 0.5, 0.5]
    matrix = count_confusions(exam.truth, np.array(guess), 4)
    first, second = worst_confusions(exam, np.array(guess), matrix, said_of(guess, sure))
    assert (first.truth, first.guess, first.pieces, first.share) == ("c", "b", 2, 1.0)
    assert (first.example, first.model_of) == ("c0", "b1")
    assert (second.truth, second.guess, second.pieces, second.share) == ("a", "b", 3, 0.5)
    assert second.example == "a1"  # both of its pieces are, if less surely than one of a0's
    assert second.model_of == "b1"


def test_where_an_artist_has_no_painting_of_its_own_none_is_shown_beside() -> None:
    exam = exam_of({"a0": "a"}, pieces=1)
    guess = np.array([3])
    (only,) = worst_confusions(exam, guess, count_confusions(exam.truth, guess, 4), np.eye(4)[[3]])
    assert (only.guess, only.example, only.model_of) == ("d", "a0", "")
