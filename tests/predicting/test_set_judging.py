"""A set judged by hand-made predictions: gains over all, over those given works, over the others,
artist by artist, and with each seed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_contests import bare_contest

from artcli.contest.f1 import Estimate, f1_difference, macro_f1
from artcli.contest.generated.records import GeneratedSet, GeneratedWork, SetFacts
from artcli.contest.splits import Folds
from artcli.errors import ArtcliError, Problems
from artcli.predicting.folder import Kept
from artcli.predicting.predictions import Predictions
from artcli.predicting.set_judging import (
    Gain,
    JudgedSet,
    judge_set,
    judged_file,
    read_judged,
    taken_works,
)
from artcli.workspace.files import write_json
from artcli.workspace.paths import Workspace

ARTISTS = ("ada", "ben", "cleo", "dora")  # dora has no painting that judges
PAINTINGS = {f"p{n}": ARTISTS[n % 3] for n in range(24)}
FOLDS = Folds(2, {key: n % 2 for n, key in enumerate(PAINTINGS)})
CONTEST = bare_contest(ARTISTS, train=PAINTINGS, test=["t"])
PIECES = 2


def run(name: str, guesses: dict[str, str]) -> Kept:
    """A run that names the artist of both pieces of a painting, rightly but for `guesses`."""
    named = [guesses.get(key, artist) for key, artist in PAINTINGS.items() for _ in range(PIECES)]
    numbers = np.array([ARTISTS.index(artist) for artist in named])
    ids = [key for key in PAINTINGS for _ in range(PIECES)]
    return Kept(
        name,
        Predictions.make(
            ids,
            np.eye(4)[numbers] * 0.6 + 0.1,
            ARTISTS,
            crops=[0, 1] * len(PAINTINGS),
            folds=[FOLDS.fold_of[key] for key in ids],
        ),
    )


def work(number: int, artist: str, content: str, part: int | None = None) -> GeneratedWork:
    return GeneratedWork(
        f"{number:04}", Path(f"{number}.png"), artist, "style-transfer", number, part,
        content, (), False, {content: "0" * 64}, f"{number:064}",
    )  # fmt: skip


def made_set(*works: GeneratedWork, plan: dict[str, int] | None = None) -> GeneratedSet:
    facts = SetFacts("style-transfer", plan or {"ada": 3}, 0, 2, None)
    return GeneratedSet("styled", Path("styled"), facts, works)


# p0 is held out by fold 0, p1 and p3 by fold 1.
SET = made_set(work(1, "ada", "p0"), work(2, "ada", "p1"), work(3, "ada", "p3"))
WRONG = {f"p{n}": "ben" for n in (0, 3, 6, 9, 12)}  # of ada, who has 8 paintings


def judged(
    without: list[dict[str, str]], with_set: list[dict[str, str]], found: GeneratedSet = SET
) -> JudgedSet:
    return judge_set(
        CONTEST, found, FOLDS,
        recipe="plain", seeds=range(len(without)),
        without=[run(f"plain-{n}", guesses) for n, guesses in enumerate(without)],
        with_set=[run(f"with-{n}", guesses) for n, guesses in enumerate(with_set)],
    )  # fmt: skip


def test_gains_are_those_counted_by_hand() -> None:
    found = judged([WRONG], [{}])
    # Without: ada is right 3 of 8, and ben, all right, is named 13 times; cleo is all right.
    ada, ben = 2 * 3 / (8 + 3), 2 * 8 / (8 + 13)
    assert [one.artist for one in found.artists] == ["ada", "ben", "cleo"], "dora judges nothing"
    by_name = {one.artist: one for one in found.artists}
    assert by_name["ada"].gain.without == pytest.approx(ada)
    assert by_name["ada"].gain.with_set == 1
    assert by_name["ada"].gain.difference.value == pytest.approx(1 - ada)
    assert by_name["cleo"].gain.difference == Estimate(0, 0, 0)
    assert found.given == by_name["ada"].gain
    assert found.others is not None
    assert found.others.without == pytest.approx((ben + 1) / 2)
    assert found.others.difference.value == pytest.approx(1 - (ben + 1) / 2)
    assert found.others.difference.low == pytest.approx(by_name["ben"].gain.difference.low / 2)
    assert found.others.difference.high == pytest.approx(by_name["ben"].gain.difference.high / 2)
    assert found.all_artists.without == pytest.approx((ada + ben + 1) / 3)
    assert found.all_artists.with_set == 1
    assert (found.pieces, found.planned) == (48, 3)
    assert (found.without, found.with_set) == (("plain-0",), ("with-0",))


def test_with_several_seeds_the_difference_is_that_of_their_means_paired_by_painting() -> None:
    some, fewer = dict(list(WRONG.items())[:3]), dict(list(WRONG.items())[:1])
    without, with_set = [WRONG, some], [fewer, {"p2": "ada"}]
    found = judged(without, with_set)
    ids = [key for key in PAINTINGS for _ in range(PIECES)]

    def named(guesses: dict[str, str]) -> list[str]:
        return [guesses.get(key, PAINTINGS[key]) for key in ids]

    truth = named({})
    expected = f1_difference(truth, [*map(named, with_set)], [*map(named, without)], ids)
    assert found.all_artists.difference.value == pytest.approx(expected.value)
    assert found.all_artists.difference.low == pytest.approx(expected.low)
    assert found.all_artists.difference.high == pytest.approx(expected.high)
    of_seeds = [
        macro_f1(truth, named(after)) - macro_f1(truth, named(before))
        for before, after in zip(without, with_set, strict=True)
    ]
    assert found.by_seed == pytest.approx(of_seeds)


@pytest.mark.parametrize(
    ("without", "with_set", "verdict"),
    [
        (WRONG, {}, "styled helps plain: the difference is more than noise"),
        ({}, WRONG, "styled harms plain: the difference is more than noise"),
        ({"p0": "ben"}, {"p3": "ben"}, "styled does not help plain by more than noise"),
    ],
)
def test_the_verdict_is_plain(
    without: dict[str, str], with_set: dict[str, str], verdict: str
) -> None:
    assert judged([without], [with_set]).verdict.startswith(verdict)


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (0.01, 0.2, "helps"),
        (-0.2, -0.01, "harms"),
        (-0.01, 0.2, "not more than noise"),
        (0.0, 0.2, "not more than noise"),
        (-0.2, 0.0, "not more than noise"),
    ],
)
def test_an_interval_that_holds_0_is_noise(low: float, high: float, outcome: str) -> None:
    assert Gain(0.5, 0.6, Estimate(0.1, low, high)).outcome == outcome


def test_artists_are_told_apart_by_whether_they_were_given_works() -> None:
    plan = {"ada": 2, "cleo": 1}
    found = judged([WRONG | {"p2": "ben"}], [{}], made_set(plan=plan))
    assert [(one.artist, one.works) for one in found.artists] == [
        ("ada", 2), ("cleo", 1), ("ben", 0),
    ]  # fmt: skip
    assert [one.artist for one in found.artists_that("helps")] == ["ada"]
    assert [one.artist for one in found.artists_that("not more than noise")] == ["cleo"]
    assert {one.paintings for one in found.artists} == {8}
    assert judged([{}], [{}], made_set(plan={"dora": 1})).given is None
    assert judged([{}], [{}], made_set(plan=dict.fromkeys(ARTISTS, 1))).others is None


def test_each_fold_takes_the_works_none_of_whose_sources_it_holds_out() -> None:
    found = judged([{}], [{}])
    assert [(fold.fold, fold.count) for fold in found.taken] == [(0, 2), (1, 1)]
    assert found.artists[0].taken == 1.5
    parts = made_set(work(1, "ada", "p1", 0), work(2, "ada", "p0", 1), work(3, "ada", "p2", 1))
    assert [fold.of_artist for fold in taken_works(parts, FOLDS)] == [{"ada": 1}, {"ada": 2}]


def test_runs_of_other_folds_are_refused() -> None:
    other = run("other", {})
    assert other.oof is not None
    moved = replace(other, oof=replace(other.oof, folds=1 - other.oof.folds))
    with pytest.raises(Problems, match="pieces are in another fold"):
        judge_set(
            CONTEST, SET, FOLDS,
            recipe="plain", seeds=[0], without=[run("plain", {})], with_set=[moved],
        )  # fmt: skip


def test_what_is_kept_is_read_again_and_belongs_to_the_set_as_it_was(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    found = judged([WRONG], [{}])
    path = judged_file(workspace, "styled", "plain")
    write_json(path, found.document())
    assert read_judged(workspace, SET) == (found,)
    changed = replace(SET, works=(replace(SET.works[0], sha256="1" * 64), *SET.works[1:]))
    assert read_judged(workspace, changed) == ()
    assert read_judged(workspace, replace(SET, name="another")) == ()
    path.write_text('{"name": "styled"}')
    with pytest.raises(ArtcliError, match="does not hold what it should"):
        read_judged(workspace, SET)
