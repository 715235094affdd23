"""The ribbon at the head of the page: each painting a sliver of its own colours, in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from artcli.reporting.eda.lives import middle_year
from artcli.reporting.eda.pictures import Picture, picture_of

if TYPE_CHECKING:
    from artcli.reporting.eda.report import EdaReport

LONGEST = 1400  # slivers, each a pixel wide


def ribbon(report: EdaReport) -> tuple[Picture, str] | None:
    """The picture and what it shows in words; None where no painting can be read.

    From the earliest artist to the latest and, of one, from dark to light; artists without years
    come last. Of many paintings, every so-manieth has its sliver.
    """
    survey = report.survey
    middles = {artist.name: middle_year(artist) for artist in report.overview.artists}
    keys = [
        (middles.get(artist) or 9999, artist, survey.measures[row].lightness, row)
        for artist, own in survey.works().items()
        for row in own
    ]
    if not keys:
        return None
    rows = [row for *_, row in sorted(keys)]
    slivers = survey.thumbs[_evenly(rows, LONGEST)].mean(2).astype(np.uint8)  # (N, SIDE, 3)
    array = np.ascontiguousarray(slivers.swapaxes(0, 1))
    dated = any(year is not None for year in middles.values())
    order = "artists from the earliest to the latest, each" if dated else "each artist's"
    return picture_of(array, LONGEST), (
        f"Every painting as a sliver of its colours, from its sky to its ground: {order} from dark "
        "to light."
    )


def _evenly(rows: Sequence[int], most: int) -> list[int]:
    if len(rows) <= most:
        return list(rows)
    return [rows[place * len(rows) // most] for place in range(most)]
