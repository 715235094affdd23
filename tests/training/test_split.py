"""What a fold validates on it never learns from: of whole groups, whatever the contest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_contests import bare_contest

from artcli.contest.splits import make_folds
from artcli.errors import ArtcliError
from artcli.training.split import split_paintings

ARTISTS = ("a", "b", "c")


@given(
    st.lists(st.tuples(st.sampled_from(ARTISTS), st.integers(0, 9)), min_size=12, max_size=60),
    st.integers(2, 5),
    st.integers(0, 3),
)
def test_no_group_of_a_fold_is_on_both_sides(
    paintings: list[tuple[str, int]], k: int, seed: int
) -> None:
    artist_of = {f"p{n}": artist for n, (artist, _) in enumerate(paintings)}
    group_of = {f"p{n}": str(group) for n, (_, group) in enumerate(paintings) if group < 8}
    contest = bare_contest(ARTISTS, artist_of)
    if len(set(group_of.values())) + len(artist_of) - len(group_of) < k:
        with pytest.raises(ArtcliError, match="independent paintings"):
            make_folds(artist_of, group_of, k=k, seed=seed)
        return
    folds = make_folds(artist_of, group_of, k=k, seed=seed)
    held_by = []
    for fold in range(k):
        split = split_paintings(contest, folds, str(fold))
        training, held = set(split.ids["training"]), set(split.ids["held"])
        assert training.isdisjoint(held)
        assert training | held == set(artist_of)
        assert [contest.train[row].id for row in split.held] == split.ids["held"]
        assert [contest.train[row].id for row in split.training] == split.ids["training"]
        groups = [{group_of[key] for key in side if key in group_of} for side in (training, held)]
        assert groups[0].isdisjoint(groups[1])
        held_by += split.ids["held"]
    assert sorted(held_by) == sorted(artist_of)  # each painting is judged once
