"""What a work is made of: of one fold, dealt out in turn, never the same painting twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from artcli.contest.generated.records import Wanted
from artcli.contest.tables import Painting
from artcli.errors import ArtcliError
from artcli.generating.request import Request
from artcli.generating.sources import Sources, choose_sources


class Nobody:
    def step(self, *_: object) -> None:
        pass


def asked(
    paintings: dict[str, dict[int, int]], works: int, *, artist: str = "Ada", seed: int = 5
) -> Request:
    """A request for works of an artist; `paintings` are how many each artist has in each fold."""
    made, fold_of = [], {}
    for painter, folds in paintings.items():
        for fold, number in folds.items():
            for _ in range(number):
                painting = Painting(str(len(made)), Path("none"), painter, len(made), "train")
                made.append(painting)
                fold_of[painting.id] = fold
    wanted = tuple(Wanted(f"{n:04}", artist, n) for n in range(works))
    device = torch.device("cpu")
    names = tuple(sorted(paintings))
    return Request(wanted, tuple(made), names, fold_of, Path("none"), seed, device, Nobody())


def all_sources(request: Request, **options: object) -> list[Sources]:
    return [choose_sources(request, wanted, **options) for wanted in request.wanted]  # type: ignore[arg-type]


def folds_of(request: Request, sources: Sources) -> set[int]:
    return {request.fold_of[painting.id] for painting in (sources.content, *sources.styles)}


@pytest.mark.parametrize("content", ["others", "same"])
@pytest.mark.parametrize("styles", [1, 2])
def test_all_sources_of_a_work_are_of_one_fold(content: str, styles: int) -> None:
    request = asked({"Ada": {0: 4, 1: 3, 2: 1}, "Ben": {0: 6, 1: 6, 2: 6}}, 9)
    for sources in all_sources(request, styles=styles, content=content):
        assert len(folds_of(request, sources)) == 1
        assert sources.content not in sources.styles
        assert len(set(sources.styles)) == styles
        assert {painting.artist for painting in sources.styles} == {"Ada"}
        assert (sources.content.artist == "Ada") == (content == "same")


def test_the_folds_take_turns() -> None:
    request = asked({"Ada": {0: 4, 1: 4, 2: 4}, "Ben": {0: 6, 1: 6, 2: 6}}, 6)
    taken = Counter(folds_of(request, sources).pop() for sources in all_sources(request))
    assert taken == {0: 2, 1: 2, 2: 2}


def test_every_painting_comes_once_before_any_comes_again() -> None:
    request = asked({"Ada": {0: 5, 1: 2, 2: 3}, "Ben": {0: 9, 1: 9, 2: 9}}, 20)
    styles = [sources.styles[0].id for sources in all_sources(request)]
    ada = {painting.id for painting in request.by("Ada")}
    assert set(styles[:10]) == set(styles[10:]) == ada
    assert styles[:10] != styles[10:]


def test_works_of_an_artist_differ_in_content_while_there_is_enough() -> None:
    request = asked({"Ada": {0: 2, 1: 2}, "Ben": {0: 4, 1: 4}}, 8)
    contents = [sources.content.id for sources in all_sources(request)]
    assert len(set(contents)) == 8


def test_an_artist_spread_thin_takes_styles_of_several_folds() -> None:
    request = asked({"Ada": {0: 1, 1: 1, 2: 1}, "Ben": {0: 3}}, 2)
    for sources in all_sources(request, styles=2):
        assert len({request.fold_of[painting.id] for painting in sources.styles}) == 2


def test_content_comes_from_elsewhere_where_the_fold_has_no_other_artist() -> None:
    request = asked({"Ada": {0: 2}, "Ben": {1: 1}}, 1)
    assert all_sources(request)[0].content.artist == "Ben"


def test_sources_do_not_depend_on_what_is_there_already_and_do_on_the_seed() -> None:
    request = asked({"Ada": {0: 9, 1: 9}, "Ben": {0: 9, 1: 9}}, 6)
    sources = all_sources(request)
    assert all_sources(replace(request, made=frozenset({"0000", "0003"}))) == sources
    assert all_sources(replace(request, seed=6)) != sources
    assert all_sources(replace(request, wanted=request.wanted[:3])) == sources[:3]


def test_too_few_paintings_are_one_clear_error() -> None:
    request = asked({"Ada": {0: 1}, "Ben": {0: 4}}, 1)
    with pytest.raises(ArtcliError, match="Ada has 1 paintings to make a work of, and it takes 2"):
        all_sources(request, content="same")
    with pytest.raises(ArtcliError, match="no painting of another artist"):
        all_sources(asked({"Ada": {0: 1}}, 1))
