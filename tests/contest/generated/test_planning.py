"""Plans: the talk's 85 works for the rarest of 50 artists, and up to a number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artcli.contest.generated.planning import plan_rarest, plan_target
from artcli.errors import UsageError

FIFTY = {f"artist {n:02}": 20 + n for n in range(50)}


def test_of_fifty_artists_the_talks_plan_is_85_works() -> None:
    plan = plan_rarest(FIFTY)
    assert sum(plan.values()) == 85
    assert list(plan) == [f"artist {n:02}" for n in range(11)]
    assert list(plan.values()) == [10] * 6 + [5] * 5


def test_of_other_numbers_of_artists_it_takes_as_large_a_part() -> None:
    plan = plan_rarest({name: FIFTY[name] for name in list(FIFTY)[:31]})
    assert list(plan.values()) == [10] * 4 + [5] * 3
    assert list(plan_rarest({"a": 3, "b": 4}).values()) == [10]


def test_all_numbers_of_the_plan_can_be_given() -> None:
    plan = plan_rarest(FIFTY, rarest=2, each=3, extra_rarest=4, extra=7)
    assert list(plan.values()) == [10, 10, 7, 7]
    assert plan_rarest(FIFTY, rarest=0, extra_rarest=0) == {}
    with pytest.raises(UsageError, match="--rarest 51: there are 50 artists"):
        plan_rarest(FIFTY, rarest=51)
    with pytest.raises(UsageError, match="--extra-rarest 51"):
        plan_rarest(FIFTY, extra_rarest=51)


def test_artists_with_equal_counts_come_in_alphabetical_order() -> None:
    assert list(plan_rarest({"b": 5, "a": 5, "c": 5}, rarest=2, extra_rarest=0)) == ["a", "b"]


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 40)), st.integers(1, 40))
def test_a_target_fills_every_artist_up_to_it(counts: dict[str, int], target: int) -> None:
    plan = plan_target(counts, target)
    after = {artist: counts[artist] + plan.get(artist, 0) for artist in counts}
    assert all(after[artist] == max(counts[artist], target) for artist in counts)
    assert all(new > 0 for new in plan.values())
