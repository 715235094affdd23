"""What a fold validates on it never learns from: no painting of a group with it, and no work that
knows of one, whatever the contest and the generated sets.
"""

from __future__ import annotations

from collections import Counter

import pytest
from generated_sets import Made, bare_set
from hypothesis import given, settings
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


NUMBERS = st.integers(0, 39)  # of paintings, modulo how many there are
WORKS = st.tuples(st.sampled_from(ARTISTS), st.none() | NUMBERS, st.lists(NUMBERS, max_size=3))


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from(ARTISTS), st.integers(0, 9)), min_size=20, max_size=40),
    st.integers(2, 4),
    st.lists(st.lists(WORKS, min_size=1, max_size=12), max_size=3),
    st.sampled_from(["none", "of these folds", "of other folds"]),
    st.sets(st.sampled_from("0123"), min_size=1).map(sorted),
)
def test_no_fold_learns_from_a_work_that_knows_of_a_painting_it_holds_out(
    paintings: list[tuple[str, int]],
    k: int,
    single: list[list[tuple[str, int | None, list[int]]]],
    parted: str,
    fakes: list[str],
) -> None:
    ids = [f"p{n}" for n in range(len(paintings))]
    artist_of = dict(zip(ids, (artist for artist, _ in paintings), strict=True))
    contest = bare_contest(ARTISTS, artist_of)
    group_of = {key: str(group) for key, (_, group) in zip(ids[k:], paintings, strict=False)}
    group_of |= {key: f"alone {key}" for key in ids[:k]}
    together = {key: {other for other in ids if group_of[other] == group_of[key]} for key in ids}
    folds = make_folds(artist_of, group_of, k=k)
    sets = [
        bare_set(
            f"single-{number}",
            [
                Made(artist, ids[content % len(ids)] if content is not None else None,
                     tuple(ids[style % len(ids)] for style in styles or [0]))
                for artist, content, styles in works
            ],
        )
        for number, works in enumerate(single)
    ]  # fmt: skip
    if parted != "none":
        others = make_folds(artist_of, group_of, k=k, seed=int(parted == "of other folds"))
        learnt = {part: sorted(others.training(part)) for part in range(k)}
        works = [Made(ARTISTS[int(n) % 3], part=part) for part in range(k) for n in fakes]
        sets.append(bare_set("parted", works, learnt=learnt))
    for fold in (*map(str, range(k)), "all"):
        split = split_paintings(contest, folds, fold, sets)
        held = {key for key in ids if fold != "all" and folds.fold_of[key] == int(fold)}
        unseen = {other for key in held for other in together[key]}
        learnt_from = {
            name: [work for work in works for source in work.sources if source in unseen]
            for name, works in split.taken.items()
        }
        assert not any(learnt_from.values())
        for found in sets:
            taken = split.taken[found.name]
            assert all(work in found.works for work in taken)
            if found.facts.parts is None:
                clean = [work for work in found.works if not held & work.sources.keys()]
                assert list(taken) == clean  # all that may be used are
            elif fold == "all" or parted == "of these folds":
                part = 0 if fold == "all" else int(fold)
                assert [work.part for work in taken] == [part] * len(fakes)
            else:
                assert len({work.part for work in taken}) <= 1
        everything = [*contest.train, *(work for found in sets for work in found.works)]
        members = split.members(contest)
        assert [everything[row] for row in split.training] == members
        assert [everything[row].id for row in split.held] == [key for key in ids if key in held]
        assert split.ids["held"] == [key for key in ids if key in held]
        names = [ARTISTS[label] for label in split.labels[split.training]]
        assert names == [one.artist for one in members]
        counts = Counter(names)
        assert contest.classes(members).counts == tuple(counts[name] for name in ARTISTS)
        works = [work for works in split.taken.values() for work in works]
        assert len(members) == len(ids) - len(held) + len(works)
