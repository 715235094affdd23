"""A contest's layout: 30 % of each artist held out, five pieces each, and nothing given away."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artcli.contest.layout import PIECES, ArtistRow, Work, lay_out, write_tables
from artcli.contest.score import score_submission
from artcli.contest.tables import read_contest


def works(*counts: int) -> list[Work]:
    return [Work(f"{a}/{n}", f"Artist {a}") for a, count in enumerate(counts) for n in range(count)]


def test_thirty_percent_of_each_artist_are_held_out_at_least_one() -> None:
    layout = lay_out(works(20, 10, 3, 2))
    held = {key: (row.artist, row.usage) for row in layout.test if (key := row.key)}
    assert Counter(artist for artist, _ in held.values()) == {
        "Artist 0": 6,
        "Artist 1": 3,
        "Artist 2": 1,
        "Artist 3": 1,
    }
    assert Counter(row.key for row in layout.test) == dict.fromkeys(held, PIECES)
    assert {row.key for row in layout.train}.isdisjoint(held)
    assert len(layout.train) + len(held) == 35
    boards = Counter(held.values())
    assert boards["Artist 0", "Public"] == boards["Artist 0", "Private"] == 3


def test_all_pieces_of_a_painting_are_on_one_board_under_one_number() -> None:
    layout = lay_out(works(10, 10))
    facts = {(row.key, row.usage, row.painting, row.artist) for row in layout.test}
    assert len(facts) == len({row.key for row in layout.test}) == 6


def test_order_and_numbers_tell_nothing() -> None:
    layout = lay_out(works(30, 30))
    assert [row.id for row in layout.train] == [str(n) for n in range(42)]
    assert [row.id for row in layout.test] == [f"TEST_{n:05}" for n in range(90)]
    neighbours = sum(a.key == b.key for a, b in zip(layout.test, layout.test[1:], strict=False))
    assert neighbours < 20  # 72 of 89 if the pieces lay together, about 4 by chance
    artists = [row.artist for row in layout.train]
    assert artists != sorted(artists)


def test_the_seed_decides_everything_and_the_order_of_works_nothing() -> None:
    mine = works(8, 5, 4)
    assert lay_out(mine, 1) == lay_out(mine, 1)
    assert lay_out(mine, 1) != lay_out(mine, 2)
    assert lay_out(mine[::-1], 1) == lay_out(mine, 1)


def test_works_of_a_group_stay_on_one_side() -> None:
    mine = [Work(f"{n}", "A", group=str(n // 3)) for n in range(30)] + works(4)
    for seed in range(10):
        layout = lay_out(mine, seed)
        trained = {int(row.key) // 3 for row in layout.train if row.artist == "A"}
        tested = {int(row.key) // 3 for row in layout.test if row.artist == "A"}
        assert trained.isdisjoint(tested)
        assert tested


def test_an_artist_with_one_independent_work_is_refused() -> None:
    with pytest.raises(ValueError, match="A has too few works"):
        lay_out([Work("1", "A", "same"), Work("2", "A", "same")])


@given(counts=st.lists(st.integers(2, 12), min_size=1, max_size=4), seed=st.integers(0, 99))
def test_every_artist_is_on_both_sides(counts: list[int], seed: int) -> None:
    layout = lay_out(works(*counts), seed)
    everyone = {f"Artist {n}" for n in range(len(counts))}
    assert {row.artist for row in layout.train} == {row.artist for row in layout.test} == everyone
    assert len({(row.key, row.box) for row in layout.test}) == len(layout.test)


def test_the_files_are_a_contest_and_its_answers_score_one(tmp_path: Path) -> None:
    layout = lay_out(works(6, 4))
    artists = [
        ArtistRow("Artist 0", "1850 - 1900", "Realism,Cubism", "French"),
        ArtistRow("Artist 1"),
    ]
    write_tables(tmp_path / "data", tmp_path / "solution.csv", layout.train, layout.test, artists)
    contest = read_contest(tmp_path / "data")
    assert contest.counts == (4, 3)
    assert contest.genres == ("Cubism", "Realism")
    assert contest.sample_ids == tuple(row.id for row in layout.test)
    answers = tmp_path / "answers.csv"
    answers.write_text("id,artist\n" + "".join(f"{row.id},{row.artist}\n" for row in layout.test))
    assert score_submission(answers, tmp_path / "solution.csv").overall == 1
    assert not list((tmp_path / "data").glob("solution*"))
