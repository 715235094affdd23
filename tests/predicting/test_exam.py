"""Runs are lined up on the same pieces, or refused with the reason and the way out."""

from pathlib import Path

import numpy as np
import pytest
from small_contests import bare_contest

from artcli.errors import Problems
from artcli.predicting.exam import line_up, on_common_folds
from artcli.predicting.folder import Kept
from artcli.predicting.predictions import Predictions, concat

ARTISTS = ("a", "b")
CONTEST = bare_contest(ARTISTS, train={"p0": "a", "p1": "b"}, test=["t0", "t1"])
AGAIN = "predict the test again with each: artcli predict RUN"


def said(ids: list[str], fold: int, classes: tuple[str, ...] = ARTISTS) -> Predictions:
    values = np.full((len(ids), len(classes)), 1 / len(classes))
    return Predictions.make(ids, values, classes, crops=0, folds=fold)


def run(name: str, test: Predictions | None, folds: tuple[int, int] = (0, 1)) -> Kept:
    return Kept(name, concat([said(["p0"], folds[0]), said(["p1"], folds[1])]), test)


WHOLE = concat([said(["t0", "t1"], fold) for fold in (0, 1)])


def test_what_is_wrong_with_the_test_is_said_of_each_run_with_the_way_out() -> None:
    torn = concat([said(["t0", "t1"], 0), said(["t1"], 1)])
    strange = said(["t0", "t1"], 0, ("a", "c"))
    with pytest.raises(Problems) as refusal:
        line_up(CONTEST, [run("whole", WHOLE), run("torn", torn), run("strange", strange)])
    assert refusal.value.problems[0] == "torn: fold 1 lacks 1 of 2"
    assert all(fault.startswith("strange: ") for fault in refusal.value.problems[1:])
    assert refusal.value.hint == AGAIN


def test_pictures_that_only_one_run_could_read_are_to_be_predicted_again() -> None:
    fewer = concat([said(["t1"], fold) for fold in (0, 1)])
    runs = [run("whole", WHOLE), run("fewer", fewer)]
    with pytest.raises(Problems, match="fewer: it names other test pictures than whole") as refusal:
        line_up(CONTEST, runs)
    assert refusal.value.hint == AGAIN
    with pytest.raises(Problems) as refusal:
        line_up(CONTEST, [*runs, run("moved", WHOLE, folds=(1, 0))])
    assert refusal.value.hint == f"train the same folds of each: artcli kfold; {AGAIN}"


def test_what_was_taken_in_without_its_pieces_is_refused_with_the_way_to_bring_them() -> None:
    theirs = Kept("theirs", None, WHOLE, imported=True)
    with pytest.raises(Problems, match=r"theirs: .* take them in with --import-oof FILE"):
        line_up(CONTEST, [run("whole", WHOLE), theirs])


def test_a_comparison_asks_nothing_of_the_test() -> None:
    lineup = line_up(CONTEST, on_common_folds([run("whole", WHOLE), run("torn", said(["t1"], 0))]))
    assert (lineup.names, lineup.test_ids) == (("whole", "torn"), ())


def test_paintings_of_one_group_make_one_split(tmp_path: Path) -> None:
    contest = bare_contest(ARTISTS, train={"p0": "a", "p1": "b"}, data=tmp_path)
    for one in contest.train:
        one.path.write_text("the same file")
    exam = line_up(contest, [run("twins", None)]).exam
    assert exam.splits(contest).tolist() == [0, 0]
