"""How many works each artist is to be given: the talk's plan, or up to a number."""

from __future__ import annotations

from collections.abc import Mapping

from artcli.errors import UsageError

# The talk's contest: 50 artists, of whom it gave the 11 rarest new works, and the 6 rarest more.
_ARTISTS, _RAREST, _EXTRA_RAREST = 50, 11, 6
EACH = 5


def plan_rarest(
    counts: Mapping[str, int],
    *,
    rarest: int | None = None,
    each: int = EACH,
    extra_rarest: int | None = None,
    extra: int = EACH,
) -> dict[str, int]:
    """`each` new works for the `rarest` artists with the fewest, `extra` more for the
    `extra_rarest`.

    `counts` are the works of each artist. None takes as many as the talk did of its 50 artists, in
    proportion: 11 and 6 of 50, 7 and 4 of 31. Artists with equal counts come in alphabetical order.

    Source: slide "Style Transfer" (85 works). Errors: `UsageError` for more artists than there are.
    """
    order = sorted(counts, key=lambda artist: (counts[artist], artist))
    chosen = _number(order, "--rarest", rarest, _RAREST)
    more = _number(order, "--extra-rarest", extra_rarest, _EXTRA_RAREST)
    plan = {
        artist: each * (place < chosen) + extra * (place < more)
        for place, artist in enumerate(order)
    }
    return {artist: count for artist, count in plan.items() if count}


def plan_target(counts: Mapping[str, int], target: int) -> dict[str, int]:
    """What each artist lacks of `target` works, the rarest first."""
    order = sorted(counts, key=lambda artist: (counts[artist], artist))
    return {artist: target - counts[artist] for artist in order if counts[artist] < target}


def _number(artists: list[str], flag: str, given: int | None, talks: int) -> int:
    if given is None:
        return max(1, round(talks / _ARTISTS * len(artists)))
    if given > len(artists):
        raise UsageError(f"{flag} {given}: there are {len(artists)} artists")
    return given
