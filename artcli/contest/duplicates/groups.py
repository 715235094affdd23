"""Which paintings to learn from belong together, so that no model is judged on what it has seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from artcli.contest.duplicates.records import Match
    from artcli.contest.survey.records import Survey


def groups_of(survey: Survey, matches: Iterable[Match]) -> dict[str, str]:
    """id -> the name of its group, of paintings to learn from that show the same, in their order.

    Whatever is connected by matches is one group, pictures of the test in between included. It is
    named after its first painting, and stays the same when others are found.
    """
    first_of = _connected(len(survey), matches)
    members: dict[int, list[str]] = {}
    for row, painting in enumerate(survey.paintings):
        if painting.kind == "train":
            members.setdefault(first_of[row], []).append(painting.id)
    group_of = {key: f"same as {ids[0]}" for ids in members.values() if len(ids) > 1 for key in ids}
    return {one.id: group_of[one.id] for one in survey.paintings if one.id in group_of}


def _connected(count: int, matches: Iterable[Match]) -> list[int]:
    """For each picture the lowest number of those that it is connected with."""
    parent = list(range(count))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = row = parent[parent[row]]
        return row

    for match in matches:
        low, high = sorted((root(match.first), root(match.second)))
        parent[high] = low
    return [root(row) for row in range(count)]
